#pragma once

#include "passes/notes.h"
#include "passes/quantize/placement.h"

namespace bitloom {

/// Raises scales of activations that are too small for requantization, whose factors are below 2^31 and, in an Add, share a denominator
/// (ir/ops/rescaled.h): of a residual branch that trained to nothing, or a layer that gives the same for every image. The integers lose nothing:
///
///   what a layer, average pool, Mul or Add gives   to 2^-29 of a step of its exact sums or products, which is beyond its whole range
///   what an Add reads                              to 2^-19 of the other addend's scale: beside that it is less than a step
///   what a Concat reads                            to 2^-29 of the whole's scale, at which it is 0
///
/// The last two only where nothing else reads it; otherwise lowering refuses the network. A note says what was raised. Bipolar values, which have no
/// 0, and raw pixels stay as they are. (Weights have such a bound, too: least_weight_scale in quantize_weights.h.)
/// @param graph  float, its BatchNorms folded, as `placement` was read off it
void raise_unreachable_scales(const Graph& graph, const QuantizeOptions& options, Placement& placement, Notes* notes);

}  // namespace bitloom
