#pragma once

#include "ir/graph.h"
#include "ir/ops/cast.h"

namespace bitloom {

/// The float network as a machine of this format computes it: parameters, inputs and every result are values of the format; what an operator does
/// between reading and giving a value, its sums above all, stays as exact as float32, as tensor cores and most float16 units have it.
///
///   x -> Conv2d(w, b) -> Relu -> ...     becomes     Cast(x) -> Conv2d(w', b') -> Cast -> Relu -> ...     with w', b' rounded
///
/// BatchNorms are folded first. What only moves elements gets no Cast, as it makes no new values.
/// @throws InputError for a quantized graph
Graph in_float_format(const Graph& float_graph, FloatFormat format);

/// The first node that makes, reads or multiplies integers which stand for reals; null where the network is a float one.
const Node* first_quantized_node(const Graph& graph);

/// Of "float32", "float16" or "bfloat16".
FloatFormat float_format_of(std::string_view name);

}  // namespace bitloom
