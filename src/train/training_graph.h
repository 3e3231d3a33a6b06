#pragma once

#include "ir/graph.h"
#include "recipe/recipe.h"

namespace bitloom::train {

/// `graph` as it is trained: ending in logits, which the loss takes, where it ends in Softmax.
/// @throws InputError if it has more than one input or output, or nothing to train
Graph training_graph(const Graph& graph);

/// That `graph` can be trained in the recipe's precision; tells, too, where that is slow.
/// @throws InputError where bfloat16's 8 bits would blur what quantizers made
void check_precision(const Graph& graph, const Recipe::Train& options);

}  // namespace bitloom::train
