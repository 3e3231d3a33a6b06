#include "engine/constants.h"

#include <algorithm>

namespace bitloom::engine {
namespace {

bool depends_on_nothing(const Node& node) {
  return std::ranges::all_of(node.inputs(), [](const Value* input) { return !input || input->is_constant(); });
}

std::vector<Tensor> outputs_of(const Node& node) {
  std::vector<const Tensor*> inputs;
  for (const Value* input : node.inputs()) inputs.push_back(input ? &input->constant() : nullptr);
  std::vector<Tensor> outputs;
  for (const Value* output : node.outputs()) outputs.emplace_back(output->type());
  node.evaluate(inputs, outputs);
  return outputs;
}

}  // namespace

Graph with_constants_computed(const Graph& graph) {
  Graph result = graph.clone();
  for (const Node* node : result.nodes()) {
    if (!depends_on_nothing(*node)) continue;
    std::vector<Tensor> outputs = outputs_of(*node);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      result.replace_all_uses(node->outputs()[i], result.add_constant(node->outputs()[i]->name(), std::move(outputs[i])));
  }
  result.erase_dead_nodes();
  return result;
}

}  // namespace bitloom::engine
