// Exact results made narrow: what Narrowing means (ir/ops/quantization.h), without a branch, so that compilers make vectors of it.
#include <algorithm>

#include "engine/kernels/all_kernels.h"
#include "base/clones.h"
#include "engine/kernels/loop_kernel.h"
#include "ir/ops/rescaled.h"

namespace bitloom::engine {
namespace {

/// round(value / 2^shift) = (value + ahead + (floor(value / 2^shift) & odd)) >> shift.
///   half to even  ahead = half - 1, odd = 1: a tie gets over the half only where the floor is odd
///   half up       ahead = half, odd = 0
///   floor         ahead = 0, odd = 0; so is every rounding of a shift by 0
struct Rounder {
  int shift;
  std::int64_t ahead = 0, odd = 0;

  Rounder(int by, Rounding rounding) : shift(by) {
    if (shift == 0 || rounding == Rounding::kFloor) return;
    odd = rounding == Rounding::kHalfToEven ? 1 : 0;
    ahead = (std::int64_t{1} << (shift - 1)) - odd;
  }
  std::int64_t operator()(std::int64_t value) const { return (value + ahead + ((value >> shift) & odd)) >> shift; }
};

struct Limits {
  std::int64_t zero_point, low, high;
  explicit Limits(const Narrowing& narrowing)
      : zero_point(narrowing.quantization.zero_point), low(narrowing.low), high(narrowing.high) {}
  std::int32_t operator()(std::int64_t rounded) const {
    return static_cast<std::int32_t>(std::min(std::max(zero_point + rounded, low), high));
  }
};

BITLOOM_CLONES void requantize(const std::int32_t* acc, std::size_t count, std::int64_t multiplier, Rounder round, Limits limit,
                               std::int32_t* y) {
  for (std::size_t i = 0; i < count; ++i) y[i] = limit(round(acc[i] * multiplier));
}

struct Addend {
  std::int64_t zero_point, factor;
};

BITLOOM_CLONES void add(const std::int32_t* a, const std::int32_t* b, std::size_t count, Addend of_a, Addend of_b, Rounder round, Limits limit,
                        std::int32_t* y) {
  for (std::size_t i = 0; i < count; ++i)
    y[i] = limit(round((a[i] - of_a.zero_point) * of_a.factor + (b[i] - of_b.zero_point) * of_b.factor));
}

std::unique_ptr<Kernel> make_requantize(const Node& node, const Requantize& op) {
  const auto elements = static_cast<std::size_t>(node.output()->shape().elements());
  const std::size_t channels = op.factors.size();
  const std::size_t runs = channels == 1 ? 1 : static_cast<std::size_t>(node.output()->shape()[0]) * channels;
  return loop_kernel("requantize", [=, limit = Limits(op), factors = op.factors, rounding = op.rounding](const Operands& operands) {
    const std::size_t length = elements / runs;
    for (std::size_t run = 0; run < runs; ++run) {
      const FixedMultiplier& factor = factors[run % channels];
      requantize(operands.input<std::int32_t>(0) + run * length, length, factor.multiplier, Rounder(factor.shift, rounding), limit,
                 operands.output<std::int32_t>() + run * length);
    }
  });
}

std::unique_ptr<Kernel> make_rescaled_add(const Node& node, const RescaledAdd& op) {
  const Value &a = *node.input(0), &b = *node.input(1);
  if (a.shape() != b.shape()) return nullptr;
  const auto elements = static_cast<std::size_t>(node.output()->shape().elements());
  const auto factors = op.aligned_factors();
  const Addend of_a{a.type().quantization->zero_point, factors[0]}, of_b{b.type().quantization->zero_point, factors[1]};
  return loop_kernel("rescaled add", [=, limit = Limits(op), round = Rounder(op.common_shift(), op.rounding)](const Operands& operands) {
    add(operands.input<std::int32_t>(0), operands.input<std::int32_t>(1), elements, of_a, of_b, round, limit, operands.output<std::int32_t>());
  });
}

}  // namespace

std::unique_ptr<Kernel> make_narrowing(const Node& node, Isa) {
  if (node.output()->shape().elements() == 0) return nullptr;
  if (const auto* op = node.as<Requantize>()) return make_requantize(node, *op);
  if (const auto* op = node.as<RescaledAdd>()) return make_rescaled_add(node, *op);
  return nullptr;
}

}  // namespace bitloom::engine
