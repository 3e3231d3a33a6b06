#include "passes/quantize/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
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
  for (const auto& [layer, own] : o.layers) {
    const auto is_width = [](int bits) { return bits >= 0 && bits <= 16; };
    check(own.is_float() || (is_width(own.weights) && is_width(own.activations)),
          fmt::format("bits of layer '{}' = {} for weights, {} for what it reads", layer, own.weights, own.activations),
          "use 1 to 16, 0 for those of the others, or 32 for both, which leaves it in float");
  }
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

void check_layer_names(const Graph& graph, const QuantizeOptions& options) {
  std::vector<std::string> names;
  for (const Node* node : graph.nodes())
    if (has_weights(*node)) names.push_back(node->name());
  for (const auto& [name, bits] : options.layers)
    if (!std::ranges::count(names, name))
      throw InputError(graph.name(), fmt::format("bits are given for the layer '{}', which is no Conv2d or Gemm", name), suggest(name, names));
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
    const auto own = options_.layers.find(layer.name());
    if (own != options_.layers.end() && own->second.activations > 0) return own->second.activations;
    const bool is_outer = &layer == classifier_ || graph_.inputs().front() == &source_of_format(*layer.input(0));
    return is_outer && options_.first_last_bits > 0 ? options_.first_last_bits : options_.activation_bits;
  }

  /// The most that any reader wants which is not in float; LayerBits::kFloat where all are.
  int of(const Value& value) const {
    const auto [known, is_new] = known_.try_emplace(&value);
    return is_new ? known_[&value] = most_of_readers(value) : known->second;
  }

 private:
  int most_of_readers(const Value& value) const {
    int most = 0;
    bool is_read_in_float = false;
    for (const Node* reader : value.consumers()) {
      const int wanted = of_reader(*reader);
      is_read_in_float |= wanted == LayerBits::kFloat;
      if (wanted != LayerBits::kFloat) most = std::max(most, wanted);
    }
    if (most > 0) return most;
    return is_read_in_float ? LayerBits::kFloat : options_.activation_bits;
  }

  int of_reader(const Node& reader) const {
    if (has_weights(reader)) return of_layer_input(reader);
    const int behind = of(*reader.output());
    if (keeps_format(reader) || behind == LayerBits::kFloat) return behind;  // what leads to nothing but float layers is float itself
    const IntegerForm form = integer_form(reader);
    const bool adds = form == IntegerForm::kPair || form == IntegerForm::kJoin || form == IntegerForm::kSum;
    return adds && options_.sum_bits > 0 ? options_.sum_bits : options_.activation_bits;
  }

  const Graph& graph_;
  const Node* classifier_;
  const QuantizeOptions& options_;
  mutable std::map<const Value*, int> known_;
};

}  // namespace

bool has_weights(const Node& node) { return node.is<Conv2d>() || node.is<Gemm>(); }

const Value& source_of_format(const Value& value) {
  const Node* node = value.producer();
  return node && keeps_format(*node) ? source_of_format(*node->input(node->input(0)->is_constant() ? 1 : 0)) : value;
}

bool stays_float(const Node& layer, const QuantizeOptions& options) {
  const auto own = options.layers.find(layer.name());
  return own != options.layers.end() && own->second.is_float();
}

int weight_bits(const Node& layer, const Node* classifier, const QuantizeOptions& options) {
  const auto own = options.layers.find(layer.name());
  if (own != options.layers.end() && own->second.weights > 0) return own->second.weights;
  const Value* input = layer.graph().inputs().front();
  const bool is_outer = &layer == classifier || &source_of_format(*layer.input(0)) == input;
  return is_outer && options.first_last_bits > 0 ? options.first_last_bits : options.weight_bits;
}

