#include "passes/lower/lower.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <optional>

#include "base/error.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gather.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/reduce.h"
#include "ir/ops/slice.h"
#include "passes/lower/float_parts.h"
#include "passes/lower/function.h"
#include "passes/lower/integer_form.h"
#include "passes/lower/meaning.h"
#include "passes/lower/parameters.h"
#include "passes/lower/quantizer.h"
#include "passes/lower/value_range.h"

namespace bitloom {
namespace {

using namespace lowering;

constexpr const char* kQuantizeBefore = "put a Quantize and a Dequantize before it, as `bitloom quantize` does";

void check_sum_fits(const Value& sum) {
  const IntegerRange range = value_range(sum);
  int excess = 0;  // bits
  while (range.low >> excess < std::numeric_limits<std::int32_t>::min() ||
         range.high >> excess > std::numeric_limits<std::int32_t>::max())
    ++excess;
  if (excess == 0) return;
  const Node& layer = *sum.producer();
  const auto bits = [&](int i) { return layer.input(i)->type().element.bits; };
  throw InputError(layer.where(), fmt::format("its sum can reach {}..{}, outside int32", range.low, range.high),
                   fmt::format("inputs of {} bits{} are {} too many: use as many fewer, or fewer inputs per output", bits(0),
                               layer.input(1) ? fmt::format(" and weights of {}", bits(1)) : "", excess));
}

class Lowering {
 public:
  Lowering(const Graph& source, Notes* notes) : source_(source), notes_(notes), target_(source.name()) {}

  Graph run() {
    target_.preprocessing = source_.preprocessing;
    target_.class_names = source_.class_names;
    if (source_.inputs().size() != 1 || source_.outputs().size() != 1)
      throw InputError(source_.name(), fmt::format("{} inputs and {} outputs", source_.inputs().size(), source_.outputs().size()),
                       "lower networks with one of each");
    for (const Node* node : source_.nodes()) {
      const IntegerForm form = integer_form(*node);
      if (parameters_.add(*node)) continue;
      if (reals_.keeps(*node))
        reals_.add(*node, notes_);
      else
        meanings_[node->output()] = lower_node(*node, form);
    }
    if (target_.inputs().size() > 1) refuse_two_forms_of_input(target_.name());
    const Value* output = source_.outputs().front();
    target_.set_outputs({reals_.contains(*output) ? reals_.real(*output) : finish(*output)});
    return std::move(target_);
  }

 private:
  Meaning lower_node(const Node& node, IntegerForm form) {
    switch (form) {
      case IntegerForm::kQuantizer:
        return node.is<Dequantize>() ? meaning(node) : Meaning{{quantize(node)}};
      case IntegerForm::kSum:
        return exact_sum(node.is<AveragePool2d>() ? pooled_sum(node) : weighted_sum(node));
      case IntegerForm::kPair:
        if (const auto function = function_of_one(node)) return *function;
        return {.integers = {plain_integers(node, 0), plain_integers(node, 1)}, .joined = &node};
      case IntegerForm::kJoin:
        return joined(node);
      case IntegerForm::kMove:
        return moved(node);
      case IntegerForm::kCut:
        return cut(node);
      case IntegerForm::kFunction:
        return function(node);
      case IntegerForm::kNothing:
        note(notes_, node.where() + ": left out, because the largest integer names the same class");
        return meaning(node);
    }
    return {};
  }

  /// What the node's data operand `i` is.
  const Meaning& meaning(const Node& node, int i = 0) const {
    const auto found = meanings_.find(node.input(i));
    if (found == meanings_.end()) refuse_unquantized(node, i);
    return found->second;
  }

  [[noreturn]] static void refuse_unquantized(const Node& node, int i) {
    throw InputError(node.where(), fmt::format("'{}' is not quantized", node.input(i)->name()), kQuantizeBefore);
  }

  /// The node's operand `i`, data or constant, where it must be quantized as it stands.
  Value* plain_integers(const Node& node, int i = 0) {
    if (parameters_.contains(*node.input(i))) return parameters_.integers(node, i);
    const Meaning& x = meaning(node, i);
    if (!x.is_plain()) refuse_unquantized(node, i);
    return x.integers.front();
  }

