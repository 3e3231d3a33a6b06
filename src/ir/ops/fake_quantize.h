#pragma once

#include "ir/ops/quantization.h"

namespace bitloom {

/// How training estimates the gradient through a rounding, and that of its scale (train/kernels/fake_quantize.cpp has the formulas).
enum class Estimator {
  kStraightThrough,  ///< arXiv:1308.3432; the scale stays as it was calibrated
  kLsq,              ///< learned step size, arXiv:1902.08153
  kLsqPlus,          ///< the same with a learned offset, arXiv:2004.09576
  kPact,             ///< parameterized clipping, arXiv:1805.06085
  kDorefa,           ///< weights bounded by a tanh, arXiv:1606.06160; the scale stays
  kIncremental,      ///< weights that become powers of two portion by portion, arXiv:1702.03044; the scale stays
};
std::string_view to_string(Estimator estimator);

/// floor(log2(4 x / 3)) of x > 0: the n with 3/4 * 2^n <= x < 3/2 * 2^n, whose power x is rounded to (arXiv:1702.03044, equations 2 and 4).
int exponent_of_rounded(float x);

/// Simulated quantization whose scale is an operand, so that it can be trained: what Quantize and Dequantize behind each other make of x.
///   y = s[c] * (clamp(round(x / s[c]) + z[c], low, high) - z[c])
/// or, where the type is bipolar, s[c] * (x < 0 ? -1 : 1). c is the index of axis 0, over `group`, where the scale is per channel. s is the operand
/// made usable (effective_scale). z is `zero_point`, or, where offsets stand for the real value of integer 0, round(-offset / s) within the type,
/// to an even number where that has not 8 bits (QONNX, which those are written in, rounds x / s + z: only an even z leaves halves to the even
/// integer).
/// kDorefa takes for x
///   tanh(x) / (largest |tanh(x)| of those that share a scale) * s * high
/// kIncremental takes integers that are 0 or, with their sign, powers of two (power_of_two_level). While it trains, those of the portion that
/// is quantized are such numbers already, and the others are passed on as they are (train/incremental_quantization.h).
/// A graph in training holds it; settle (passes/quantize/settle.h) makes Quantize, Dequantize and integers of it, and no file has it.
struct FakeQuantize final : OpBase<FakeQuantize> {
  static constexpr std::string_view kName = "FakeQuantize";
  ElementType element = ElementType::int8();
  bool narrow = false;          ///< as in Quantize
  bool per_channel = false;     ///< a scale for each index of axis 0, or
  std::int64_t group = 1;       ///< for so many in a row; the last may be fewer
  std::int32_t zero_point = 0;  ///< without an offset
  float power_of_two = 0;       ///< scales are the nearest power of two times this number; 0: any scale
  float observer_share = 0;     ///< of a training batch's range in the running one, which scale and offset are then; 0: nothing is observed
  Estimator estimator = Estimator::kStraightThrough;

  std::int64_t low() const { return lowest(element, narrow); }
  std::int64_t high() const { return highest(element, narrow); }

  /// The scale as it is used: at least 2^-40 however training moves it, and of the kind that power_of_two asks for.
  float effective_scale(float operand) const;
  /// The scale, and the real value of integer 0, with which the integers reach from `least` <= 0 to `most` >= 0. Without an offset, where the
  /// zero point is fixed, the least scale that does; a fixed end at 0 reaches no further.
  struct Reach {
    float scale, offset;
  };
  Reach reach_of(float least, float most, bool has_offset) const;
  /// Of x / s, for kIncremental: 0 below 1/2; else the power of two by exponent_of_rounded, at least 1 and at most the largest up to `high`.
  float power_of_two_level(float steps) const;
  /// The quantizer of these operands, with a scale for each of so many indices of axis 0 where it is per channel.
  /// @param offset  null where there is none
  Quantize quantizer(const Tensor& scale, const Tensor* offset, std::int64_t channels = 1) const;
  /// The integers that x becomes.
  Tensor integers(const Tensor& x, const Tensor& scale, const Tensor* offset) const;

  std::span<const OperandInfo> operands() const override;  ///< x, scale, offset
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;

 private:
  std::int32_t zero_point_at(float offset, float scale) const;
  Tensor as_rounded(const Tensor& x, std::span<const float> scales) const;  ///< what kDorefa and kIncremental round in its place
};

}  // namespace bitloom
