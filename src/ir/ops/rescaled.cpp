#include "ir/ops/rescaled.h"

#include <algorithm>

#include "ir/ops/broadcast.h"
#include "ir/ops/check.h"

namespace bitloom {
namespace {

constexpr int kMostShift = 62;
constexpr std::int64_t kMultiplierEnd = std::int64_t{1} << 44;  // 17 bits times this, twice, stays within int64
constexpr int kMostAddendBits = 16;
constexpr int kMostProductBits = 28;  // two distances from a zero point are 2 bits wider; with 31 bits of multiplier within int64

/// The multiplier over the denominator that both factors share; kMultiplierEnd when it is too large for one.
std::int64_t aligned(const FixedMultiplier& factor, int shift) {
  const int by = shift - factor.shift;
  return by >= 44 || factor.multiplier >= kMultiplierEnd >> by ? kMultiplierEnd : factor.multiplier << by;
}

/// What both operators ask of operand `i`.
const TensorType& scaled_operand(const Node& node, int i) {
  const TensorType& x = ops::integer_operand(node, i);
  ops::require(x.element.bits <= kMostAddendBits, node, "an operand is " + to_string(x.element), "requantize to at most 16 bits before");
  ops::require(x.quantization && !x.quantization->per_channel(), node, "an operand has no scale of its own", "quantize it per tensor");
  return x;
}

void add_narrowing(Attributes& list, const Narrowing& narrowing) {
  list.emplace_back("range", std::vector<std::int64_t>{narrowing.low, narrowing.high});
  if (narrowing.rounding != Rounding::kHalfToEven) list.emplace_back("rounding", std::string(to_string(narrowing.rounding)));
}

/// y[i] = of(a[i] - za, b[i] - zb), broadcast.
template <class Function>
void evaluate_centred(std::span<const Tensor* const> inputs, Tensor& output, Function of) {
  const auto a = inputs[0]->integers(), b = inputs[1]->integers();
  const auto y = output.integers();
  const std::int64_t za = inputs[0]->type().quantization->zero_point, zb = inputs[1]->type().quantization->zero_point;
  ops::for_broadcast<2>(output.shape(), {inputs[0]->shape(), inputs[1]->shape()},
                        [&](std::size_t i, const auto& at) { y[i] = of(a[at[0]] - za, b[at[1]] - zb); });
}

}  // namespace

std::span<const OperandInfo> RescaledAdd::operands() const {
  static constexpr OperandInfo kOperands[] = {{"a"}, {"b"}};
  return kOperands;
}

int RescaledAdd::common_shift() const { return std::max(factors[0].shift, factors[1].shift); }

std::array<std::int64_t, 2> RescaledAdd::aligned_factors() const {
  return {aligned(factors[0], common_shift()), aligned(factors[1], common_shift())};
}

Attributes RescaledAdd::attributes() const {
  Attributes list{{"multipliers", std::vector<std::int64_t>{factors[0].multiplier, factors[1].multiplier}},
                  {"shifts", std::vector<std::int64_t>{factors[0].shift, factors[1].shift}}};
  add_narrowing(list, *this);
  return list;
}

std::vector<TensorType> RescaledAdd::infer(const Node& node) const {
  for (int i = 0; i < 2; ++i) {
    scaled_operand(node, i);
    const FixedMultiplier& factor = factors[static_cast<std::size_t>(i)];
    ops::require(factor.multiplier >= 0 && factor.shift >= 0 && factor.shift <= kMostShift && aligned(factor, common_shift()) < kMultiplierEnd,
                 node, "factors " + std::to_string(factors[0].multiplier) + " / 2^" + std::to_string(factors[0].shift) + " and " +
                           std::to_string(factors[1].multiplier) + " / 2^" + std::to_string(factors[1].shift) + " are too far apart",
                 "calibrate again, so that both operands have scales of one order");
  }
  return {output_type(node, ops::broadcast_shape(node))};
}

bool RescaledAdd::stacks_images(const Node& node) const { return ops::stacks_images_when_broadcast(node); }

void RescaledAdd::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const int shift = common_shift();
  const auto [of_a, of_b] = aligned_factors();
  evaluate_centred(inputs, outputs[0], [&, of_a = of_a, of_b = of_b](std::int64_t a, std::int64_t b) { return (*this)(a * of_a + b * of_b, shift); });
}

std::span<const OperandInfo> RescaledMul::operands() const {
  static constexpr OperandInfo kOperands[] = {{"a"}, {"b"}};
  return kOperands;
}

Attributes RescaledMul::attributes() const {
  Attributes list{{"multiplier", factor.multiplier}, {"shift", std::int64_t{factor.shift}}};
  add_narrowing(list, *this);
  return list;
}

std::vector<TensorType> RescaledMul::infer(const Node& node) const {
  const TensorType &a = scaled_operand(node, 0), &b = scaled_operand(node, 1);
  ops::require(a.element.bits + b.element.bits <= kMostProductBits, node,
               "multiplies " + to_string(a.element) + " by " + to_string(b.element), "requantize to at most 28 bits together before");
  ops::require(factor.multiplier >= 0 && factor.multiplier < std::int64_t{1} << 31 && factor.shift >= 0 && factor.shift <= kMostShift, node,
               "factor " + std::to_string(factor.multiplier) + " / 2^" + std::to_string(factor.shift),
               "keep the multiplier in 0..2^31-1 and the shift in 0..62");
  return {output_type(node, ops::broadcast_shape(node))};
}

bool RescaledMul::stacks_images(const Node& node) const { return ops::stacks_images_when_broadcast(node); }

void RescaledMul::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  evaluate_centred(inputs, outputs[0], [&](std::int64_t a, std::int64_t b) { return (*this)(a * b * factor.multiplier, factor.shift); });
}

}  // namespace bitloom