  /// The integers that a Quantize, a Trunc or a MultiThreshold makes.
  Value* quantize(const Node& node) {
    if (node.is<Quantize>() && node.input(0) == source_.inputs().front()) return network_input(node);
    if (node.is<Quantize>() && reals_.contains(*node.input(0)))
      return target_.add_node(node.name(), node.op().clone(), {reals_.real(*node.input(0))})->output();
    return add_quantizer(target_, node, meaning(node));
  }

  [[noreturn]] static void refuse_two_forms_of_input(const std::string& where) {
    throw InputError(where, "quantizes the network's input, which a layer in float reads as it is", "quantize it for all that read it");
  }

  Value* network_input(const Node& node) {
    if (reals_.contains(*node.input(0))) refuse_two_forms_of_input(node.where());
    const Quantize& op = *node.as<Quantize>();
    if (op.narrow || op.rounding != Rounding::kHalfToEven)  // images are quantized by type alone, see quantize_input
      throw InputError(node.where(),
                       op.narrow ? "quantizes the network's input to a narrow range" : fmt::format("quantizes the network's input rounding {}", to_string(op.rounding)),
                       "round images to the nearest integer, ties to even, over the whole range, with an even zero point in QONNX");
    if (!input_) return input_ = target_.add_input(node.input(0)->name(), node.output()->type());
    if (input_->type() != node.output()->type())
      throw InputError(node.where(), "quantizes the network's input in a second way", "quantize it once and let all layers read that");
    return input_;
  }

  Value* pooled_sum(const Node& node) {
    SumPool2d op;
    op.window = node.as<AveragePool2d>()->window;
    Value* sum = target_.add(node.name(), op, {plain_integers(node)});
    check_sum_fits(*sum);
    return sum;
  }

  Value* weighted_sum(const Node& node) {
    std::vector<Value*> operands{plain_integers(node)};
    for (int i = 1; i < 3 && node.input(i); ++i) operands.push_back(parameters_.integers(node, i));
    Value* sum = target_.add_node(node.name(), node.op().clone(), operands)->output();
    check_sum_fits(*sum);
    return sum;
  }

  Meaning joined(const Node& node) {
    Meaning all;
    all.joined = &node;
    for (int i = 0; i < static_cast<int>(node.inputs().size()); ++i) all.integers.push_back(plain_integers(node, i));
    return all;
  }

  /// What only moves values comes first, before what is still to be done to them; so do maxima, before steps that keep the order.
  Meaning moved(const Node& node) {
    Meaning x = meaning(node);
    const bool keeps_functions = !node.is<MaxPool2d>() && !node.is<ReduceMax>() && !node.is<Pad>();
    if (x.joined || (x.function && !keeps_functions)) refuse_unquantized(node, 0);
    const auto* padding = node.as<Pad>();
    const bool gives_zeros = padding && padding->mode == PadMode::kConstant;
    if (gives_zeros && !x.is_sum) require_zero(node, *x.integers.front());
    if (gives_zeros && (x.cut.low > 0 || x.cut.high < 0))
      throw InputError(node.where(), "gives 0, which the Clip before it cuts off", "quantize what the Clip gives");
    std::unique_ptr<Op> op = node.op().clone();
    if (auto* pad = dynamic_cast<Pad*>(op.get())) pad->value = x.is_sum ? 0 : x.integers.front()->type().quantization->zero_point;
    std::vector<Value*> operands{x.integers.front()};
    if (node.is<Gather>()) operands.push_back(target_.add_constant(node.input(1)->name(), node.input(1)->constant()));
    x.integers = {target_.add_node(node.name(), std::move(op), operands)->output()};
    const auto& quantization = x.integers.front()->type().quantization;
    if (x.is_sum && quantization && quantization->per_channel() && quantization->axis != 1) refuse_unquantized(node, 0);
    return x;
  }

  static void require_zero(const Node& node, const Value& x) {
    if (!x.type().element.is_bipolar()) return;
    throw InputError(node.where(), fmt::format("gives 0, and '{}' is bipolar: -1 or +1", x.name()), "quantize that to 2 bits");
  }

