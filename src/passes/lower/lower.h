#pragma once

#include "ir/graph.h"
#include "passes/notes.h"

namespace bitloom {

/// QDQ graph -> integer graph. Its input is the quantized image, its output the classifier's int32 accumulators; between them every
/// tensor is an integer. Deterministic. Between the Dequantize of its input and the Quantize of its output
///
///   Conv2d, Gemm        -> the same on integers, then Requantize with factor float32(float32(x.scale * w.scale) / y.scale)
///   AveragePool2d       -> SumPool2d, then Requantize
///   Add, Mul            -> RescaledAdd, RescaledMul: exact, rounded once
///   ... Relu, Clip      -> `low` and `high` of those three; elsewhere Relu on integers, or a table
///   Concat              -> the same, each part brought to the scale of the whole by a table
///   MaxPool2d, Flatten and what else moves elements -> the same on integers
///   functions of one element, and another scale     -> LookupTable, whose entries are the simulated computation's results
///   Trunc behind a sum, a pair of one scale         -> Requantize by 2^-shift (lower/truncation.h); elsewhere a table
///   MultiThreshold where sums come or channels differ -> the same on integers (lower/thresholds.h); elsewhere a table
///   Mul, Div of a sum by a positive number          -> nothing: the sum's scale
///   Softmax at the end  -> nothing
///
/// A partly quantized network keeps its layers with float weights, what is computed from them until the next Quantize, and a Dequantize before
/// them (lower/float_parts.h); its input or output is float where such a layer reads or gives it. Each is noted.
///
/// @throws InputError naming the node that has no integer form and what would help, or whose sum can leave int32 and how far
Graph lower(const Graph& qdq, Notes* notes = nullptr);

/// Quantizes one network input as the QDQ graph's first Quantize does; the integer graph's input. As it is where that is float.
Tensor quantize_input(const Graph& integer_graph, const Tensor& float_input);

/// Bytes that the parameters of a graph take where they are stored: constants at their width (weights 1 to 16 bits,
/// their zero points, biases 32), tables, and requantization factors (as wide as the largest multiplier and shift; a
/// shared power of two is part of the program and free).
std::int64_t parameter_bytes(const Graph& graph);

}  // namespace bitloom
