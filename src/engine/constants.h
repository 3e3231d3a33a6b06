#pragma once

#include "ir/graph.h"

namespace bitloom::engine {

/// A copy in which nodes that depend on no input (weights behind Dequantize) have become the constants that they compute.
Graph with_constants_computed(const Graph& graph);

}  // namespace bitloom::engine
