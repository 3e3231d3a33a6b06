#include "passes/quantize/quantize_model.h"

#include <map>

#include "ir/ops/quantization.h"
#include "passes/lower/integer_form.h"
#include "passes/quantize/placement.h"
#include "passes/quantize/quantize_weights.h"
#include "passes/quantize/repair/repair_layers.h"

namespace bitloom {
namespace {

/// Copies the float graph node by node, with Quantize and Dequantize where they are placed.
class Rewriter {
 public:
  Rewriter(const Graph& source, const Placement& placement, const QuantizeOptions& options)
      : source_(source), placement_(placement), options_(options), target_(source.name()) {}

  Graph run() {
    target_.preprocessing = source_.preprocessing;
    target_.class_names = source_.class_names;
    const Value* input = source_.inputs().front();
    define(input, target_.add_input(input->name(), input->type()), {});
    for (const Node* node : source_.nodes()) {
      std::vector<Value*> operands;
      for (int i = 0; i < static_cast<int>(node->inputs().size()); ++i) {
        if (has_weights(*node) && !is_data(*node, i)) continue;  // becomes integers below
        operands.push_back(node->input(i)->is_constant() ? copy_constant(*node->input(i)) : copy_for(*node, *node->input(i)).value);
      }
      if (has_weights(*node)) stays_float(*node, options_) ? copy_parameters(*node, operands) : add_parameters(*node, operands);
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
    const auto format = placement_.formats.find(original);
    copies_[original] = format == placement_.formats.end() ? Copy{copy, kept} : quantized(original->name(), copy, format->second);
    for (const NarrowInput& narrow : placement_.narrow_inputs) {
      if (narrow.value != original) continue;
      const Copy own = quantized(narrow.name(), copies_[original].value, narrow.format);
      for (const Node* layer : narrow.layers) narrow_copies_[layer] = own;
    }
  }

  Copy quantized(const std::string& name, Value* value, const ActivationFormat& format) {
    Quantize quantize;
    quantize.element = format.element;
    quantize.quantization = format.quantization();
    Value* q = target_.add(name + ".quantize", std::move(quantize), {value});
    return {target_.add(name + ".dequantize", Dequantize{}, {q}), format};
  }

  const Copy& copy_for(const Node& reader, const Value& value) const {
    const auto narrow = narrow_copies_.find(&reader);
    return narrow != narrow_copies_.end() ? narrow->second : copies_.at(&value);
  }

  /// A number that is part of a function (the slope of a PRelu, too), or the indices of a move.
  Value* copy_constant(const Value& constant) {
    const auto [copy, is_new] = copies_.try_emplace(&constant);
    if (is_new) copy->second.value = target_.add_constant(constant.name(), constant.constant());
    return copy->second.value;
  }

  /// Of the first operand that is computed.
  const ActivationFormat& format_of_data(const Node& node) const {
    return copies_.at(node.input(node.input(0)->is_constant() ? 1 : 0)).format;
  }

  void copy_parameters(const Node& node, std::vector<Value*>& operands) {
    for (int i = 1; i < 3 && node.input(i); ++i) operands.push_back(target_.add_constant(node.input(i)->name(), node.input(i)->constant()));
  }

  void add_parameters(const Node& node, std::vector<Value*>& operands) {
    const Tensor* bias = node.input(2) ? &node.input(2)->constant() : nullptr;
    const bool is_classifier = &node == placement_.classifier;
    QuantizeOptions own = options_;
    own.weight_bits = weight_bits(node, placement_.classifier, options_);
    QuantizedParameters parameters = quantize_parameters(node.input(1)->constant(), bias, copy_for(node, *node.input(0)).format.scale,
                                                         is_classifier ? std::nullopt : scale_after(node),
                                                         options_.per_channel && !is_classifier, own);
    operands.push_back(add_constant(*node.input(1), std::move(parameters.weights)));
    if (bias) operands.push_back(add_constant(*node.input(2), std::move(*parameters.bias)));
  }

  /// Of the layer's result or its Relu's; nothing where that goes on in float.
  std::optional<float> scale_after(const Node& node) const {
    const Node* next = node.single_consumer();
    const bool is_cut = next && integer_form(*next) == IntegerForm::kCut;
    for (const Value* result : {node.output(), is_cut ? next->output() : node.output()})
      if (const auto format = placement_.formats.find(result); format != placement_.formats.end()) return format->second.scale;
    return {};
  }

  Value* add_constant(const Value& original, Tensor tensor) {
    Value* constant = target_.add_constant(original.name(), std::move(tensor));
    return target_.add(original.name() + ".dequantize", Dequantize{}, {constant});
  }

  const Graph& source_;
  const Placement& placement_;
  const QuantizeOptions& options_;
  Graph target_;
  std::map<const Value*, Copy> copies_;
  std::map<const Node*, Copy> narrow_copies_;  ///< for these layers, of what they read
};

}  // namespace

Graph quantize_model(const Graph& float_graph, const CalibrationImages& images, const QuantizeOptions& options, Notes* notes,
                     const RunGraph& run) {
  const Placement placement = place_quantizers(float_graph, images, options, notes, run);
  Graph qdq = Rewriter(float_graph, placement, options).run();
  if (options.correct_bias || options.rounding != WeightRounding::kNearest) repair_layers(float_graph, qdq, images, options, notes, run);
  return qdq;
}

}  // namespace bitloom
