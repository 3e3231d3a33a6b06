#pragma once

#include "ir/graph.h"
#include "passes/notes.h"

namespace bitloom {

/// The graph that was trained (quantize/insert_fake_quantizers.h) -> QDQ graph, which `lower` takes.
///
///   FakeQuantize on an activation    Quantize, Dequantize of its scale and zero point
///   FakeQuantize on weights          their integers, a constant behind Dequantize
///   BatchNorm behind such a layer    nothing: with f = gamma / sqrt(variance + epsilon) the weights' scales become scale * |f|, their integers
///                                    change sign where f < 0, and the bias becomes (bias - mean) * f + beta
///   bias                             int32 of scale x.scale * w.scale[c]
///
/// Every value is what it was while training was simulated, but for the rounding of biases (half a step of a sum) and floats. A channel whose
/// scale falls below what its bias needs (least_weight_scale) gets that one, and its integers are rounded to it.
/// @throws InputError for a layer whose input is not quantized
Graph settle(const Graph& trained, Notes* notes = nullptr);

}  // namespace bitloom
