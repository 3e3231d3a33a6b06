#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "ir/op.h"
#include "ir/ops/integer_arithmetic.h"

/// Operators on one tensor element by element.
namespace bitloom {
namespace ops {

std::span<const OperandInfo> one_operand();
TensorType real_function_type(const Node& node);    ///< float32, from float32; refuses an attribute that is no number
TensorType signed_function_type(const Node& node);  ///< of the operand: float32, or an integer that stands for itself
TensorType test_type(const Node& node);             ///< booleans, from float32

}  // namespace ops

/// y = max(x, 0) on floats; on integers max(x, zero_point).
struct Relu final : OpBase<Relu, Elementwise> {
  static constexpr std::string_view kName = "Relu";
  std::span<const OperandInfo> operands() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// y[i] = f(x[i]) on real numbers: what a table of a narrow integer's values says, too.
struct ElementwiseFunction : Elementwise {};

/// Base of y = of(x) on real numbers, computed in double and rounded once to float32. What `of` makes of NaN is NaN.
template <class Function>
struct RealFunction : OpBase<Function, ElementwiseFunction> {
  std::span<const OperandInfo> operands() const override { return ops::one_operand(); }
  std::vector<TensorType> infer(const Node& node) const override { return {ops::real_function_type(node)}; }
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  float apply(float x) const { return static_cast<float>(static_cast<const Function&>(*this).of(double{x})); }
};

/// Base of y = of(x) on floats and on integers that stand for themselves. `Function` has an `of` on doubles and one on int64.
template <class Function>
struct SignedFunction : OpBase<Function, ElementwiseFunction> {
  std::span<const OperandInfo> operands() const override { return ops::one_operand(); }
  std::vector<TensorType> infer(const Node& node) const override { return {ops::signed_function_type(node)}; }
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// y = |x|; the smallest integer, which has no opposite, stays.
struct Abs final : SignedFunction<Abs> {
  static constexpr std::string_view kName = "Abs";
  static double of(double x) { return std::abs(x); }
  static std::int64_t of(std::int64_t x) { return x < 0 ? ops::wrapping_subtract(0, x) : x; }
};

/// y = -x; the smallest integer, which has no opposite, stays.
struct Neg final : SignedFunction<Neg> {
  static constexpr std::string_view kName = "Neg";
  static double of(double x) { return -x; }
  static std::int64_t of(std::int64_t x) { return ops::wrapping_subtract(0, x); }
};

/// y = -1, 0 or 1
struct Sign final : SignedFunction<Sign> {
  static constexpr std::string_view kName = "Sign";
  static double of(double x) { return std::isnan(x) ? x : static_cast<double>((x > 0) - (x < 0)); }
  static std::int64_t of(std::int64_t x) { return (x > 0) - (x < 0); }
};

/// y = e^x
struct Exp final : RealFunction<Exp> {
  static constexpr std::string_view kName = "Exp";
  static double of(double x) { return std::exp(x); }
};

/// The natural logarithm: y = ln x
struct Log final : RealFunction<Log> {
  static constexpr std::string_view kName = "Log";
  static double of(double x) { return std::log(x); }
};

struct Sqrt final : RealFunction<Sqrt> {
  static constexpr std::string_view kName = "Sqrt";
  static double of(double x) { return std::sqrt(x); }
};

/// y = 1 / x
struct Reciprocal final : RealFunction<Reciprocal> {
  static constexpr std::string_view kName = "Reciprocal";
  static double of(double x) { return 1 / x; }
};

struct Floor final : RealFunction<Floor> {
  static constexpr std::string_view kName = "Floor";
  static double of(double x) { return std::floor(x); }
};

struct Ceil final : RealFunction<Ceil> {
  static constexpr std::string_view kName = "Ceil";
  static double of(double x) { return std::ceil(x); }
};

/// The nearest whole number; of two, the even one.
struct Round final : RealFunction<Round> {
  static constexpr std::string_view kName = "Round";
  static double of(double x) { return std::nearbyint(x); }
};

struct Sin final : RealFunction<Sin> {
  static constexpr std::string_view kName = "Sin";
  static double of(double x) { return std::sin(x); }
};

struct Cos final : RealFunction<Cos> {
  static constexpr std::string_view kName = "Cos";
  static double of(double x) { return std::cos(x); }
};

struct Tan final : RealFunction<Tan> {
  static constexpr std::string_view kName = "Tan";
  static double of(double x) { return std::tan(x); }
};

struct Asin final : RealFunction<Asin> {
  static constexpr std::string_view kName = "Asin";
  static double of(double x) { return std::asin(x); }
};

struct Acos final : RealFunction<Acos> {
  static constexpr std::string_view kName = "Acos";
  static double of(double x) { return std::acos(x); }
};

struct Atan final : RealFunction<Atan> {
  static constexpr std::string_view kName = "Atan";
  static double of(double x) { return std::atan(x); }
};

struct Sinh final : RealFunction<Sinh> {
  static constexpr std::string_view kName = "Sinh";
  static double of(double x) { return std::sinh(x); }
};

struct Cosh final : RealFunction<Cosh> {
  static constexpr std::string_view kName = "Cosh";
  static double of(double x) { return std::cosh(x); }
};

struct Tanh final : RealFunction<Tanh> {
  static constexpr std::string_view kName = "Tanh";
  static double of(double x) { return std::tanh(x); }
};

struct Asinh final : RealFunction<Asinh> {
  static constexpr std::string_view kName = "Asinh";
  static double of(double x) { return std::asinh(x); }
};

struct Acosh final : RealFunction<Acosh> {
  static constexpr std::string_view kName = "Acosh";
  static double of(double x) { return std::acosh(x); }
};

struct Atanh final : RealFunction<Atanh> {
  static constexpr std::string_view kName = "Atanh";
  static double of(double x) { return std::atanh(x); }
};

/// The error function: y = 2 / sqrt(pi) * integral of e^(-t^2) from 0 to x
struct Erf final : RealFunction<Erf> {
  static constexpr std::string_view kName = "Erf";
  static double of(double x) { return std::erf(x); }
};

/// y = 1 / (1 + e^-x)
struct Sigmoid final : RealFunction<Sigmoid> {
  static constexpr std::string_view kName = "Sigmoid";
  static double of(double x) { return 1 / (1 + std::exp(-x)); }
};

/// y = max(0, min(1, alpha * x + beta))
struct HardSigmoid final : RealFunction<HardSigmoid> {
  static constexpr std::string_view kName = "HardSigmoid";
  float alpha = 0.2f, beta = 0.5f;
  Attributes attributes() const override { return {{"alpha", double{alpha}}, {"beta", double{beta}}}; }
  double of(double x) const { return std::clamp(alpha * x + beta, 0.0, 1.0); }
};

/// y = x * max(0, min(6, x + 3)) / 6, the activation of MobileNetV3.
struct HardSwish final : RealFunction<HardSwish> {
  static constexpr std::string_view kName = "HardSwish";
  static double of(double x) { return x * std::clamp(x + 3, 0.0, 6.0) / 6; }
};

/// y = x for x >= 0, alpha * x below
struct LeakyRelu final : RealFunction<LeakyRelu> {
  static constexpr std::string_view kName = "LeakyRelu";
  float alpha = 0.01f;
  Attributes attributes() const override { return {{"alpha", double{alpha}}}; }
  double of(double x) const { return x < 0 ? alpha * x : x; }
};

/// y = x for x >= 0, alpha * (e^x - 1) below
struct Elu final : RealFunction<Elu> {
  static constexpr std::string_view kName = "Elu";
  float alpha = 1;
  Attributes attributes() const override { return {{"alpha", double{alpha}}}; }
  double of(double x) const { return x < 0 ? alpha * std::expm1(x) : x; }
};

/// y = gamma * x for x > 0, gamma * alpha * (e^x - 1) below. The defaults keep mean 0 and variance 1 from layer to layer
/// (arXiv:1706.02515).
struct Selu final : RealFunction<Selu> {
  static constexpr std::string_view kName = "Selu";
  float alpha = 1.67326319217681884765625f, gamma = 1.05070102214813232421875f;
  Attributes attributes() const override { return {{"alpha", double{alpha}}, {"gamma", double{gamma}}}; }
  double of(double x) const { return gamma * (x < 0 ? alpha * std::expm1(x) : x); }
};

/// y = x for x >= 0, alpha * (e^(x / alpha) - 1) below; alpha is not 0
struct Celu final : RealFunction<Celu> {
  static constexpr std::string_view kName = "Celu";
  float alpha = 1;
  Attributes attributes() const override { return {{"alpha", double{alpha}}}; }
  double of(double x) const { return x < 0 ? alpha * std::expm1(x / alpha) : x; }
};

/// y = ln(1 + e^x), written so that no x overflows
struct Softplus final : RealFunction<Softplus> {
  static constexpr std::string_view kName = "Softplus";
  static double of(double x) { return std::isnan(x) ? x : std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
};

/// y = x / (1 + |x|)
struct Softsign final : RealFunction<Softsign> {
  static constexpr std::string_view kName = "Softsign";
  static double of(double x) { return x / (1 + std::abs(x)); }
};

/// y = x for x > alpha, else 0
struct ThresholdedRelu final : RealFunction<ThresholdedRelu> {
  static constexpr std::string_view kName = "ThresholdedRelu";
  float alpha = 1;
  Attributes attributes() const override { return {{"alpha", double{alpha}}}; }
  double of(double x) const { return x <= alpha ? 0 : x; }
};

/// y = x + bias for x < -lambda, x - bias for x > lambda, 0 between
struct Shrink final : RealFunction<Shrink> {
  static constexpr std::string_view kName = "Shrink";
  float lambda = 0.5f, bias = 0;
  Attributes attributes() const override { return {{"lambda", double{lambda}}, {"bias", double{bias}}}; }
  double of(double x) const { return x < -lambda ? x + bias : x > lambda ? x - bias : std::isnan(x) ? x : 0; }
};

/// y = x * tanh(ln(1 + e^x)) (arXiv:1908.08681)
struct Mish final : RealFunction<Mish> {
  static constexpr std::string_view kName = "Mish";
  static double of(double x) { return x * std::tanh(Softplus::of(x)); }
};

/// y = x * P(a normal variable is below x) = x / 2 * (1 + erf(x / sqrt(2))); with `tanh` the approximation
/// y = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) (arXiv:1606.08415)
struct Gelu final : RealFunction<Gelu> {
  static constexpr std::string_view kName = "Gelu";
  bool tanh = false;
  Attributes attributes() const override { return {{"approximate", std::string(tanh ? "tanh" : "none")}}; }
  double of(double x) const;
};

/// y = min(max(x, low), high); so `high` where low > high. An infinite bound bounds nothing.
struct Clip final : RealFunction<Clip> {
  static constexpr std::string_view kName = "Clip";
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();
  Attributes attributes() const override { return {{"low", double{low}}, {"high", double{high}}}; }
  double of(double x) const {
    const double raised = x < low ? low : x;
    return raised > high ? high : raised;
  }
};

/// y = true where x is not a number
struct IsNaN final : OpBase<IsNaN, Elementwise> {
  static constexpr std::string_view kName = "IsNaN";
  std::span<const OperandInfo> operands() const override { return ops::one_operand(); }
  std::vector<TensorType> infer(const Node& node) const override { return {ops::test_type(node)}; }
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// y = true where x is infinity (if `positive`) or minus infinity (if `negative`)
struct IsInf final : OpBase<IsInf, Elementwise> {
  static constexpr std::string_view kName = "IsInf";
  bool positive = true, negative = true;
  std::span<const OperandInfo> operands() const override { return ops::one_operand(); }
  Attributes attributes() const override { return {{"positive", std::int64_t{positive}}, {"negative", std::int64_t{negative}}}; }
  std::vector<TensorType> infer(const Node& node) const override { return {ops::test_type(node)}; }
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// y = not x, of booleans
struct Not final : OpBase<Not, Elementwise> {
  static constexpr std::string_view kName = "Not";
  std::span<const OperandInfo> operands() const override { return ops::one_operand(); }
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

}  // namespace bitloom
