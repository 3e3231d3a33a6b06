#pragma once

#include "base/random.h"
#include "ir/graph.h"

namespace bitloom::test_networks {

/// For tests: a float network with an integer form. Convolution, activation, a residual, a concatenation, a gate and a move or none of them,
/// pool, convolution, activation, pool, Gemm, activation, Gemm: each drawn at random, some left out.
Graph random_network(RandomStream& random);

/// The same with Truncs and MultiThresholds in the place of Quantizes drawn at random, as far as these have an integer form there.
Graph with_other_quantizers(const Graph& qdq, RandomStream& random);

/// The node whose exact result a quantizer narrows, or the Dequantize or function that it follows.
const Node& source_of(const Node& quantizer);

/// Whether a value of the lowered network is the counterpart of a Quantize of the QDQ network; they come in the same order.
bool stands_for_a_quantize(const Value& value);

}  // namespace bitloom::test_networks
