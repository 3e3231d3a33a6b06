#include "passes/clean/spatial_means.h"

#include "ir/ops/pool2d.h"
#include "ir/ops/reduce.h"
#include "ir/ops/shape_ops.h"

namespace bitloom {
namespace {

bool is_spatial_mean(const Node& node) {
  const auto* mean = node.as<ReduceMean>();
  return mean && node.input(0)->shape().rank() == 4 && mean->axes == std::vector<int>{2, 3};
}

}  // namespace

int spatial_means_to_pools(Graph& graph, Notes* notes) {
  int replaced = 0;
  for (Node* node : graph.nodes()) {
    if (!is_spatial_mean(*node)) continue;
    const Shape& map = node->input(0)->shape();
    AveragePool2d pool;
    pool.window.kernel_h = static_cast<int>(map[2]);
    pool.window.kernel_w = static_cast<int>(map[3]);
    Value* mean = graph.insert_node(node, node->name(), pool.clone(), {node->input(0)})->output();
    if (!node->as<ReduceMean>()->keep_dims) mean = graph.insert_node(node, node->name(), Flatten{}.clone(), {mean})->output();
    note(notes, node->where() + ": written as an average pool of the whole image");
    graph.replace_all_uses(node->output(), mean);
    ++replaced;
  }
  graph.erase_dead_nodes();
  return replaced;
}

}  // namespace bitloom
