#include "passes/lower/truncation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "passes/lower/function.h"
#include "passes/lower/value_range.h"

namespace bitloom::lowering {
namespace {

/// How many steps of the Trunc's input one step of a sum is. The pair of scales may be off by the rounding of float32 (a mean times the
/// number of its elements) as long as no sum within `reach` of 0 comes near another whole number.
std::int64_t whole_ratio(const Node& node, float scale, std::int64_t reach) {
  constexpr double kMost = 0x1p28;  // products with a float32 are exact in double
  const float step = node.as<Trunc>()->input.scales.front();
  const double whole = std::nearbyint(double{scale} / step);
  if (!(whole >= 1 && whole < kMost) || std::fabs(scale - whole * double{step}) * static_cast<double>(reach) > double{step} / 4)
    throw InputError(node.where(), fmt::format("its input scale {} does not divide {}, the scale of the sum before it", step, scale),
                     "give it the scale of that sum, or quantize before it");
  return static_cast<std::int64_t>(whole);
}

/// The rounding of Requantize that is the Trunc's on sums from `least` on, in steps of its input.
Rounding rounding_of_sums(const Node& node, std::int64_t least) {
  const Trunc& op = *node.as<Trunc>();
  if (op.shift == 0) return Rounding::kFloor;  // nothing is rounded
  if (op.rounding == Rounding::kFloor || op.rounding == Rounding::kHalfUp) return op.rounding;
  // Half to even of x + z is that of x, and then z, where z is even.
  if (op.rounding == Rounding::kHalfToEven && op.quantization.zero_point % 2 == 0) return op.rounding;
  if (op.rounding == Rounding::kTowardsZero && least >= 0) return Rounding::kFloor;
  if (op.rounding == Rounding::kHalfAwayFromZero && least >= 0) return Rounding::kHalfUp;
  throw InputError(
      node.where(),
      fmt::format("rounds {} sums from {} on around a zero point of {}", to_string(op.rounding), least, op.quantization.zero_point),
      "requantization rounds half_to_even around even zero points, half_up or floor; sums that are never negative also towards_zero or "
      "half_away_from_zero");
}

void check_form(const Node& node) {
  const Trunc& op = *node.as<Trunc>();
  if (op.input.per_channel() || op.quantization.per_channel())
    throw InputError(node.where(), "truncates an activation per channel", "give it one scale");
  if (std::int64_t{op.quantization.zero_point} << op.shift != op.input.zero_point)
    throw InputError(
        node.where(),
        fmt::format("zero points {} before and {} behind {} dropped bits", op.input.zero_point, op.quantization.zero_point, op.shift),
        "use zero points of 0, or the first 2 to the power of the bits times the second");
}

std::int32_t truncated(const Node& node, float bound) {
  return evaluate(node.op(), Tensor({1}, {bound}), {{1}, node.output()->type().element, node.as<Trunc>()->quantization}).integers().front();
}

/// shift and multiplier with as few bits as they can have.
FixedMultiplier over_power_of_two(std::int64_t multiplier, int shift) {
  while (shift > 0 && multiplier % 2 == 0) multiplier /= 2, --shift;
  return {multiplier, shift};
}

}  // namespace

Requantize truncation_of(const Node& node, const Value& sum, std::span<const float> scales, const Cut& cut) {
  check_form(node);
  const Trunc& op = *node.as<Trunc>();
  const IntegerRange range = value_range(sum);
  const std::int64_t zero = op.quantization.zero_point, reach = std::max(std::abs(range.low), std::abs(range.high));
  Requantize y;
  y.quantization = op.quantization;
  std::int64_t least = 0, most = 0;
  for (const float scale : scales) {
    const std::int64_t ratio = whole_ratio(node, scale, reach);
    least = std::min(least, ratio * range.low), most = std::max(most, ratio * range.high);
    y.factors.push_back(over_power_of_two(ratio, op.shift));
  }
  const auto& factors = y.factors;
  if (std::adjacent_find(factors.begin(), factors.end(), std::not_equal_to<>()) == factors.end()) y.factors.resize(1);
  y.rounding = rounding_of_sums(node, cut.low >= 0 ? op.input.zero_point : least + op.input.zero_point);

  std::int64_t low =
      std::clamp(zero + shift_round(least, op.shift, y.rounding), lowest(op.element, op.narrow), highest(op.element, op.narrow));
  std::int64_t high = std::clamp(zero + shift_round(most, op.shift, y.rounding), low, highest(op.element, op.narrow));
  if (std::isfinite(cut.low)) low = std::clamp<std::int64_t>(truncated(node, cut.low), low, high);
  if (std::isfinite(cut.high)) high = std::clamp<std::int64_t>(truncated(node, cut.high), low, high);
  y.low = static_cast<std::int32_t>(low), y.high = static_cast<std::int32_t>(high);
  y.element = narrowed(op.element, std::min(low, zero), std::max(high, zero));
  return y;
}

}  // namespace bitloom::lowering
