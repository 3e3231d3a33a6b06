#pragma once

#include <vector>

#include "ir/op.h"

namespace bitloom {

/// How a real number becomes a whole one. The first three are what requantization knows, too.
enum class Rounding {
  kHalfToEven,        ///< ONNX, and QONNX's ROUND
  kHalfUp,            ///< a half towards +infinity
  kFloor,             ///< towards -infinity
  kCeil,              ///< towards +infinity
  kTowardsZero,       ///< QONNX's DOWN
  kAwayFromZero,      ///< QONNX's UP
  kHalfAwayFromZero,  ///< QONNX's HALF_UP
  kHalfTowardsZero,   ///< QONNX's HALF_DOWN
  kHalfToOdd,         ///< what half to even of x + z is to x for an odd zero point z: QONNX adds z before it rounds
};
std::string_view to_string(Rounding rounding);
double round_to(Rounding rounding, double x);

/// Ends of an integer type's range, which lacks one value where it is narrow: the smallest signed, or the largest unsigned.
constexpr std::int64_t lowest(ElementType element, bool narrow) { return element.min() + (narrow && element.is_signed ? 1 : 0); }
constexpr std::int64_t highest(ElementType element, bool narrow) { return element.max() - (narrow && !element.is_signed ? 1 : 0); }

/// real -> integer: q = clamp(round(x / scale) + zero_point, low(), high()). ONNX QuantizeLinear; QONNX Quant with its rounding modes and
/// narrow range. The scale is per tensor or per index of quantization.axis. x / scale is computed in float32, as ONNX says. A bipolar
/// q is -1 where x / scale < 0 and else +1 (QONNX BipolarQuant).
struct Quantize final : OpBase<Quantize> {
  static constexpr std::string_view kName = "Quantize";
  ElementType element = ElementType::int8();
  Quantization quantization;
  Rounding rounding = Rounding::kHalfToEven;
  bool narrow = false;  ///< see lowest() and highest()

  std::int64_t low() const { return lowest(element, narrow); }
  std::int64_t high() const { return highest(element, narrow); }

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// real -> integer of fewer bits: q = round(x / input.scale + input.zero_point), half to even, is the integer that x stands for, and
/// y = clamp(round(q / 2^shift), low, high) is what is left without its lowest bits. QONNX Trunc, which Brevitas puts behind sums that are to
/// become means. The quotient is computed in float32.
struct Trunc final : OpBase<Trunc> {
  static constexpr std::string_view kName = "Trunc";
  Quantization input;  ///< of the integers that x stands for
  int shift = 0;       ///< bits that are dropped, 0 to 31
  Rounding rounding = Rounding::kFloor;
  ElementType element = ElementType::int8();
  Quantization quantization;  ///< of y
  bool narrow = false;        ///< as in Quantize

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// integer -> real: x = scale * (q - zero_point) by the quantization of the input's type. ONNX DequantizeLinear.
struct Dequantize final : OpBase<Dequantize> {
  static constexpr std::string_view kName = "Dequantize";
  std::span<const OperandInfo> operands() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// round(value / 2^shift), 0 <= shift <= 62. Rounding is one of kHalfToEven, kHalfUp and kFloor.
std::int64_t shift_round(std::int64_t value, int shift, Rounding rounding);

/// round(acc * multiplier / 2^shift), exact for |acc| < 2^31, 0 <= multiplier < 2^31, 0 <= shift <= 62.
/// Rounding is one of kHalfToEven, kHalfUp and kFloor.
std::int64_t multiply_shift_round(std::int64_t acc, std::int64_t multiplier, int shift, Rounding rounding);

/// A real factor m > 0 held as multiplier / 2^shift exactly: the float32's mantissa (at most 24 bits) with trailing zeros removed while
/// the shift is above 0. So the multiplier is odd, a power of two below 1 is {1, shift}, and an integer m is {m, 0}.
/// @throws InputError if m is not finite, not positive, at least 2^31, or needs a shift above 62
struct FixedMultiplier {
  std::int64_t multiplier = 1;
  int shift = 0;
  bool operator==(const FixedMultiplier&) const = default;
};
FixedMultiplier fixed_multiplier(float m);

/// How an exact result, in steps of the output's scale, becomes the integer that stands for it:
///   y = clamp(zero_point + round(result), low, high)
/// What Requantize, RescaledAdd and RescaledMul share. A ReLU or Clip behind the exact result moves low and high together.
struct Narrowing {
  Rounding rounding = Rounding::kHalfToEven;  ///< kHalfToEven, kHalfUp or kFloor
  ElementType element = ElementType::int8();
  Quantization quantization;            ///< of the output, per tensor
  std::int32_t low = -128, high = 127;  ///< within element

  /// The type of an output of this shape. @throws InputError for a range outside the element type or scales per channel
  TensorType output_type(const Node& node, const Shape& shape) const;
  /// y where the exact result is value / 2^shift.
  std::int32_t operator()(std::int64_t value, int shift) const;
};

/// Accumulator -> narrow integer: y = clamp(zero_point + round(acc * multiplier[c] / 2^shift[c]), low, high).
/// One multiplier and shift, or one per channel (axis 1 of acc). All integer; this is the meaning that RTL and kernels equal.
struct Requantize final : OpBase<Requantize>, Narrowing {
  static constexpr std::string_view kName = "Requantize";
  std::vector<FixedMultiplier> factors;  ///< 1, or one per channel

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// Element-wise function of a narrow integer: y = table[x - x.element.min()], 2^bits entries (tanh, sigmoid after lowering).
struct LookupTable final : OpBase<LookupTable> {
  static constexpr std::string_view kName = "LookupTable";
  std::vector<std::int32_t> table;
  ElementType element = ElementType::int8();
  Quantization quantization;
  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

}  // namespace bitloom
