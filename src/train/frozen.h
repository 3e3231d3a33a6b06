#pragma once

#include <set>
#include <string>

#include "ir/graph.h"

namespace bitloom::train {

/// Names of the nodes of `graph` that keep their parameters: those whose names begin as one of the parts of a recipe's network.freeze does.
/// "features" stands for all but the last node with parameters. Simulated quantizers go with the layers whose weights or values they are of.
/// @throws InputError for a part that no node with parameters begins with (naming the nearest), or when nothing is left to train. In a graph
///         with simulated quantizers such a part is a BatchNorm's that has been folded, as the float network has been checked before.
std::set<std::string> frozen_nodes(const Graph& graph, const std::string& freeze);

}  // namespace bitloom::train
