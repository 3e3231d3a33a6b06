#include "search/mixed_precision.h"

#include <fmt/format.h>

#include <cassert>

#include "base/error.h"

namespace bitloom::search {
namespace {

const Node& layer_of(const Graph& graph, const std::string& name) {
  for (const Node* node : graph.nodes())
    if (node->name() == name) return *node;
  throw InputError(graph.name(), "has no layer '" + name + "'", "measure the sensitivity of this network");
}

[[noreturn]] void refuse_no_layer(const Graph& graph) {
  throw InputError(graph.name(), "no layer is left to choose bits for", "state the bits of fewer layers, or leave out mixed precision");
}

/// @param least  cost of the narrowest widths
[[noreturn]] void refuse_budget(const Graph& graph, double least, double of_8_bits, double share) {
  throw InputError(graph.name(), fmt::format("the narrowest widths cost {:.3f} of 8 bits, and the budget is {}", least / of_8_bits, share),
                   "allow fewer bits, or a larger budget");
}

/// All pairs of widths of a layer.
std::vector<LayerBits> widths_of(const LayerSensitivity& layer) {
  std::vector<LayerBits> pairs;
  for (const BitsEffect& weights : layer.of_weights)
    for (const BitsEffect& activations : layer.of_activations) pairs.push_back({weights.bits, activations.bits});
  return pairs;
}

double noise_of(const std::vector<BitsEffect>& effects, int bits) {
  for (const BitsEffect& effect : effects)
    if (effect.bits == bits) return effect.judgement.noise;
  assert(!"a width that was not measured");
  return 0;
}

class Problem {
 public:
  Problem(const Graph& graph, std::span<const LayerSensitivity> sensitivities, const LayerCost& cost, const std::map<std::string, LayerBits>& stated) {
    for (const LayerSensitivity& layer : sensitivities) {
      const Node& node = layer_of(graph, layer.layer);
      widths.push_back(widths_of(layer));
      std::vector<Choice> own;
      for (const LayerBits& bits : widths.back())
        own.push_back({cost(node, bits), noise_of(layer.of_weights, bits.weights) + noise_of(layer.of_activations, bits.activations)});
      choices.push_back(std::move(own));
      cost_of_8_bits += cost(node, {8, 8});
    }
    for (const auto& [layer, bits] : stated) {
      cost_of_stated += cost(layer_of(graph, layer), bits);
      cost_of_8_bits += cost(layer_of(graph, layer), {8, 8});
    }
  }

  /// All layers to choose for at one width; a layer whose input cannot have it takes the narrowest that it can.
  MixedPrecision::Point uniform(int bits) const {
    MixedPrecision::Point point{cost_of_stated, 0, bits};
    for (std::size_t layer = 0; layer < widths.size(); ++layer) {
      const bool can = std::ranges::find(widths[layer], LayerBits{bits, bits}) != widths[layer].end();
      const LayerBits wanted{bits, can ? bits : widths[layer].front().activations};
      const auto found = std::ranges::find(widths[layer], wanted);
      assert(found != widths[layer].end());
      const Choice& choice = choices[layer][static_cast<std::size_t>(found - widths[layer].begin())];
      point.cost += choice.cost;
      point.noise += choice.loss;
    }
    return point;
  }

  std::vector<std::vector<LayerBits>> widths;
  std::vector<std::vector<Choice>> choices;
  double cost_of_8_bits = 0, cost_of_stated = 0;
};

}  // namespace

void check_budget(const Graph& graph, std::span<const std::string> layers, int narrowest, const LayerCost& cost, double share,
                  const std::map<std::string, LayerBits>& stated) {
  if (layers.empty()) refuse_no_layer(graph);
  double least = 0, of_8_bits = 0;
  const auto add = [&](const std::string& layer, const LayerBits& bits) {
    least += cost(layer_of(graph, layer), bits);
    of_8_bits += cost(layer_of(graph, layer), {8, 8});
  };
  for (const std::string& layer : layers) add(layer, {narrowest, narrowest});
  for (const auto& [layer, bits] : stated) add(layer, bits);
  if (least > share * of_8_bits) refuse_budget(graph, least, of_8_bits, share);
}

MixedPrecision assign_bits(const Graph& graph, std::span<const LayerSensitivity> sensitivities, const LayerCost& cost, double share,
                           const std::map<std::string, LayerBits>& stated) {
  if (sensitivities.empty()) refuse_no_layer(graph);
  const Problem problem(graph, sensitivities, cost, stated);
  const std::vector<Assignment> front = pareto_front(problem.choices);
  MixedPrecision result;
  result.cost_of_8_bits = problem.cost_of_8_bits;
  result.budget = share * problem.cost_of_8_bits;
  const Assignment* best = best_within(front, result.budget - problem.cost_of_stated);
  if (!best) refuse_budget(graph, problem.cost_of_stated + front.front().cost, result.cost_of_8_bits, share);
  result.cost = problem.cost_of_stated + best->cost;
  result.noise = best->loss;
  for (std::size_t layer = 0; layer < sensitivities.size(); ++layer)
    result.layers[sensitivities[layer].layer] = problem.widths[layer][best->choices[layer]];
  for (const Assignment& assignment : front) result.front.push_back({problem.cost_of_stated + assignment.cost, assignment.loss, 0});
  for (const BitsEffect& effect : sensitivities.front().of_weights) result.uniform.push_back(problem.uniform(effect.bits));
  return result;
}

}  // namespace bitloom::search
