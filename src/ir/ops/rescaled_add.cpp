#include "ir/ops/rescaled_add.h"

#include <algorithm>

#include "ir/ops/check.h"

namespace bitloom {
namespace {

constexpr int kMostShift = 62;
constexpr std::int64_t kMultiplierEnd = std::int64_t{1} << 44;  // 17 bits times this, twice, stays within int64

int common_shift(const RescaledAdd& op) { return std::max(op.factors[0].shift, op.factors[1].shift); }

/// The multiplier over the denominator that both factors share; kMultiplierEnd when it is too large for one.
std::int64_t aligned(const FixedMultiplier& factor, int shift) {
  const int by = shift - factor.shift;
  return by >= 44 || factor.multiplier >= kMultiplierEnd >> by ? kMultiplierEnd : factor.multiplier << by;
}

}  // namespace

std::span<const OperandInfo> RescaledAdd::operands() const {
  static constexpr OperandInfo kOperands[] = {{"a"}, {"b"}};
  return kOperands;
}

Attributes RescaledAdd::attributes() const {
  Attributes list{{"multipliers", std::vector<std::int64_t>{factors[0].multiplier, factors[1].multiplier}},
                  {"shifts", std::vector<std::int64_t>{factors[0].shift, factors[1].shift}},
                  {"range", std::vector<std::int64_t>{low, high}}};
  if (rounding != Rounding::kHalfToEven) list.emplace_back("rounding", std::string(to_string(rounding)));
  return list;
}

std::vector<TensorType> RescaledAdd::infer(const Node& node) const {
  for (int i = 0; i < 2; ++i) {
    const TensorType& x = ops::integer_operand(node, i);
    ops::require(x.element.bits <= 16, node, "adds " + to_string(x.element), "requantize to at most 16 bits before");
    ops::require(x.quantization && !x.quantization->per_channel(), node, "an operand has no scale of its own", "quantize it per tensor");
    const FixedMultiplier& factor = factors[static_cast<std::size_t>(i)];
    ops::require(factor.multiplier >= 0 && factor.shift >= 0 && factor.shift <= kMostShift && aligned(factor, common_shift(*this)) < kMultiplierEnd,
                 node, "factors " + std::to_string(factors[0].multiplier) + " / 2^" + std::to_string(factors[0].shift) + " and " +
                           std::to_string(factors[1].multiplier) + " / 2^" + std::to_string(factors[1].shift) + " are too far apart",
                 "calibrate again, so that both operands have scales of one order");
  }
  const TensorType &a = ops::operand(node, 0), &b = ops::operand(node, 1);
  ops::require(a.shape == b.shape, node, "adds " + to_string(a.shape) + " and " + to_string(b.shape), "give both the same shape");
  ops::require(!quantization.per_channel(), node, "output is quantized per channel", "give it one scale");
  ops::check_quantization(node, quantization, element, a.shape);
  ops::require(element.min() <= low && low <= high && high <= element.max(), node,
               "clamps to " + std::to_string(low) + ".." + std::to_string(high) + " in " + to_string(element), "clamp to a range inside the type");
  return {{a.shape, element, quantization}};
}

void RescaledAdd::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const auto a = inputs[0]->integers(), b = inputs[1]->integers();
  const auto y = outputs[0].integers();
  const int shift = common_shift(*this);
  const std::int64_t factor_a = aligned(factors[0], shift), factor_b = aligned(factors[1], shift);
  const std::int64_t zero_a = inputs[0]->type().quantization->zero_point, zero_b = inputs[1]->type().quantization->zero_point;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::int64_t sum = (a[i] - zero_a) * factor_a + (b[i] - zero_b) * factor_b;
    y[i] = static_cast<std::int32_t>(std::clamp<std::int64_t>(quantization.zero_point + shift_round(sum, shift, rounding), low, high));
  }
}

}  // namespace bitloom
