#include "ir/ops/dynamic_quantize.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ir/ops/check.h"

namespace bitloom {
namespace {

constexpr float kLargest = 255;

}  // namespace

std::span<const OperandInfo> DynamicQuantize::operands() const {
  static constexpr OperandInfo kOperands[] = {{"x"}};
  return kOperands;
}

std::vector<TensorType> DynamicQuantize::infer(const Node& node) const {
  const Shape& x = ops::float_operand(node, 0).shape;
  return {{x, ElementType::uint8(), {}}, {Shape{}, ElementType::float32(), {}}, {Shape{}, ElementType::uint8(), {}}};
}

void DynamicQuantize::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const auto x = inputs[0]->floats();
  float low = 0, high = 0;
  for (const float value : x) {
    if (!std::isfinite(value)) throw InputError(kName, "a value to quantize is not finite", "check weights and inputs for NaN");
    low = std::min(low, value);
    high = std::max(high, value);
  }
  const float step = (high - low) / kLargest, scale = step == 0 ? 1 : step;
  if (std::isinf(scale)) throw InputError(kName, "the values' range leaves float32", "check weights and inputs for values above 1e38");
  const float zero_point = std::nearbyint(std::clamp(-low / scale, 0.0f, kLargest));
  outputs[1].floats()[0] = scale;
  outputs[2].integers()[0] = static_cast<std::int32_t>(zero_point);
  std::ranges::transform(x, outputs[0].integers().begin(), [&](float value) {
    return static_cast<std::int32_t>(std::clamp(std::nearbyint(value / scale) + zero_point, 0.0f, kLargest));
  });
}

}  // namespace bitloom
