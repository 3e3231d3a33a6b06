#pragma once

#include <span>

#include "ir/graph.h"
#include "ir/ops/multi_threshold.h"
#include "passes/lower/narrowing.h"

/// What a MultiThreshold is on integers.
namespace bitloom::lowering {

struct IntegerThresholds {
  MultiThreshold op;
  Tensor thresholds;  ///< [C,T] or [1,T], as narrow as they can be
};

/// The thresholds t' of `node` (a MultiThreshold) for the integers `x` themselves: of each t, the least integer a whose real reaches it,
/// the real being what the float graph computes, cut(float32(scale * (a - zero_point))). It grows with a, so that a >= t' exactly where the
/// real reaches t. A threshold that x never reaches lies above x's range.
/// @param scales  of x: one, or one per index of axis 1
IntegerThresholds integer_thresholds(const Node& node, const Value& x, std::span<const float> scales, const Cut& cut);

/// The signs of an exact sum, as the bipolar Quantize `quantize` says: a threshold of 0, where its scale and what is cut off leave that.
IntegerThresholds sign_threshold(const Node& quantize, const Value& sum, const Cut& cut);

}  // namespace bitloom::lowering
