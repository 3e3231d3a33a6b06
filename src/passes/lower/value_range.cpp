#include "passes/lower/value_range.h"

#include <algorithm>
#include <cassert>

#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/multi_threshold.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rescaled.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/slice.h"
#include "passes/lower/integer_form.h"

namespace bitloom {
namespace {

/// Range of x - zero_point. It holds 0, which a padded position contributes.
IntegerRange centred_range(const Value& x) {
  const IntegerRange range = value_range(x);
  const std::int64_t zero = x.type().quantization->zero_point;
  return {std::min<std::int64_t>(range.low - zero, 0), std::max<std::int64_t>(range.high - zero, 0)};
}

/// Every weight sees the end of x's range that is worst for it, output by output.
IntegerRange weighted_sum_range(const Node& node) {
  const IntegerRange x = centred_range(*node.input(0));
  const Tensor& weights = node.input(1)->constant();
  const Quantization& of_weights = *weights.type().quantization;
  const std::size_t outputs = static_cast<std::size_t>(weights.shape()[0]), fan_in = weights.integers().size() / outputs;
  IntegerRange all{INT64_MAX, INT64_MIN};
  for (std::size_t o = 0; o < outputs; ++o) {
    const std::int64_t bias = node.input(2) ? node.input(2)->constant().integers()[o] : 0;
    IntegerRange sum{bias, bias};
    const std::int64_t zero = of_weights.zero_point_of(of_weights.per_channel() ? o : 0);
    for (const std::int64_t q : weights.integers().subspan(o * fan_in, fan_in)) {
      const std::int64_t w = q - zero;
      sum.low += std::min(w * x.low, w * x.high);
      sum.high += std::max(w * x.low, w * x.high);
    }
    all = {std::min(all.low, sum.low), std::max(all.high, sum.high)};
  }
  return all;
}

IntegerRange range_of_operands(const Node& node) {
  IntegerRange all = value_range(*node.input(0));
  if (const auto* pad = node.as<Pad>(); pad && pad->mode == PadMode::kConstant) {
    const auto value = static_cast<std::int64_t>(pad->value);
    all = {std::min(all.low, value), std::max(all.high, value)};
  }
  if (node.is<Concat>())
    for (const Value* part : node.inputs()) {
      const IntegerRange range = value_range(*part);
      all = {std::min(all.low, range.low), std::max(all.high, range.high)};
    }
  return all;
}

}  // namespace

IntegerRange value_range(const Value& value) {
  assert(!value.type().element.is_float);
  const Node* node = value.producer();
  const IntegerRange whole{value.type().element.min(), value.type().element.max()};
  if (!node) return whole;
  if (node->is<Conv2d>() || node->is<Gemm>()) return node->input(1)->is_constant() ? weighted_sum_range(*node) : whole;
  if (const auto* pool = node->as<SumPool2d>()) {
    const IntegerRange x = centred_range(*node->input(0));
    const std::int64_t area = std::int64_t{pool->window.kernel_h} * pool->window.kernel_w;
    return {x.low * area, x.high * area};
  }
  if (const auto* requantize = node->as<Requantize>()) return {requantize->low, requantize->high};
  if (const auto* add = node->as<RescaledAdd>()) return {add->low, add->high};
  if (const auto* mul = node->as<RescaledMul>()) return {mul->low, mul->high};
  if (const auto* lookup = node->as<LookupTable>()) {
    const auto [low, high] = std::minmax_element(lookup->table.begin(), lookup->table.end());
    return {*low, *high};
  }
  if (const auto* op = node->as<MultiThreshold>()) {
    const std::int64_t steps = node->input(1)->shape()[1];
    return op->element.is_bipolar() ? whole : IntegerRange{op->bias, op->bias + steps};
  }
  if (moves_elements(*node) || node->is<Concat>()) return range_of_operands(*node);
  if (node->is<Relu>()) {
    const IntegerRange x = value_range(*node->input(0));
    const std::int64_t zero = value.type().quantization ? value.type().quantization->zero_point : 0;
    return {std::max(x.low, zero), std::max(x.high, zero)};
  }
  return whole;
}

}  // namespace bitloom
