#pragma once

#include "ir/graph.h"
#include "passes/notes.h"
#include "passes/quantize/quantize_model.h"

namespace bitloom {

/// float graph -> the graph whose layers find the ranges of what they read while they run, image by image; ONNX's form of it. No data is needed.
///
///   before   x -> Conv2d(w, b) -> y                                   (Gemm: MatMulInteger, w transposed)
///   after    x -> DynamicQuantize -> q, s, z
///            ConvInteger(q, w', z, w_zero) -> Cast -> Mul(s * w.scale) -> Add(b) -> y
///
/// with w' = int8 (symmetric) or uint8 and a zero point, a scale for each output channel, group of them or layer, and b as it was. A value that
/// several layers read is quantized once. All else stays float. Layers whose weights are computed are left alone, with a note.
///
/// @throws InputError for options that only fixed ranges have (other than 8 bits, power-of-two scales, signed or symmetric activations, repairs
/// that look at images), a graph that is quantized already, one without a layer, a sum that could leave int32
Graph quantize_dynamically(const Graph& float_graph, const QuantizeOptions& options, Notes* notes = nullptr);

}  // namespace bitloom
