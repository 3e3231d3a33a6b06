#pragma once

#include <string>

#include "ir/graph.h"

namespace bitloom {

/// Sets operand `index` of `layer` to `tensor`; a constant that another node reads, too, stays as it is.
/// @param name  of the constant where the layer had none
inline void set_parameter(Graph& graph, Node* layer, int index, const std::string& name, Tensor tensor) {
  Value* old = layer->input(index);
  if (old && old->consumers().size() == 1)
    old->set_constant(std::move(tensor));
  else
    graph.set_input(layer, index, graph.add_constant(old ? old->name() : name, std::move(tensor)));
}

}  // namespace bitloom
