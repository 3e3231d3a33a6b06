#pragma once

#include <span>

#include "ir/graph.h"
#include "passes/lower/narrowing.h"

/// What a Trunc is on the integers of an exact sum.
namespace bitloom::lowering {

/// y = clamp(round(q / 2^shift)) as `trunc` (a Trunc) says, where the integer q that a real stands for is a whole multiple of the sum's.
/// Then no rounding but the one of the shift is left, and a Requantize by m / 2^shift does it.
/// @param scales  of the sum: one, or one per channel
/// @throws InputError where q is not provably such a multiple, or the rounding or the zero point is none that Requantize knows
Requantize truncation_of(const Node& trunc, const Value& sum, std::span<const float> scales, const Cut& cut);

}  // namespace bitloom::lowering