  Meaning cut(const Node& node) {
    Meaning x = meaning(node);
    if (!x.is_function()) {
      x.cut = x.cut.then(cut_of(node));
      return x;
    }
    if (!node.is<Relu>() || !x.is_plain()) return function(node);
    require_zero(node, *x.integers.front());
    x.integers = {target_.add(node.name(), Relu{}, {x.integers.front()})};
    return x;
  }

  Meaning function(const Node& node) {
    const int data = is_scalar_constant(node, 0) ? 1 : 0;
    Meaning x = meaning(node, data);
    if (x.is_sum && scales_by_number(node)) {
      const float number = node.input(1 - data)->constant().floats().front();
      const auto scale = [&](float& real) { real = node.is<Mul>() ? real * number : real / number; };
      std::ranges::for_each(x.scales, scale);
      scale(x.cut.low), scale(x.cut.high);
      return x;
    }
    if (!x.is_function()) refuse_unquantized(node, data);
    std::vector<Function> operands(node.inputs().size());
    operands[static_cast<std::size_t>(data)] = x.function;
    x.function = function_of(node, std::move(operands));
    return x;
  }

  /// x * sigmoid(x) and the like, where nothing is quantized between: a function of x. Nothing where the operands are two tensors.
  std::optional<Meaning> function_of_one(const Node& node) const {
    const auto a = meanings_.find(node.input(0)), b = meanings_.find(node.input(1));
    if (a == meanings_.end() || b == meanings_.end()) return {};
    const Meaning &x = a->second, &y = b->second;
    if (x.integers != y.integers || x.joined || y.joined || x.is_sum || y.is_sum || (!x.function && !y.function)) return {};
    return Meaning{.integers = x.integers, .function = function_of(node, {x.function, y.function})};
  }

  Value* finish(const Value& output) {
    const auto found = meanings_.find(&output);
    if (found == meanings_.end()) throw InputError(source_.name(), "the output is not computed from the quantized input", kQuantizeBefore);
    const Meaning& y = found->second;
    const auto refuse = [&](const char* what) {
      throw InputError(output.producer()->where(), what, "quantize its output, or leave it out");
    };
    if (y.joined) refuse("the network ends where integers of several scales come together");
    if (y.function) refuse("the network ends in a function of real numbers");
    Value* integers = y.integers.front();
    if (y.is_sum && y.scales != integers->type().quantization->scales) refuse("the network ends in a sum times a number");
    if (y.is_sum && std::ranges::adjacent_find(y.scales, std::not_equal_to<>()) != y.scales.end())
      throw InputError(output.producer()->where(), "the network ends in sums of several scales, which cannot be compared",
                       "give the last layer one scale for all its weights, or quantize its output");
    if (y.cut.low == 0 && std::isinf(y.cut.high)) return target_.add(output.name(), Relu{}, {integers});
    if (std::isfinite(y.cut.low) || std::isfinite(y.cut.high)) refuse("the network ends in a Clip");
    return integers;
  }

  const Graph& source_;
  Notes* notes_;
  Graph target_;
  Value* input_ = nullptr;
  Meanings meanings_;
  FloatParts reals_{source_, target_, meanings_};
  Parameters parameters_{target_};
};

/// Ranges and scales of nothing have no meaning.
void require_elements(const Graph& graph) {
  const auto check = [&](const std::string& where, const Value& value) {
    if (value.shape().elements() > 0) return;
    throw InputError(where, fmt::format("'{}' is {}, without elements", value.name(), to_string(value.shape())),
                     "export the network for images that reach its last layer");
  };
  for (const Value* input : graph.inputs()) check(graph.name(), *input);
  for (const Node* node : graph.nodes())
    for (const Value* output : node->outputs()) check(node->where(), *output);
}

}  // namespace

Graph lower(const Graph& qdq, Notes* notes) {
  require_elements(qdq);
  return Lowering(qdq, notes).run();
}

Tensor quantize_input(const Graph& integer_graph, const Tensor& float_input) {
  const TensorType& type = integer_graph.inputs().front()->type();
  if (type.element.is_float) return float_input;
  Quantize quantize;
  quantize.element = type.element;
  quantize.quantization = *type.quantization;
  return evaluate(quantize, float_input, {float_input.shape(), type.element, type.quantization});
}

}  // namespace bitloom