namespace {

/// Bits of the values behind which a quantizer stands.
std::map<const Value*, int> bits_behind(const Graph& graph, const Node* classifier, const Bits& bits) {
  std::map<const Value*, int> behind;
  const auto add = [&](const Value& value) {
    if (const int wanted = bits.of(value); wanted != LayerBits::kFloat) behind[&value] = wanted;
  };
  add(*graph.inputs().front());
  for (const Node* node : graph.nodes())
    if (is_quantized_after(*node, classifier)) add(*node->output());
  return behind;
}

/// Layers that share a quantizer to fewer bits, in the order of the graph.
struct NarrowReaders {
  const Value* value;
  int bits;
  std::vector<const Node*> layers;
};

/// Adds a layer to those of the same value and bits.
void add_reader(std::vector<NarrowReaders>& groups, const Value* value, int bits, const Node* layer) {
  const auto same = std::ranges::find_if(groups, [&](const NarrowReaders& group) { return group.value == value && group.bits == bits; });
  if (same != groups.end())
    same->layers.push_back(layer);
  else
    groups.push_back({value, bits, {layer}});
}

/// The layers that want fewer bits than the value which they read has, together where they want the same.
std::vector<NarrowReaders> narrow_readers(const Graph& graph, const std::map<const Value*, int>& behind, const Bits& bits) {
  std::vector<NarrowReaders> groups;
  for (const Node* layer : graph.nodes()) {
    if (!has_weights(*layer)) continue;
    const auto source = behind.find(&source_of_format(*layer->input(0)));
    const int wanted = bits.of_layer_input(*layer);
    if (source != behind.end() && wanted < source->second) add_reader(groups, layer->input(0), wanted, layer);
  }
  return groups;
}

/// With 2 bits for 1 where that has no 0; what is no fewer than the value has is left out.
std::vector<NarrowReaders> with_zeros(const Graph& graph, const std::vector<NarrowReaders>& groups, const std::map<const Value*, int>& behind,
                                      const Histograms& histograms, Notes* notes) {
  std::vector<NarrowReaders> result;
  for (const NarrowReaders& group : groups) {
    const int bits = with_a_zero(graph, *group.value, group.bits, histograms.at(group.value), Readers::kLayers, notes);
    if (bits >= behind.at(&source_of_format(*group.value))) continue;
    for (const Node* layer : group.layers) add_reader(result, group.value, bits, layer);
  }
  return result;
}

}  // namespace

Placement place_quantizers(const Graph& graph, const CalibrationImages& images, const QuantizeOptions& options, Notes* notes, const RunGraph& run) {
  check_options(options);
  check_graph(graph);
  check_layer_names(graph, options);
  Placement placement;
  placement.classifier = find_classifier(graph);
  const Bits bits(graph, placement.classifier, options);
  std::map<const Value*, int> behind = bits_behind(graph, placement.classifier, bits);
  const Value* input = graph.inputs().front();
  const std::optional<ActivationFormat> pixels = behind.contains(input) ? pixel_format(graph, options) : std::nullopt;
  placement.has_pixel_format = pixels.has_value();
  if (pixels)
    behind.erase(input);
  else if (behind.contains(input))
    note(notes, where_of(graph, *input) + ": range calibrated, because preprocessing does not let raw pixels be their own quantized values");
  if (!placement.classifier) note(notes, graph.name() + ": does not end in a Conv2d or Gemm, so its output is quantized like any activation");
  auto narrow = narrow_readers(graph, behind, bits);
  std::set<const Value*> observed;
  for (const auto& [value, count] : behind) observed.insert(value);
  for (const NarrowReaders& group : narrow) observed.insert(group.value);
  const Histograms histograms = observe(graph, observed, images, needs_counts(options), run);
  for (const Node* node : graph.nodes())  // in their order, for the notes
    if (const auto found = behind.find(node->output()); found != behind.end())
      found->second = with_a_zero(graph, *node->output(), found->second, histograms.at(node->output()), Readers::kAll, notes);
  if (const auto found = behind.find(input); found != behind.end()) found->second = with_a_zero(graph, *input, found->second, histograms.at(input), Readers::kAll, notes);
  narrow = with_zeros(graph, narrow, behind, histograms, notes);

  struct Wanted {
    const Value* value;
    int bits;
    ActivationFormat format = {};
  };
  std::vector<Wanted> wanted;
  for (const auto& [value, count] : behind) wanted.push_back({value, count});
  for (const NarrowReaders& group : narrow) wanted.push_back({group.value, group.bits});
  parallel_for(static_cast<std::int64_t>(wanted.size()), [&](std::int64_t i) {
    Wanted& one = wanted[static_cast<std::size_t>(i)];
    QuantizeOptions with_bits = options;
    with_bits.activation_bits = one.bits;
    one.format = activation_format(histograms.at(one.value), with_bits);
  });
  auto found = wanted.begin();
  for (std::size_t i = 0; i < behind.size(); ++i, ++found) placement.formats[found->value] = found->format;
  for (const NarrowReaders& group : narrow) placement.narrow_inputs.push_back({group.value, group.layers, (found++)->format});
  if (pixels) placement.formats[input] = *pixels;
  return placement;
}

}  // namespace bitloom
