#include "passes/quantize/equalize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "ir/ops/pool2d.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/unary.h"
#include "passes/quantize/layer_pairs.h"
#include "passes/set_parameter.h"

namespace bitloom {
namespace {

/// A Clip that lets only what is not negative through, up to some bound.
bool is_bounded_relu(const Node& node) { return node.is<Clip>() && node.as<Clip>()->low == 0 && node.as<Clip>()->high > 0; }

/// f(s x) = s f(x) for s > 0, each channel by itself; a bounded ReLU is made so.
bool keeps_scales(const Node& node) {
  return node.is<Relu>() || node.is<LeakyRelu>() || node.is<MaxPool2d>() || node.is<AveragePool2d>() || node.is<Flatten>() || is_bounded_relu(node);
}

std::vector<float> largest_of_outputs(const Node& layer) {
  const Tensor& weights = layer.input(1)->constant();
  std::vector<float> largest(static_cast<std::size_t>(weights.shape()[0]));
  const std::size_t row = weights.floats().size() / largest.size();
  for (std::size_t i = 0; i < weights.floats().size(); ++i) largest[i / row] = std::max(largest[i / row], std::fabs(weights.floats()[i]));
  return largest;
}

std::vector<float> largest_of_inputs(const Node& layer, std::size_t channels) {
  std::vector<float> largest(channels);
  for_weights(layer, static_cast<std::int64_t>(channels), layer.input(1)->constant().floats(),
              [&](std::size_t, std::size_t c, float w) { largest[c] = std::max(largest[c], std::fabs(w)); });
  return largest;
}

/// Whether the channel gives its bias and next to nothing else: for inputs near 1, 12 bits would not show its weights beside it. Scaled up to the weights
/// that read it, such a bias would take the range of the layer's output from all other channels.
bool gives_only_its_bias(const Node& layer, std::size_t channel, float largest_weight) {
  const float bias = layer.input(2) ? layer.input(2)->constant().floats()[channel] : 0;
  return largest_weight <= 0x1p-12f * std::fabs(bias);
}

void divide_outputs(Graph& graph, Node* layer, const std::vector<float>& by) {
  for (int i = 1; i < static_cast<int>(layer->inputs().size()); ++i) {
    if (!layer->input(i)) continue;
    Tensor tensor = layer->input(i)->constant();
    const std::size_t row = tensor.floats().size() / by.size();
    for (std::size_t k = 0; k < tensor.floats().size(); ++k) tensor.floats()[k] /= by[k / row];
    set_parameter(graph, layer, i, "", std::move(tensor));
  }
}

void multiply_inputs(Graph& graph, Node* layer, const std::vector<float>& by) {
  Tensor weights = layer->input(1)->constant();
  for_weights(*layer, static_cast<std::int64_t>(by.size()), weights.floats(), [&](std::size_t, std::size_t c, float& w) { w *= by[c]; });
  set_parameter(graph, layer, 1, "", std::move(weights));
}

/// Returns how far the channel that moved farthest moved, as a factor above 1.
float equalize(Graph& graph, const LayerPair& pair) {
  std::vector<float> scale = largest_of_outputs(*pair.first);
  const std::vector<float> behind = largest_of_inputs(*pair.second, scale.size());
  float farthest = 1;
  for (std::size_t c = 0; c < scale.size(); ++c) {
    const float s = std::sqrt(scale[c] / behind[c]);
    const bool is_made = s > 0 && !gives_only_its_bias(*pair.first, c, scale[c]);
    scale[c] = is_made && std::isfinite(s) ? s : 1;  // a channel that nothing makes or reads stays as it is
    farthest = std::max({farthest, scale[c], 1 / scale[c]});
  }
  divide_outputs(graph, pair.first, scale);
  multiply_inputs(graph, pair.second, scale);
  return farthest;
}

void note_unmade_channels(const LayerPair& pair, Notes* notes) {
  const std::vector<float> largest = largest_of_outputs(*pair.first);
  int unmade = 0;
  for (std::size_t c = 0; c < largest.size(); ++c) unmade += gives_only_its_bias(*pair.first, c, largest[c]);
  if (unmade > 0)
    note(notes, fmt::format("{}: {} of {} channels are not equalized, because they give next to nothing but their biases", pair.first->where(), unmade,
                            largest.size()));
}

void make_unbounded(Graph& graph, const LayerPair& pair, Notes* notes) {
  for (Node* clip : pair.between) {
    if (!is_bounded_relu(*clip)) continue;
    note(notes, clip->where() + fmt::format(": became a Relu, because equalization scales the channels under its bound of {}", clip->as<Clip>()->high));
    graph.replace_op(clip, std::make_unique<Relu>());
  }
}

}  // namespace

int equalize_layers(Graph& graph, Notes* notes) {
  constexpr int kMostSweeps = 50;
  constexpr float kStill = 1.001f;
  std::vector<LayerPair> pairs;
  for (Node* node : graph.nodes())
    if (is_layer(*node))
      if (std::optional<LayerPair> pair = pair_from(node, keeps_scales)) pairs.push_back(std::move(*pair));
  for (const LayerPair& pair : pairs) make_unbounded(graph, pair, notes);
  float farthest = 2;
  for (int sweep = 0; sweep < kMostSweeps && farthest > kStill; ++sweep) {
    farthest = 1;
    for (const LayerPair& pair : pairs) farthest = std::max(farthest, equalize(graph, pair));
  }
  for (const LayerPair& pair : pairs) note_unmade_channels(pair, notes);
  return static_cast<int>(pairs.size());
}

}  // namespace bitloom
