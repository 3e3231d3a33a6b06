#include "passes/quantize/quantize_model.h"

#include <fmt/format.h>

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
#include "passes/quantize/activation_format.h"
#include "passes/quantize/histogram.h"
#include "passes/quantize/quantize_weights.h"
#include "passes/quantize/repair/repair_layers.h"

namespace bitloom {
namespace {

using Formats = std::map<const Value*, ActivationFormat>;

bool has_weights(const Node& node) { return node.is<Conv2d>() || node.is<Gemm>(); }
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
  check(o.weight_bits >= 2 && o.weight_bits <= 8, fmt::format("weight_bits = {}", o.weight_bits), "use 2 to 8");
  check(o.activation_bits >= 2 && o.activation_bits <= 8, fmt::format("activation_bits = {}", o.activation_bits), "use 2 to 8");
  check(o.percentile >= 50 && o.percentile <= 100, fmt::format("percentile = {}", o.percentile), "use 50 to 100");
  check(o.rounding_steps >= 1, fmt::format("rounding_steps = {}", o.rounding_steps), "use at least 1");
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

/// Observes `values` while the float graph runs on the calibration images.
Formats calibrate(const Graph& graph, const std::set<const Value*>& values, const CalibrationImages& images,
                  const QuantizeOptions& options, const RunGraph& run) {
  std::vector<const Value*> observed(values.begin(), values.end());
  const std::size_t count = observed.size();
  observed.push_back(graph.outputs().front());  // so that everything is computed, and checked
  std::vector<Histogram> histograms(count, Histogram(needs_counts(options)));
  bool is_fed = false;
  run(graph, observed, images, [&](ObservedBatch batch) {
    is_fed = true;
    parallel_for(static_cast<std::int64_t>(count), [&](std::int64_t v) {
      const auto value = static_cast<std::size_t>(v);
      for (const std::vector<Tensor>& image : batch) histograms[value].observe(image[value].floats());
    });
  });
  if (!is_fed) throw InputError(graph.name(), "no calibration images", "give at least one");
  std::vector<ActivationFormat> found(count);
  parallel_for(static_cast<std::int64_t>(count), [&](std::int64_t v) {
    found[static_cast<std::size_t>(v)] = activation_format(histograms[static_cast<std::size_t>(v)], options);
  });
  Formats formats;
  for (std::size_t v = 0; v < count; ++v) formats[observed[v]] = found[v];
  return formats;
}

/// Copies the float graph node by node, with Quantize and Dequantize where `formats` has a value.
class Rewriter {
 public:
  Rewriter(const Graph& source, const Node* classifier, const Formats& formats, const QuantizeOptions& options)
      : source_(source), classifier_(classifier), formats_(formats), options_(options), target_(source.name()) {}

  Graph run() {
    target_.preprocessing = source_.preprocessing;
    target_.class_names = source_.class_names;
    const Value* input = source_.inputs().front();
    define(input, target_.add_input(input->name(), input->type()), {});
    for (const Node* node : source_.nodes()) {
      std::vector<Value*> operands;
      for (int i = 0; i < static_cast<int>(node->inputs().size()); ++i)
        if (is_data(*node, i)) operands.push_back(node->input(i)->is_constant() ? copy_constant(*node->input(i)) : copies_.at(node->input(i)).value);
      if (has_weights(*node)) add_parameters(*node, operands);
      define(node->output(), target_.add_node(node->name(), node->op().clone(), operands)->output(), format_of_data(*node));
    }
    target_.set_outputs({copies_.at(source_.outputs().front()).value});
    return std::move(target_);
  }

 private:
  /// A float value in the new graph, and the format of the integers that it stands for.
  struct Copy {
    Value* value = nullptr;
    ActivationFormat format;
  };

  void define(const Value* original, Value* copy, const ActivationFormat& kept) {
    const auto format = formats_.find(original);
    if (format == formats_.end()) {
      copies_[original] = {copy, kept};
      return;
    }
    Quantize quantize;
    quantize.element = format->second.element;
    quantize.quantization = format->second.quantization();
    Value* q = target_.add(original->name() + ".quantize", std::move(quantize), {copy});
    copies_[original] = {target_.add(original->name() + ".dequantize", Dequantize{}, {q}), format->second};
  }

  /// A number that is part of a function, or the indices of a move.
  Value* copy_constant(const Value& constant) {
    const auto [copy, is_new] = copies_.try_emplace(&constant);
    if (is_new) copy->second.value = target_.add_constant(constant.name(), constant.constant());
    return copy->second.value;
  }

  /// Of the first operand that is computed.
  const ActivationFormat& format_of_data(const Node& node) const {
    return copies_.at(node.input(node.input(0)->is_constant() ? 1 : 0)).format;
  }

  void add_parameters(const Node& node, std::vector<Value*>& operands) {
    const Tensor* bias = node.input(2) ? &node.input(2)->constant() : nullptr;
    const bool is_classifier = &node == classifier_;
    QuantizedParameters parameters = quantize_parameters(node.input(1)->constant(), bias, copies_.at(node.input(0)).format.scale,
                                                         is_classifier ? std::nullopt : std::optional(scale_after(node)),
                                                         options_.per_channel && !is_classifier, options_);
    operands.push_back(add_constant(*node.input(1), std::move(parameters.weights)));
    if (bias) operands.push_back(add_constant(*node.input(2), std::move(*parameters.bias)));
  }

  float scale_after(const Node& node) const {
    const auto own = formats_.find(node.output());
    return own != formats_.end() ? own->second.scale : formats_.at(node.single_consumer()->output()).scale;  // its ReLU's
  }

  Value* add_constant(const Value& original, Tensor tensor) {
    Value* constant = target_.add_constant(original.name(), std::move(tensor));
    return target_.add(original.name() + ".dequantize", Dequantize{}, {constant});
  }

  const Graph& source_;
  const Node* classifier_;
  const Formats& formats_;
  const QuantizeOptions& options_;
  Graph target_;
  std::map<const Value*, Copy> copies_;
};

}  // namespace

Graph quantize_model(const Graph& float_graph, const CalibrationImages& images, const QuantizeOptions& options, Notes* notes,
                     const RunGraph& run) {
  check_options(options);
  check_graph(float_graph);
  const Node* classifier = find_classifier(float_graph);
  std::set<const Value*> calibrated;
  for (const Node* node : float_graph.nodes())
    if (is_quantized_after(*node, classifier)) calibrated.insert(node->output());
  const Value* input = float_graph.inputs().front();
  const std::optional<ActivationFormat> pixels = pixel_format(float_graph, options);
  if (!pixels) {
    calibrated.insert(input);
    note(notes,
         where_of(float_graph, *input) + ": range calibrated, because preprocessing does not let raw pixels be their own quantized values");
  }
  if (!classifier) note(notes, float_graph.name() + ": does not end in a Conv2d or Gemm, so its output is quantized like any activation");

  Formats formats = calibrate(float_graph, calibrated, images, options, run);
  if (pixels) formats[input] = *pixels;
  Graph qdq = Rewriter(float_graph, classifier, formats, options).run();
  if (options.correct_bias || options.rounding != WeightRounding::kNearest) repair_layers(float_graph, qdq, images, options, notes, run);
  return qdq;
}

}  // namespace bitloom
