#include "ir/ops/unary.h"

#include <numbers>

#include "ir/ops/check.h"

namespace bitloom {
namespace ops {

std::span<const OperandInfo> one_operand() {
  static constexpr OperandInfo kOperands[] = {{"x"}};
  return kOperands;
}

TensorType real_function_type(const Node& node) {
  for (const auto& [name, value] : node.op().attributes())
    if (const double* number = std::get_if<double>(&value))
      require(!std::isnan(*number), node, std::string(name) + " is not a number", "give it one");
  return {float_operand(node, 0).shape, ElementType::float32(), {}};
}

TensorType signed_function_type(const Node& node) {
  const TensorType& x = plain_operand(node, 0);
  require(x.element != ElementType::boolean(), node, "operand 'x' is true or false, not a number", "cast it to a type of numbers");
  return x;
}

TensorType test_type(const Node& node) { return {float_operand(node, 0).shape, ElementType::boolean(), {}}; }

}  // namespace ops

std::span<const OperandInfo> Relu::operands() const { return ops::one_operand(); }

std::vector<TensorType> Relu::infer(const Node& node) const { return {ops::operand(node, 0)}; }

void Relu::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Tensor& x = *inputs[0];
  outputs[0].visit([&](auto y) {
    using T = typename decltype(y)::value_type;
    const T zero = x.type().quantization ? static_cast<T>(x.type().quantization->zero_point) : T{0};
    // The comparison is false for NaN, which so passes through instead of turning into a number.
    std::ranges::transform(x.values<T>(), y.begin(), [zero](T v) { return v < zero ? zero : v; });
  });
}

double Gelu::of(double x) const {
  const double bent = tanh ? std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)) : std::erf(x / std::numbers::sqrt2);
  return x / 2 * (1 + bent);
}

void IsNaN::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  std::ranges::transform(inputs[0]->floats(), outputs[0].integers().begin(), [](float x) { return std::isnan(x); });
}

void IsInf::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  std::ranges::transform(inputs[0]->floats(), outputs[0].integers().begin(),
                         [this](float x) { return std::isinf(x) && (x > 0 ? positive : negative); });
}

std::vector<TensorType> Not::infer(const Node& node) const { return {ops::boolean_operand(node, 0)}; }

void Not::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  std::ranges::transform(inputs[0]->integers(), outputs[0].integers().begin(), [](std::int32_t x) { return x == 0; });
}

}  // namespace bitloom
