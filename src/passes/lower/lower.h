#pragma once

#include "ir/graph.h"

namespace bitloom {

/// QDQ graph -> integer graph. Its input is the quantized image, its output the classifier's int32 accumulators; between them every
/// tensor is an integer. Deterministic. @throws InputError naming the node that has no integer form and what would help.
Graph lower(const Graph& qdq);

/// Quantizes one network input as the QDQ graph's first Quantize does; the integer graph's input.
Tensor quantize_input(const Graph& integer_graph, const Tensor& float_input);

/// Bytes that the parameters of an integer graph take where they are stored: weights at their width, int32 biases, requantization
/// factors (multiplier and shift; a shared power of two is part of the program and free), tables.
std::int64_t parameter_bytes(const Graph& graph);

}  // namespace bitloom
