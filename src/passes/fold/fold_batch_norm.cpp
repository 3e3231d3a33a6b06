#include "passes/fold/fold_batch_norm.h"

#include <fmt/format.h>

#include <cmath>

#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/gemm.h"
#include "passes/set_parameter.h"

namespace bitloom {
namespace {

/// Why `bn` cannot be folded; "" when it can.
std::string obstacle(const Node& bn) {
  const Node* layer = bn.producer(0);
  if (!layer || !(layer->is<Conv2d>() || layer->is<Gemm>())) return "it does not follow a Conv2d or Gemm";
  if (layer->single_consumer() != &bn) return fmt::format("'{}' has another consumer", layer->name());
  if (!layer->input(1)->is_constant() || (layer->input(2) && !layer->input(2)->is_constant()))
    return fmt::format("the parameters of '{}' are not constants", layer->name());
  if (layer->input(1)->shape().elements() == 0) return fmt::format("'{}' has no weights", layer->name());
  for (int i = 1; i < 5; ++i)
    if (!bn.input(i)->is_constant()) return "its own parameters are not constants";
  return {};
}

void apply_to_outputs(Graph& graph, Node* layer, const ChannelAffine& affine) {
  const std::size_t outputs = affine.scale.size();
  Tensor weights = layer->input(1)->constant();
  Tensor bias = layer->input(2) ? layer->input(2)->constant() : Tensor(Shape{weights.shape()[0]}, std::vector<float>(outputs));
  const std::size_t fan_in = static_cast<std::size_t>(weights.elements()) / outputs;
  for (std::size_t o = 0; o < outputs; ++o) {
    for (std::size_t i = o * fan_in; i < (o + 1) * fan_in; ++i)
      weights.floats()[i] = static_cast<float>(weights.floats()[i] * affine.scale[o]);
    bias.floats()[o] = static_cast<float>(bias.floats()[o] * affine.scale[o] + affine.shift[o]);
  }
  set_parameter(graph, layer, 1, "", std::move(weights));
  set_parameter(graph, layer, 2, layer->name() + ".bias", std::move(bias));
}

}  // namespace

ChannelAffine affine_of(const Node& bn) {
  const auto gamma = bn.input(1)->constant().floats(), beta = bn.input(2)->constant().floats(), mean = bn.input(3)->constant().floats(),
             variance = bn.input(4)->constant().floats();
  ChannelAffine affine;
  for (std::size_t c = 0; c < gamma.size(); ++c) {
    affine.scale.push_back(gamma[c] / std::sqrt(double{variance[c]} + bn.as<BatchNorm>()->epsilon));
    affine.shift.push_back(beta[c] - mean[c] * affine.scale[c]);
  }
  return affine;
}

int fold_batch_norm(Graph& graph, Notes* notes) {
  int folded = 0;
  graph.erase_dead_nodes();
  for (Node* bn : graph.nodes_of<BatchNorm>()) {
    if (const std::string reason = obstacle(*bn); !reason.empty()) {
      note(notes, bn->where() + ": left alone by fold_batch_norm: " + reason);
      continue;
    }
    Node* layer = bn->producer(0);
    apply_to_outputs(graph, layer, affine_of(*bn));
    graph.replace_all_uses(bn->output(), layer->output());
    graph.erase_dead_nodes();  // a second BatchNorm behind it is folded, too, where nothing else reads the layer
    ++folded;
  }
  return folded;
}

}  // namespace bitloom
