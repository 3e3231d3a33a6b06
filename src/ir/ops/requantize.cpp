#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ir/ops/check.h"
#include "ir/ops/quantization.h"

namespace bitloom {
namespace {

constexpr OperandInfo kOperands[] = {{"acc"}};
constexpr int kMaxShift = 62;
constexpr std::int64_t kMultiplierEnd = std::int64_t{1} << 31;

}  // namespace

std::int64_t multiply_shift_round(std::int64_t acc, std::int64_t multiplier, int shift, Rounding rounding) {
  return shift_round(acc * multiplier, shift, rounding);  // at most 2^31 * 2^31 in size
}

std::int64_t shift_round(std::int64_t value, int shift, Rounding rounding) {
  const std::int64_t floor = value >> shift;
  if (shift == 0 || rounding == Rounding::kFloor) return floor;
  const std::int64_t remainder = value - floor * (std::int64_t{1} << shift), half = std::int64_t{1} << (shift - 1);
  const bool up = remainder > half || (remainder == half && (rounding == Rounding::kHalfUp || (floor & 1)));
  return floor + up;
}

FixedMultiplier fixed_multiplier(float m) {
  const auto refuse = [m](const char* fix) { throw InputError("requantization factor", std::to_string(m), fix); };
  if (!std::isfinite(m) || m <= 0) refuse("use positive finite scales");
  int exponent = 0;
  const float fraction = std::frexp(m, &exponent);  // m = fraction * 2^exponent, 1/2 <= fraction < 1
  FixedMultiplier fixed{static_cast<std::int64_t>(std::ldexp(fraction, 24)), 24 - exponent};
  while (fixed.multiplier % 2 == 0) fixed.multiplier /= 2, --fixed.shift;
  if (fixed.shift > kMaxShift) refuse("the output scale is far too large for the accumulator's; calibrate it again");
  if (fixed.shift < 0) {  // an even integer has no shift to give its trailing zeros to
    if (exponent > 31) refuse("the output scale is far too small for the accumulator's; calibrate it again");
    fixed = {fixed.multiplier << -fixed.shift, 0};
  }
  return fixed;
}

TensorType Narrowing::output_type(const Node& node, const Shape& shape) const {
  ops::require(!quantization.per_channel(), node, "output is quantized per channel", "give it one scale");
  ops::check_quantization(node, quantization, element, shape);
  ops::require(element.min() <= low && low <= high && high <= element.max(), node,
               "clamps to " + std::to_string(low) + ".." + std::to_string(high) + ", " + to_string(element) + " holds " +
                   std::to_string(element.min()) + ".." + std::to_string(element.max()),
               "clamp to a range inside the type");
  return {shape, element, quantization};
}

std::int32_t Narrowing::operator()(std::int64_t value, int shift) const {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(quantization.zero_point + shift_round(value, shift, rounding), low, high));
}

std::span<const OperandInfo> Requantize::operands() const { return kOperands; }

Attributes Requantize::attributes() const {
  std::vector<std::int64_t> multipliers, shifts;
  for (const FixedMultiplier& factor : factors) {
    multipliers.push_back(factor.multiplier);
    shifts.push_back(factor.shift);
  }
  return {{"multipliers", std::move(multipliers)},
          {"shifts", std::move(shifts)},
          {"rounding", std::string(to_string(rounding))},
          {"low", std::int64_t{low}},
          {"high", std::int64_t{high}}};
}

std::vector<TensorType> Requantize::infer(const Node& node) const {
  const TensorType& acc = ops::integer_operand(node, 0);
  if (factors.size() != 1) {
    ops::require(acc.shape.rank() >= 2 && static_cast<std::int64_t>(factors.size()) == acc.shape[1], node,
                 std::to_string(factors.size()) + " factors for an accumulator " + to_string(acc.shape), "give one, or one per channel");
  }
  for (const FixedMultiplier& factor : factors)
    ops::require(factor.multiplier >= 0 && factor.multiplier < kMultiplierEnd && factor.shift >= 0 && factor.shift <= kMaxShift, node,
                 "factor " + std::to_string(factor.multiplier) + " / 2^" + std::to_string(factor.shift),
                 "keep the multiplier in 0..2^31-1 and the shift in 0..62");
  return {output_type(node, acc.shape)};
}

void Requantize::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const auto acc = inputs[0]->integers();
  const auto y = outputs[0].integers();
  const Shape& shape = inputs[0]->shape();
  const std::size_t channels = factors.size();  // one factor: the whole tensor is one run
  const std::size_t runs = channels == 1 ? 1 : static_cast<std::size_t>(shape[0]) * channels;
  const std::size_t length = acc.size() / runs;
  for (std::size_t run = 0; run < runs; ++run) {
    const FixedMultiplier factor = factors[run % channels];
    for (std::size_t i = run * length; i < (run + 1) * length; ++i) y[i] = (*this)(acc[i] * factor.multiplier, factor.shift);
  }
}

}  // namespace bitloom
