#include "ir/ops/binary.h"

#include "ir/ops/cast.h"
#include "ir/ops/check.h"

namespace bitloom {
namespace ops {
namespace {

void require_one_type(const Node& node, int i, int j) {
  const TensorType &a = plain_operand(node, i), &b = plain_operand(node, j);
  require(a.element == b.element, node, "operands are " + to_string(a.element) + " and " + to_string(b.element), "cast one of them");
}

}  // namespace

std::span<const OperandInfo> two_operands() {
  static constexpr OperandInfo kOperands[] = {{"a"}, {"b"}};
  return kOperands;
}

TensorType arithmetic_type(const Node& node) {
  require_one_type(node, 0, 1);
  const ElementType element = node.input(0)->type().element;
  require(element != ElementType::boolean(), node, "operands are true or false, not numbers", "cast them to a type of numbers");
  return {broadcast_shape(node), element, {}};
}

TensorType comparison_type(const Node& node) {
  require_one_type(node, 0, 1);
  return {broadcast_shape(node), ElementType::boolean(), {}};
}

TensorType logical_type(const Node& node) {
  boolean_operand(node, 0);
  boolean_operand(node, 1);
  return {broadcast_shape(node), ElementType::boolean(), {}};
}

std::int64_t wrapping_power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
  std::int64_t power = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) power = wrapping_multiply(power, base);
    base = wrapping_multiply(base, base);
  }
  return power;
}

}  // namespace ops

double Mod::of(double a, double b) const {
  const double rest = std::fmod(a, b);
  return !c_sign && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

std::int64_t Mod::of(std::int64_t a, std::int64_t b) const {
  const std::int64_t rest = ops::remainder(a, b);
  return !c_sign && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

std::span<const OperandInfo> Pow::operands() const { return ops::two_operands(); }

std::vector<TensorType> Pow::infer(const Node& node) const {
  for (int i = 0; i < 2; ++i)
    ops::require(ops::plain_operand(node, i).element != ElementType::boolean(), node, "operands are true or false, not numbers",
                 "cast them to a type of numbers");
  return {{ops::broadcast_shape(node), node.input(0)->type().element, {}}};
}

void Pow::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const ElementType element = outputs[0].type().element;
  outputs[0].visit([&](auto y) {
    inputs[1]->visit([&](auto b) {
      using T = typename decltype(y)::value_type;
      using Exponent = std::remove_const_t<typename decltype(b)::value_type>;
      const auto a = inputs[0]->values<T>();
      ops::for_broadcast<2>(outputs[0].shape(), {inputs[0]->shape(), inputs[1]->shape()}, [&](std::size_t i, const auto& at) {
        const T base = a[at[0]];
        const Exponent exponent = b[at[1]];
        if constexpr (std::is_floating_point_v<T>)
          y[i] = static_cast<T>(std::pow(double{base}, static_cast<double>(exponent)));
        else if constexpr (std::is_floating_point_v<Exponent>)
          y[i] = static_cast<T>(ops::wrapped(ops::truncated(std::pow(static_cast<double>(base), double{exponent})), element));
        else
          y[i] = static_cast<T>(ops::wrapped(ops::wrapping_power(base, exponent), element));
      });
    });
  });
}

std::span<const OperandInfo> PRelu::operands() const {
  static constexpr OperandInfo kOperands[] = {{"x"}, {"slope", OperandRole::kParameter}};
  return kOperands;
}

std::vector<TensorType> PRelu::infer(const Node& node) const {
  const Shape &x = ops::float_operand(node, 0).shape, &slope = ops::float_operand(node, 1).shape;
  ops::require(ops::broadcast_shape(node) == x, node, "slope of shape " + to_string(slope) + " is larger than x, " + to_string(x),
               "give one slope, or one per channel as Cx1x1");
  return {{x, ElementType::float32(), {}}};
}

void PRelu::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  ops::evaluate_binary<float, float>(inputs, outputs[0], [](float x, float slope) { return x < 0 ? double{x} * double{slope} : double{x}; });
}

std::span<const OperandInfo> Where::operands() const {
  static constexpr OperandInfo kOperands[] = {{"condition"}, {"a"}, {"b"}};
  return kOperands;
}

std::vector<TensorType> Where::infer(const Node& node) const {
  ops::boolean_operand(node, 0);
  ops::require_one_type(node, 1, 2);
  return {{ops::broadcast_shape(node), node.input(1)->type().element, {}}};
}

void Where::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const auto condition = inputs[0]->integers();
  outputs[0].visit([&](auto y) {
    using T = typename decltype(y)::value_type;
    const auto a = inputs[1]->values<T>(), b = inputs[2]->values<T>();
    ops::for_broadcast<3>(outputs[0].shape(), {inputs[0]->shape(), inputs[1]->shape(), inputs[2]->shape()},
                          [&](std::size_t i, const auto& at) { y[i] = condition[at[0]] != 0 ? a[at[1]] : b[at[2]]; });
  });
}

template <class Function>
void BinaryArithmetic<Function>::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Function& function = static_cast<const Function&>(*this);
  outputs[0].visit([&](auto y) {
    using T = typename decltype(y)::value_type;
    ops::evaluate_binary<T, T>(inputs, outputs[0], [&](T a, T b) {
      if constexpr (std::is_floating_point_v<T>)
        return function.of(double{a}, double{b});
      else
        return ops::wrapped(function.of(std::int64_t{a}, std::int64_t{b}), outputs[0].type().element);
    });
  });
}

template <class Function>
void Comparison<Function>::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  inputs[0]->visit([&](auto a) {
    using T = typename decltype(a)::value_type;
    ops::evaluate_binary<std::remove_const_t<T>, std::int32_t>(inputs, outputs[0], [](T x, T y) { return Function::of(x, y); });
  });
}

template <class Function>
void LogicalOperator<Function>::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  ops::evaluate_binary<std::int32_t, std::int32_t>(inputs, outputs[0],
                                                   [](std::int32_t a, std::int32_t b) { return Function::of(a != 0, b != 0); });
}

// Here and nowhere else: loops over every type of number, for every operator.
template struct BinaryArithmetic<Add>;
template struct BinaryArithmetic<Sub>;
template struct BinaryArithmetic<Mul>;
template struct BinaryArithmetic<Div>;
template struct BinaryArithmetic<Min>;
template struct BinaryArithmetic<Max>;
template struct BinaryArithmetic<Mod>;
template struct Comparison<Equal>;
template struct Comparison<Less>;
template struct Comparison<LessOrEqual>;
template struct Comparison<Greater>;
template struct Comparison<GreaterOrEqual>;
template struct LogicalOperator<And>;
template struct LogicalOperator<Or>;
template struct LogicalOperator<Xor>;

}  // namespace bitloom
