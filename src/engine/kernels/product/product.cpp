#include "engine/kernels/product/product.h"

#include <cstdlib>
#include <limits>

namespace bitloom::engine {
namespace {

bool is_constant_or_absent(const Value* value) { return !value || value->is_constant(); }

bool has_constant_weights(const Node& node) {
  return node.input(1)->is_constant() && is_constant_or_absent(node.input(2)) && node.input(1)->shape().elements() > 0;
}

/// The largest |x - zero| that the type of x holds.
std::int64_t reach(const TensorType& x) {
  const std::int64_t zero = x.quantization->zero_point;
  return std::max(x.element.max() - zero, zero - x.element.min());
}

}  // namespace

WeightedSum weighted_sum(const Node& node) {
  const TensorType& x = node.input(0)->type();
  const Shape& weights = node.input(1)->shape();
  return {weights[0], weights.elements() / weights[0], x.quantization ? x.quantization->zero_point : 0};
}

bool has_float_weights(const Node& node) { return has_constant_weights(node) && node.input(0)->type().element.is_float; }

bool has_narrow_weights(const Node& node) {
  constexpr std::int64_t kMostS16 = std::numeric_limits<std::int16_t>::max(), kMostSum = std::numeric_limits<std::int32_t>::max();
  const TensorType& x = node.input(0)->type();
  if (!has_constant_weights(node) || x.element.is_float || x.element.bits > 16 || !x.quantization || x.quantization->per_channel()) return false;
  if (reach(x) > kMostS16) return false;
  const WeightedSum sum = weighted_sum(node);
  const std::vector<std::int32_t> weights = weights_of<std::int32_t>(node);
  for (std::int64_t o = 0; o < sum.outputs; ++o) {
    std::int64_t largest = node.input(2) ? std::abs(std::int64_t{node.input(2)->constant().integers()[static_cast<std::size_t>(o)]}) : 0;
    for (const std::int64_t w : std::span(weights).subspan(static_cast<std::size_t>(o * sum.depth), static_cast<std::size_t>(sum.depth))) {
      if (std::abs(w) > kMostS16) return false;
      largest += std::abs(w) * reach(x);
    }
    if (largest > kMostSum) return false;
  }
  return true;
}

}  // namespace bitloom::engine
