#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace bitloom::zoo {

/// What every network is built for.
struct NetworkOptions {
  int channels = 1, height = 28, width = 28, classes = 10;
  /// Of the initial weights: uniform in [-b, b] with b = sqrt(6 / fan_in) before a ReLU (Kaiming uniform, arXiv:1502.01852, which keeps
  /// the variance through it) and sqrt(3 / fan_in) elsewhere; biases 0. The i-th weight tensor is drawn from RandomStream({seed, i}).
  std::uint64_t seed = 1;
  double width_multiplier = 1;  ///< of every layer, for MobileNets
  bool random_weights = true;  ///< false: zeros, where only shapes matter
};

/// Builds a network by name with initial weights. @throws InputError naming the nearest network, or the layer that an image is too
/// small for.
Graph build(const std::string& name, const NetworkOptions& options);

std::vector<std::string> names();

}  // namespace bitloom::zoo
