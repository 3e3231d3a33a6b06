#include "passes/lower/lower.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "base/error.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rescaled_add.h"
#include "ir/ops/shape_ops.h"
#include "passes/lower/integer_form.h"
#include "passes/lower/value_range.h"

namespace bitloom {
namespace {

constexpr const char* kQuantizeBefore = "put a Quantize and a Dequantize before it, as `bitloom quantize` does";

/// What a value of the QDQ graph is in the integer graph: the integers that stand for it, and what is still to be done to them when the
/// next Quantize comes.
struct Meaning {
  Value* integers = nullptr;
  Value* addend = nullptr;                ///< of an addition: its second operand, and both await RescaledAdd
  bool is_sum = false;                    ///< an exact accumulator, awaiting Requantize
  bool relu = false;                      ///< of a sum or an addition: cut off below 0 on the way
  std::vector<const Op*> functions = {};  ///< of narrow integers: to be applied to what they stand for, in this order
};

Tensor evaluate(const Op& op, const Tensor& x, TensorType type) {
  const Tensor* inputs[] = {&x};
  Tensor outputs[] = {Tensor(std::move(type))};
  op.evaluate(inputs, outputs);
  return std::move(outputs[0]);
}

/// The simulated computation Dequantize, functions, Quantize on every value of the type.
LookupTable tabulate(const TensorType& x, const std::vector<const Op*>& functions, const Quantize& quantize) {
  const Shape shape{1, x.element.max() - x.element.min() + 1};
  std::vector<std::int32_t> every(static_cast<std::size_t>(shape[1]));
  std::iota(every.begin(), every.end(), static_cast<std::int32_t>(x.element.min()));
  const TensorType real{shape, ElementType::float32(), {}};
  Tensor values = evaluate(Dequantize{}, Tensor({shape, x.element, x.quantization}, std::move(every)), real);
  for (const Op* function : functions) values = evaluate(*function, values, real);
  const Tensor results = evaluate(quantize, values, {shape, quantize.element, quantize.quantization});

  LookupTable lookup;
  lookup.table.assign(results.integers().begin(), results.integers().end());
  lookup.element = quantize.element;
  lookup.quantization = quantize.quantization;
  return lookup;
}

/// What requantization and rescaling addition share: the output as a Quantize wants it.
template <class Narrowing>
Narrowing narrowing_of(const Node& node, bool relu) {
  const Quantize& quantize = *node.as<Quantize>();
  if (quantize.quantization.per_channel())
    throw InputError(node.where(), "quantizes an activation per channel", "quantize activations per tensor");
  if (quantize.rounding > Rounding::kFloor || quantize.element.is_bipolar())
    throw InputError(node.where(), fmt::format("requantizes to {} rounding {}", to_string(quantize.element), to_string(quantize.rounding)),
                     "requantization rounds half_to_even, half_up or floor, to two bits or more");
  Narrowing narrowing;
  narrowing.element = quantize.element;
  narrowing.quantization = quantize.quantization;
  narrowing.rounding = quantize.rounding;
  narrowing.high = static_cast<std::int32_t>(quantize.high());
  narrowing.low = static_cast<std::int32_t>(relu ? std::max<std::int64_t>(quantize.quantization.zero_point, quantize.low()) : quantize.low());
  return narrowing;
}

FixedMultiplier factor_of(const Node& node, float scale) {
  try {
    return fixed_multiplier(scale / node.as<Quantize>()->quantization.scales.front());
  } catch (const InputError& error) {
    throw InputError(node.where(), error.what());
  }
}

Requantize requantize_of(const Node& node, const Quantization& sum, bool relu) {
  auto requantize = narrowing_of<Requantize>(node, relu);
  for (const float scale : sum.scales) requantize.factors.push_back(factor_of(node, scale));
  const auto& factors = requantize.factors;
  if (std::adjacent_find(factors.begin(), factors.end(), std::not_equal_to<>()) == factors.end()) requantize.factors.resize(1);
  return requantize;
}

RescaledAdd rescaled_add_of(const Node& node, const Value& a, const Value& b, bool relu) {
  auto add = narrowing_of<RescaledAdd>(node, relu);
  add.factors = {factor_of(node, a.type().quantization->scales.front()), factor_of(node, b.type().quantization->scales.front())};
  return add;
}

void check_sum_fits(const Value& sum) {
  const IntegerRange range = value_range(sum);
  if (range.low >= std::numeric_limits<std::int32_t>::min() && range.high <= std::numeric_limits<std::int32_t>::max()) return;
  throw InputError(sum.producer()->where(), fmt::format("its sum can reach {}..{}, outside int32", range.low, range.high),
                   "use fewer weight or activation bits, or fewer inputs per output");
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
      require_integer_form(*node);
      if (!lower_constant(*node)) lower_node(*node);
    }
    target_.set_outputs({finish(*source_.outputs().front())});
    return std::move(target_);
  }

 private:
  /// Quantize and Dequantize of a constant describe a parameter; its integers are kept for the layer that reads it.
  bool lower_constant(const Node& node) {
    if (!node.is<Quantize>() && !node.is<Dequantize>()) return false;
    const Value* x = node.input(0);
    const auto known = parameters_.find(x);
    if (!x->is_constant() && known == parameters_.end()) return false;
    const Tensor& tensor = x->is_constant() ? x->constant() : known->second.tensor;
    const std::string& name = x->is_constant() ? x->name() : known->second.name;
    parameters_[node.output()] = {name, node.is<Quantize>() ? evaluate(node.op(), tensor, node.output()->type()) : tensor};
    return true;
  }

