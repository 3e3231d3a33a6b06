#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ir/graph.h"
#include "ir/ops/conv2d.h"

/// Two layers with weights, the second reading what the first gives and nothing else doing so: what passes that move scales or offsets from layer
/// to layer work on.
namespace bitloom {

struct LayerPair {
  Node *first, *second;
  std::vector<Node*> between;  ///< in order
};

/// A Conv2d or Gemm whose parameters are float constants.
bool is_layer(const Node& node);

/// The pair that `first` begins through nodes that `passes_on` accepts, if it begins one.
template <class PassesOn>
std::optional<LayerPair> pair_from(Node* first, PassesOn passes_on) {
  LayerPair pair{first, first->single_consumer(), {}};
  for (; pair.second && passes_on(*pair.second); pair.second = pair.second->single_consumer()) pair.between.push_back(pair.second);
  if (!pair.second || !is_layer(*pair.second)) return std::nullopt;
  return pair;
}

/// Calls use(output, channel, weight) for every weight of `layer`, which reads input channel `channel` of `channels`.
template <class Weight, class Use>
void for_weights(const Node& layer, std::int64_t channels, std::span<Weight> weights, Use use) {
  const Shape& shape = layer.input(1)->shape();
  const Conv2d* conv = layer.as<Conv2d>();
  const std::int64_t groups = conv ? conv->groups : 1, outputs = shape[0], inputs = shape[1];
  // A Gemm behind a Flatten has a run of columns for each channel, a convolution the positions of its kernel.
  const std::int64_t run = conv ? shape[2] * shape[3] : inputs / channels, row = shape.elements() / outputs;
  for (std::int64_t o = 0; o < outputs; ++o)
    for (std::int64_t i = 0; i < row; ++i)
      use(static_cast<std::size_t>(o), static_cast<std::size_t>(o / (outputs / groups) * (conv ? inputs : 0) + i / run),
          weights[static_cast<std::size_t>(o * row + i)]);
}

}  // namespace bitloom
