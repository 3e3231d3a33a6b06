#include "passes/quantize/repair/absorb_bias.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/ops/pool2d.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/unary.h"
#include "passes/quantize/layer_pairs.h"
#include "passes/quantize/repair/channel_moments.h"
#include "passes/set_parameter.h"

namespace bitloom {
namespace {

template <class Window>
bool pads(const Window& w) {
  return w.pad_top != 0 || w.pad_left != 0 || w.pad_bottom != 0 || w.pad_right != 0;
}

bool is_rectifier(const Node& node) { return node.is<Relu>() || node.is<LeakyRelu>(); }

/// f(x - a) = f(x) - a, for a rectifier where x >= a.
bool keeps_offsets(const Node& node) {
  return is_rectifier(node) || node.is<MaxPool2d>() || node.is<Flatten>() || node.is<AveragePool2d>();
}

/// What of the pair pads, or null.
const Node* padding_of(const LayerPair& pair) {
  for (const Node* node : pair.between)
    if (node->is<AveragePool2d>() && pads(node->as<AveragePool2d>()->window)) return node;
  return pair.second->is<Conv2d>() && pads(*pair.second->as<Conv2d>()) ? pair.second : nullptr;
}

std::vector<LayerPair> pairs_of(const Graph& graph, Notes* notes) {
  std::vector<LayerPair> pairs;
  for (Node* node : graph.nodes()) {
    if (!is_layer(*node)) continue;
    std::optional<LayerPair> pair = pair_from(node, keeps_offsets);
    if (!pair || pair->between.empty() || !is_rectifier(*pair->between.front())) continue;
    if (const Node* padding = padding_of(*pair))
      note(notes, fmt::format("{}: keeps its high biases, because '{}' behind it pads with zeros", node->where(), padding->name()));
    else
      pairs.push_back(std::move(*pair));
  }
  return pairs;
}

void add_to_bias(Graph& graph, Node* layer, std::span<const double> offsets) {
  Tensor bias = layer->input(2) ? layer->input(2)->constant() : Tensor({static_cast<std::int64_t>(offsets.size())}, std::vector<float>(offsets.size()));
  for (std::size_t o = 0; o < offsets.size(); ++o) bias.floats()[o] = static_cast<float>(bias.floats()[o] + offsets[o]);
  set_parameter(graph, layer, 2, layer->name() + ".bias", std::move(bias));
}

void move_offsets(Graph& graph, const LayerPair& pair, const std::vector<double>& offsets) {
  std::vector<double> lost(offsets.size()), gained(static_cast<std::size_t>(pair.second->input(1)->shape()[0]));
  std::ranges::transform(offsets, lost.begin(), std::negate<>());
  for_weights(*pair.second, static_cast<std::int64_t>(offsets.size()), pair.second->input(1)->constant().floats(),
              [&](std::size_t o, std::size_t c, float w) { gained[o] += w * offsets[c]; });
  add_to_bias(graph, pair.first, lost);
  add_to_bias(graph, pair.second, gained);
}

}  // namespace

int absorb_high_biases(Graph& graph, const CalibrationImages& images, Notes* notes, const RunGraph& run) {
  const std::vector<LayerPair> pairs = pairs_of(graph, notes);
  if (pairs.empty()) return 0;
  std::vector<const Value*> outputs;
  for (const LayerPair& pair : pairs) outputs.push_back(pair.first->output());
  const ChannelMoments moments = channel_moments(graph, outputs, images, run);
  if (moments.images() == 0) return 0;  // quantize_model refuses that
  int total = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    std::vector<double> offsets = moments.means(i);
    const std::vector<double> deviations = moments.deviations(i);
    for (std::size_t c = 0; c < offsets.size(); ++c) offsets[c] = std::max(0.0, offsets[c] - 3 * deviations[c]);
    const auto channels = std::ranges::count_if(offsets, [](double a) { return a > 0; });
    if (channels == 0) continue;
    move_offsets(graph, pairs[i], offsets);
    note(notes, fmt::format("{}: {} of {} channels gave up to {:.3g} of their biases to '{}'", pairs[i].first->where(), channels,
                            offsets.size(), *std::ranges::max_element(offsets), pairs[i].second->name()));
    total += static_cast<int>(channels);
  }
  if (total == 0) note(notes, graph.name() + ": of the pairs that can be absorbed, no channel lies three deviations above 0, so no bias was absorbed");
  return total;
}

}  // namespace bitloom
