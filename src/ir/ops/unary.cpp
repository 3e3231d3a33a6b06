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

template <class Function>
void RealFunction<Function>::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  std::ranges::transform(inputs[0]->floats(), outputs[0].floats().begin(), [this](float x) { return apply(x); });
}

template <class Function>
void SignedFunction<Function>::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  outputs[0].visit([&](auto y) {
    using T = typename decltype(y)::value_type;
    std::ranges::transform(inputs[0]->values<T>(), y.begin(), [&](T x) {
      if constexpr (std::is_floating_point_v<T>)
        return static_cast<T>(Function::of(double{x}));
      else
        return static_cast<T>(ops::wrapped(Function::of(std::int64_t{x}), outputs[0].type().element));
    });
  });
}

// Here and nowhere else: loops over every type of number, for every operator.
template struct RealFunction<Exp>;
template struct RealFunction<Log>;
template struct RealFunction<Sqrt>;
template struct RealFunction<Reciprocal>;
template struct RealFunction<Floor>;
template struct RealFunction<Ceil>;
template struct RealFunction<Round>;
template struct RealFunction<Sin>;
template struct RealFunction<Cos>;
template struct RealFunction<Tan>;
template struct RealFunction<Asin>;
template struct RealFunction<Acos>;
template struct RealFunction<Atan>;
template struct RealFunction<Sinh>;
template struct RealFunction<Cosh>;
template struct RealFunction<Tanh>;
template struct RealFunction<Asinh>;
template struct RealFunction<Acosh>;
template struct RealFunction<Atanh>;
template struct RealFunction<Erf>;
template struct RealFunction<Sigmoid>;
template struct RealFunction<HardSigmoid>;
template struct RealFunction<HardSwish>;
template struct RealFunction<LeakyRelu>;
template struct RealFunction<Elu>;
template struct RealFunction<Selu>;
template struct RealFunction<Celu>;
template struct RealFunction<Softplus>;
template struct RealFunction<Softsign>;
template struct RealFunction<ThresholdedRelu>;
template struct RealFunction<Shrink>;
template struct RealFunction<Mish>;
template struct RealFunction<Gelu>;
template struct RealFunction<Clip>;
template struct SignedFunction<Abs>;
template struct SignedFunction<Neg>;
template struct SignedFunction<Sign>;

}  // namespace bitloom
