#pragma once

#include "ir/graph.h"

namespace bitloom::train {

/// `graph` as it is trained: ending in logits, which the loss takes, where it ends in Softmax.
/// @throws InputError if it has more than one input or output, or nothing to train
Graph training_graph(const Graph& graph);

}  // namespace bitloom::train
