#include "passes/quantize/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/parallel.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/softmax.h"
#include "passes/lower/integer_form.h"
#include "passes/quantize/bipolar.h"
#include "passes/quantize/histogram.h"

namespace bitloom {
namespace {

/// Its integer form is exact until it is narrowed and, on the way, cut off where a Relu or Clip behind it says.
bool is_exact_until_narrowed(const Node& node) {
  const IntegerForm form = integer_form(node);
  return form == IntegerForm::kSum || form == IntegerForm::kPair;
}
bool is_cut(const Node& node) { return integer_form(node) == IntegerForm::kCut; }
/// Whether the cut is that of the one exact result before it.
bool narrows_its_producer(const Node& node) {
  return node.producer(0) && is_exact_until_narrowed(*node.producer(0)) && node.producer(0)->single_consumer() == &node;
}

bool is_data(const Node& node, int i) { return node.op().operands()[static_cast<std::size_t>(i)].role == OperandRole::kData; }

void check_options(const QuantizeOptions& o) {
  const auto check = [](bool holds, const std::string& what, const char* fix) {
    if (!holds) throw InputError("quantize", what, fix);
  };
  check(o.weight_bits >= 1 && o.weight_bits <= 16, fmt::format("weight_bits = {}", o.weight_bits), "use 1 to 16");
  check(o.activation_bits >= 1 && o.activation_bits <= 16, fmt::format("activation_bits = {}", o.activation_bits), "use 1 to 16");
  for (const int bits : {o.first_last_bits, o.sum_bits})
    check(bits >= 0 && bits <= 16, fmt::format("first_last_bits or sum_bits = {}", bits), "use 1 to 16, or 0");
  check(o.symmetric_weights || (o.weight_bits > 1 && o.first_last_bits != 1),
        "asymmetric weights of one bit, which are signs and have no zero point", "use symmetric_weights, or 2 bits");
  check(o.symmetric_weights || o.rounding == WeightRounding::kNearest, "AdaRound of asymmetric weights",
        "use symmetric_weights, or nearest rounding");
  check(o.group >= 1, fmt::format("group = {}", o.group), "use at least 1");
  check(o.group == 1 || o.per_channel, fmt::format("group = {} without per_channel, where a layer has one scale anyhow", o.group),
        "use per_channel, or leave out group");
  check(o.rounding_steps >= 1, fmt::format("rounding_steps = {}", o.rounding_steps), "use at least 1");
  check(o.percentile >= 50 && o.percentile <= 100, fmt::format("percentile = {}", o.percentile), "use 50 to 100");
}

void check_graph(const Graph& graph) {
  verify(graph);
  if (graph.inputs().size() != 1 || graph.outputs().size() != 1)
    throw InputError(graph.name(), fmt::format("{} inputs and {} outputs", graph.inputs().size(), graph.outputs().size()),
                     "quantize networks with one of each");
  for (const Node* node : graph.nodes()) {
    const IntegerForm form = integer_form(*node);
    if (form == IntegerForm::kQuantizer) throw InputError(node->where(), "the graph is quantized already", "start from the float graph");
    for (int i = 0; i < static_cast<int>(node->inputs().size()); ++i) {
      if (!node->input(i) || node->input(i)->is_constant() != is_data(*node, i)) continue;
      if (is_scalar_constant(*node, i) || (form == IntegerForm::kMove && i > 0)) continue;
      if (is_data(*node, i))
        throw InputError(node->where(), fmt::format("reads the constant '{}' as data", node->input(i)->name()), "fold constants first");
      throw InputError(node->where(), fmt::format("'{}' is computed, not constant", node->input(i)->name()), "give the layer constant parameters");
    }
  }
}

const Node* find_classifier(const Graph& graph) {
  const Node* node = graph.outputs().front()->producer();
  if (node && node == final_softmax(graph)) node = node->producer(0);
  while (node && node->is<Flatten>()) node = node->producer(0);
  if (!node || !has_weights(*node)) return nullptr;
  return node->output()->consumers().size() + (graph.is_output(node->output()) ? 1 : 0) == 1 ? node : nullptr;
}

bool is_quantized_after(const Node& node, const Node* classifier) {
  if (&node == classifier) return false;
  switch (integer_form(node)) {
    case IntegerForm::kSum:
    case IntegerForm::kPair:
      return !(node.single_consumer() && is_cut(*node.single_consumer()));
    case IntegerForm::kCut:
      return narrows_its_producer(node) || !node.is<Relu>();  // a Relu elsewhere keeps its input's integers
    case IntegerForm::kJoin:
    case IntegerForm::kFunction:
      return true;
    case IntegerForm::kMove:
    case IntegerForm::kQuantizer:
    case IntegerForm::kNothing:
      return false;
  }
  return false;
}

/// What `values` are while the float graph runs on the calibration images.
Histograms observe(const Graph& graph, const std::set<const Value*>& values, const CalibrationImages& images, bool needs_counts,
                   const RunGraph& run) {
  std::vector<const Value*> observed(values.begin(), values.end());
  const std::size_t count = observed.size();
  observed.push_back(graph.outputs().front());  // so that everything is computed, and checked
  std::vector<Histogram> histograms(count, Histogram(needs_counts));
  bool is_fed = false;
  run(graph, observed, images, [&](ObservedBatch batch) {
    is_fed = true;
    parallel_for(static_cast<std::int64_t>(count), [&](std::int64_t v) {
      const auto value = static_cast<std::size_t>(v);
      for (const std::vector<Tensor>& image : batch) histograms[value].observe(image[value].floats());
    });
  });
  if (!is_fed) throw InputError(graph.name(), "no calibration images", "give at least one");
  Histograms result;
  for (std::size_t v = 0; v < count; ++v) result.emplace(observed[v], std::move(histograms[v]));
  return result;
}

/// Whether the node hands on the quantization of what it reads.
bool keeps_format(const Node& node) {
  const IntegerForm form = integer_form(node);
  return form == IntegerForm::kMove || form == IntegerForm::kNothing || (node.is<Relu>() && !narrows_its_producer(node));
}

/// How many bits what reads a value wants.
class Bits {
 public:
  Bits(const Graph& graph, const Node* classifier, const QuantizeOptions& options) : graph_(graph), classifier_(classifier), options_(options) {}

