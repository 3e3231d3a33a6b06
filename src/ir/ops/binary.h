#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "ir/op.h"
#include "ir/ops/broadcast.h"
#include "ir/ops/integer_arithmetic.h"

/// Operators on two (Where: three) tensors element by element; shapes are broadcast as ops/broadcast.h says. Floats are computed in double
/// and rounded once to float32. Integers that stand for themselves (sizes, positions) are computed, too, and wrap in their type; integers
/// that stand for reals are refused.
namespace bitloom {
namespace ops {

std::span<const OperandInfo> two_operands();
TensorType arithmetic_type(const Node& node);  ///< of operands of one numeric type
TensorType comparison_type(const Node& node);  ///< booleans, from operands of one type
TensorType logical_type(const Node& node);     ///< booleans, from booleans

/// y[i] = of(a[i], b[i]) for operands that are both stored as T.
template <class T, class Result, class Function>
void evaluate_binary(std::span<const Tensor* const> inputs, Tensor& output, Function of) {
  const auto a = inputs[0]->values<T>(), b = inputs[1]->values<T>();
  const auto y = output.values<Result>();
  for_broadcast<2>(output.shape(), {inputs[0]->shape(), inputs[1]->shape()}, [&](std::size_t i, const auto& at) {
    y[i] = static_cast<Result>(of(a[at[0]], b[at[1]]));
  });
}

}  // namespace ops

/// Base of y = of(a, b) on numbers of one type. `Function` has an `of` on doubles and one on int64.
template <class Function>
struct BinaryArithmetic : OpBase<Function, Elementwise> {
  std::span<const OperandInfo> operands() const override { return ops::two_operands(); }
  std::vector<TensorType> infer(const Node& node) const override { return {ops::arithmetic_type(node)}; }
  bool stacks_images(const Node& node) const override { return ops::stacks_images_when_broadcast(node); }
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// Base of y = of(a, b) on numbers or booleans of one type, a boolean. `Function` has an `of` on any type.
template <class Function>
struct Comparison : OpBase<Function, Elementwise> {
  std::span<const OperandInfo> operands() const override { return ops::two_operands(); }
  std::vector<TensorType> infer(const Node& node) const override { return {ops::comparison_type(node)}; }
  bool stacks_images(const Node& node) const override { return ops::stacks_images_when_broadcast(node); }
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// Base of y = of(a, b) on booleans.
template <class Function>
struct LogicalOperator : OpBase<Function, Elementwise> {
  std::span<const OperandInfo> operands() const override { return ops::two_operands(); }
  std::vector<TensorType> infer(const Node& node) const override { return {ops::logical_type(node)}; }
  bool stacks_images(const Node& node) const override { return ops::stacks_images_when_broadcast(node); }
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// y = a + b
struct Add final : BinaryArithmetic<Add> {
  static constexpr std::string_view kName = "Add";
  static double of(double a, double b) { return a + b; }
  static std::int64_t of(std::int64_t a, std::int64_t b) { return ops::wrapping_add(a, b); }
};

/// y = a - b
struct Sub final : BinaryArithmetic<Sub> {
  static constexpr std::string_view kName = "Sub";
  static double of(double a, double b) { return a - b; }
  static std::int64_t of(std::int64_t a, std::int64_t b) { return ops::wrapping_subtract(a, b); }
};

/// y = a * b
struct Mul final : BinaryArithmetic<Mul> {
  static constexpr std::string_view kName = "Mul";
  static double of(double a, double b) { return a * b; }
  static std::int64_t of(std::int64_t a, std::int64_t b) { return ops::wrapping_multiply(a, b); }
};

/// y = a / b; integers are cut towards zero, and divided by zero they give 0.
struct Div final : BinaryArithmetic<Div> {
  static constexpr std::string_view kName = "Div";
  static double of(double a, double b) { return a / b; }
  static std::int64_t of(std::int64_t a, std::int64_t b) { return ops::quotient(a, b); }
};

/// y = min(a, b); NaN where either is.
struct Min final : BinaryArithmetic<Min> {
  static constexpr std::string_view kName = "Min";
  static double of(double a, double b) { return a < b || std::isnan(a) ? a : b; }
  static std::int64_t of(std::int64_t a, std::int64_t b) { return std::min(a, b); }
};

/// y = max(a, b); NaN where either is.
struct Max final : BinaryArithmetic<Max> {
  static constexpr std::string_view kName = "Max";
  static double of(double a, double b) { return a > b || std::isnan(a) ? a : b; }
  static std::int64_t of(std::int64_t a, std::int64_t b) { return std::max(a, b); }
};

/// What a / b leaves over: y = a - b * floor(a / b), with the sign of b, as Python has it; with `c_sign` y = a - b * trunc(a / b), with the
/// sign of a, as C's fmod has it. Integers modulo 0 give 0. ONNX Mod, whose attribute is fmod.
struct Mod final : BinaryArithmetic<Mod> {
  static constexpr std::string_view kName = "Mod";
  bool c_sign = false;
  Attributes attributes() const override { return {{"c_sign", std::int64_t{c_sign}}}; }
  double of(double a, double b) const;
  std::int64_t of(std::int64_t a, std::int64_t b) const;
};

struct Equal final : Comparison<Equal> {
  static constexpr std::string_view kName = "Equal";
  template <class T>
  static bool of(T a, T b) {
    return a == b;
  }
};

struct Less final : Comparison<Less> {
  static constexpr std::string_view kName = "Less";
  template <class T>
  static bool of(T a, T b) {
    return a < b;
  }
};

struct LessOrEqual final : Comparison<LessOrEqual> {
  static constexpr std::string_view kName = "LessOrEqual";
  template <class T>
  static bool of(T a, T b) {
    return a <= b;
  }
};

struct Greater final : Comparison<Greater> {
  static constexpr std::string_view kName = "Greater";
  template <class T>
  static bool of(T a, T b) {
    return a > b;
  }
};

struct GreaterOrEqual final : Comparison<GreaterOrEqual> {
  static constexpr std::string_view kName = "GreaterOrEqual";
  template <class T>
  static bool of(T a, T b) {
    return a >= b;
  }
};

struct And final : LogicalOperator<And> {
  static constexpr std::string_view kName = "And";
  static bool of(bool a, bool b) { return a && b; }
};

struct Or final : LogicalOperator<Or> {
  static constexpr std::string_view kName = "Or";
  static bool of(bool a, bool b) { return a || b; }
};

struct Xor final : LogicalOperator<Xor> {
  static constexpr std::string_view kName = "Xor";
  static bool of(bool a, bool b) { return a != b; }
};

/// y = a^b of a's type, where b may be of another: computed in double, or exactly where both are integers. An integer result that does
/// not fit wraps; a negative exponent of an integer gives 1 / a^-b cut towards zero.
struct Pow final : OpBase<Pow, Elementwise> {
  static constexpr std::string_view kName = "Pow";
  std::span<const OperandInfo> operands() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  bool stacks_images(const Node& node) const override { return ops::stacks_images_when_broadcast(node); }
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// y = x for x >= 0 (and NaN), slope * x below; floats. The slope is broadcast to x, which keeps its shape: [C,1,1] is one per channel.
struct PRelu final : OpBase<PRelu, Elementwise> {
  static constexpr std::string_view kName = "PRelu";
  std::span<const OperandInfo> operands() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  bool stacks_images(const Node& node) const override { return ops::stacks_images_when_broadcast(node); }
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// y = condition ? a : b, with a and b of any one type.
struct Where final : OpBase<Where, Elementwise> {
  static constexpr std::string_view kName = "Where";
  std::span<const OperandInfo> operands() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  bool stacks_images(const Node& node) const override { return ops::stacks_images_when_broadcast(node); }
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

}  // namespace bitloom
