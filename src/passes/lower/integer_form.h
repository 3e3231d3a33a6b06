#pragma once

#include "ir/graph.h"

namespace bitloom {

/// Throws InputError, naming the node, the reason and what would help, if `node` of a float or QDQ graph has no integer form.
void require_integer_form(const Node& node);

/// The final Softmax, when the graph ends in one; null otherwise. It orders the classes as its input does, so integers do without it.
const Node* final_softmax(const Graph& graph);

}  // namespace bitloom
