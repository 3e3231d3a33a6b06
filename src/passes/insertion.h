#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ir/graph.h"

namespace bitloom {

/// The consumer that runs first; null where there is none.
inline Node* first_consumer(const Graph& graph, const Value& value) {
  for (Node* node : graph.nodes())
    if (std::ranges::count(value.consumers(), node)) return node;
  return nullptr;
}

/// A node that reads `value` as its first operand and takes its place for all that read it, the graph's outputs included.
/// @param more  further operands: constants, or what is computed before every reader
/// @return its output
inline Value* insert_behind(Graph& graph, Value* value, const std::string& name, std::unique_ptr<Op> op, const std::vector<Value*>& more = {}) {
  std::vector<Value*> operands{value};
  operands.insert(operands.end(), more.begin(), more.end());
  Node* before = first_consumer(graph, *value);
  Node* node = before ? graph.insert_node(before, name, std::move(op), operands) : graph.add_node(name, std::move(op), operands);
  graph.replace_all_uses(value, node->output());
  graph.set_input(node, 0, value);
  return node->output();
}

}  // namespace bitloom