  void lower_node(const Node& node) {
    const Value* y = node.output();
    if (node.is<Quantize>()) {
      meanings_[y] = {.integers = quantize(node)};
    } else if (node.is<Dequantize>()) {
      meanings_[y] = meaning(node);
    } else if (node.is<Conv2d>() || node.is<Gemm>()) {
      meanings_[y] = {.integers = weighted_sum(node), .is_sum = true};
    } else if (const auto* pool = node.as<AveragePool2d>()) {
      SumPool2d sum;
      sum.window = pool->window;
      meanings_[y] = {.integers = target_.add(node.name(), sum, {narrow_integers(node)}), .is_sum = true};
      check_sum_fits(*meanings_[y].integers);
    } else if (node.is<Add>()) {
      meanings_[y] = {.integers = narrow_integers(node, 0), .addend = narrow_integers(node, 1)};
    } else if (node.is<MaxPool2d>() || node.is<Flatten>()) {
      meanings_[y] = move_onto_integers(node);
    } else if (node.is<Relu>()) {
      meanings_[y] = relu(node);
    } else if (node.is<Tanh>() || node.is<Sigmoid>()) {
      if (meaning(node).is_sum || meaning(node).addend) refuse_unquantized(node, 0);
      meanings_[y] = meaning(node);
      meanings_[y].functions.push_back(&node.op());
    } else {  // the Softmax that ends the network
      note(notes_, node.where() + ": left out, because the largest integer names the same class");
      meanings_[y] = meaning(node);
    }
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

  /// The node's data operand `i` where it must be quantized as it stands.
  Value* narrow_integers(const Node& node, int i = 0) const {
    const Meaning& x = meaning(node, i);
    if (x.is_sum || x.addend || !x.functions.empty()) refuse_unquantized(node, i);
    return x.integers;
  }

  Value* quantize(const Node& node) {
    const Quantize& op = *node.as<Quantize>();
    if (node.input(0) == source_.inputs().front()) {
      if (input_) {
        if (input_->type() != node.output()->type())
          throw InputError(node.where(), "quantizes the network's input in a second way", "quantize it once and let all layers read that");
        return input_;
      }
      return input_ = target_.add_input(node.input(0)->name(), node.output()->type());
    }
    const Meaning& x = meaning(node);
    const TensorType& type = x.integers->type();
    if (x.addend) return target_.add(node.input(0)->name(), rescaled_add_of(node, *x.integers, *x.addend, x.relu), {x.integers, x.addend});
    if (x.is_sum) return target_.add(x.integers->name() + ".requantize", requantize_of(node, *type.quantization, x.relu), {x.integers});
    if (x.functions.empty() && !op.narrow && type.element == op.element && type.quantization == op.quantization) return x.integers;
    const std::string name = x.functions.empty() ? x.integers->name() + ".rescale" : node.input(0)->name();
    return target_.add(name, tabulate(type, x.functions, op), {x.integers});
  }

  Value* weighted_sum(const Node& node) {
    std::vector<Value*> operands{narrow_integers(node)};
    for (int i = 1; i < 3 && node.input(i); ++i) operands.push_back(parameter(node, i));
    Value* sum = target_.add_node(node.name(), node.op().clone(), operands)->output();
    check_sum_fits(*sum);
    return sum;
  }

  Value* parameter(const Node& node, int i) {
    const auto found = parameters_.find(node.input(i));
    if (found == parameters_.end())
      throw InputError(node.where(), fmt::format("parameter '{}' is not quantized", node.input(i)->name()),
                       i == 1 ? "give it as an integer constant behind a Dequantize"
                              : "give it as an int32 constant with scale x.scale * w.scale behind a Dequantize");
    return target_.add_constant(found->second.name, found->second.tensor);
  }

  /// MaxPool2d and Flatten only move values, and maxima keep under every later step, none of which decreases: so they come first.
  Meaning move_onto_integers(const Node& node) {
    Meaning moved = meaning(node);
    if (moved.addend) refuse_unquantized(node, 0);
    if (!moved.functions.empty() && node.is<MaxPool2d>()) narrow_integers(node);
    moved.integers = target_.add_node(node.name(), node.op().clone(), {moved.integers})->output();
    return moved;
  }

  Meaning relu(const Node& node) {
    Meaning x = meaning(node);
    if (x.is_sum || x.addend)
      x.relu = true;
    else if (!x.functions.empty())
      x.functions.push_back(&node.op());
    else
      x.integers = target_.add(node.name(), Relu{}, {x.integers});
    return x;
  }

  Value* finish(const Value& output) {
    const auto found = meanings_.find(&output);
    if (found == meanings_.end()) throw InputError(source_.name(), "the output is not computed from the quantized input", kQuantizeBefore);
    const Meaning& y = found->second;
    if (y.addend) throw InputError(output.producer()->where(), "the network ends in an addition", "quantize its output");
    if (!y.functions.empty())
      throw InputError(output.producer()->where(), "the network ends in a function of real numbers",
                       "quantize its output, or leave it out");
    return y.relu ? target_.add(output.name(), Relu{}, {y.integers}) : y.integers;
  }

  struct Parameter {
    std::string name;
    Tensor tensor;
  };

  const Graph& source_;
  Notes* notes_;
  Graph target_;
  Value* input_ = nullptr;
  std::map<const Value*, Meaning> meanings_;
  std::map<const Value*, Parameter> parameters_;
};

}  // namespace

Graph lower(const Graph& qdq, Notes* notes) { return Lowering(qdq, notes).run(); }

Tensor quantize_input(const Graph& integer_graph, const Tensor& float_input) {
  const TensorType& type = integer_graph.inputs().front()->type();
  Quantize quantize;
  quantize.element = type.element;
  quantize.quantization = *type.quantization;
  return evaluate(quantize, float_input, {float_input.shape(), type.element, type.quantization});
}

}  // namespace bitloom