  int of_layer_input(const Node& layer) const {
    const bool is_outer = &layer == classifier_ || graph_.inputs().front() == &source_of_format(*layer.input(0));
    return is_outer && options_.first_last_bits > 0 ? options_.first_last_bits : options_.activation_bits;
  }

  /// The most that any reader wants.
  int of(const Value& value) const {
    int most = 0;
    for (const Node* reader : value.consumers()) most = std::max(most, of_reader(*reader));
    return most > 0 ? most : options_.activation_bits;
  }

 private:
  int of_reader(const Node& reader) const {
    if (has_weights(reader)) return of_layer_input(reader);
    if (keeps_format(reader)) return of(*reader.output());
    const IntegerForm form = integer_form(reader);
    const bool adds = form == IntegerForm::kPair || form == IntegerForm::kJoin || form == IntegerForm::kSum;
    return adds && options_.sum_bits > 0 ? options_.sum_bits : options_.activation_bits;
  }

  const Graph& graph_;
  const Node* classifier_;
  const QuantizeOptions& options_;
};

}  // namespace

bool has_weights(const Node& node) { return node.is<Conv2d>() || node.is<Gemm>(); }

const Value& source_of_format(const Value& value) {
  const Node* node = value.producer();
  return node && keeps_format(*node) ? source_of_format(*node->input(node->input(0)->is_constant() ? 1 : 0)) : value;
}

int weight_bits(const Node& layer, const Node* classifier, const QuantizeOptions& options) {
  const Value* input = layer.graph().inputs().front();
  const bool is_outer = &layer == classifier || &source_of_format(*layer.input(0)) == input;
  return is_outer && options.first_last_bits > 0 ? options.first_last_bits : options.weight_bits;
}

Placement place_quantizers(const Graph& graph, const CalibrationImages& images, const QuantizeOptions& options, Notes* notes, const RunGraph& run) {
  check_options(options);
  check_graph(graph);
  Placement placement;
  placement.classifier = find_classifier(graph);
  const Bits bits(graph, placement.classifier, options);
  std::map<const Value*, int> behind, before_layers;
  for (const Node* node : graph.nodes())
    if (is_quantized_after(*node, placement.classifier)) behind[node->output()] = bits.of(*node->output());
  const Value* input = graph.inputs().front();
  const std::optional<ActivationFormat> pixels = pixel_format(graph, options);
  placement.has_pixel_format = pixels.has_value();
  if (!pixels) {
    behind[input] = bits.of(*input);
    note(notes, where_of(graph, *input) + ": range calibrated, because preprocessing does not let raw pixels be their own quantized values");
  }
  if (!placement.classifier) note(notes, graph.name() + ": does not end in a Conv2d or Gemm, so its output is quantized like any activation");
  for (const Node* layer : graph.nodes()) {
    if (!has_weights(*layer)) continue;
    const auto source = behind.find(&source_of_format(*layer->input(0)));
    const int wanted = bits.of_layer_input(*layer);
    if (source == behind.end() || source->second <= wanted) continue;
    int& most = before_layers[layer->input(0)];
    most = std::max(most, wanted);
  }

  std::set<const Value*> observed;
  for (const auto* values : {&behind, &before_layers})
    for (const auto& [value, count] : *values) observed.insert(value);
  const Histograms histograms = observe(graph, observed, images, needs_counts(options), run);
  behind = with_a_zero(graph, behind, histograms, Readers::kAll, notes);
  before_layers = with_a_zero(graph, before_layers, histograms, Readers::kLayers, notes);
  std::erase_if(before_layers, [&](const auto& narrow) { return behind.at(&source_of_format(*narrow.first)) <= narrow.second; });
  const auto find_formats = [&](const std::map<const Value*, int>& bits_of, std::map<const Value*, ActivationFormat>& formats) {
    const std::vector<std::pair<const Value*, int>> wanted(bits_of.begin(), bits_of.end());
    std::vector<ActivationFormat> found(wanted.size());
    parallel_for(static_cast<std::int64_t>(wanted.size()), [&](std::int64_t i) {
      const auto& [value, count] = wanted[static_cast<std::size_t>(i)];
      QuantizeOptions with_bits = options;
      with_bits.activation_bits = count;
      found[static_cast<std::size_t>(i)] = activation_format(histograms.at(value), with_bits);
    });
    for (std::size_t i = 0; i < wanted.size(); ++i) formats[wanted[i].first] = found[i];
  };
  find_formats(behind, placement.formats);
  find_formats(before_layers, placement.layer_inputs);
  if (pixels) placement.formats[input] = *pixels;
  return placement;
}

}  // namespace bitloom
