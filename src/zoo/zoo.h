#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace bitloom::zoo {

/// What every network is built for.
struct NetworkOptions {
  int channels = 1, height = 28, width = 28, classes = 10;
  std::uint64_t seed = 1;  ///< of the initial weights: Kaiming uniform, arXiv:1502.01852, fan in, gain for ReLU
};

/// Builds a network by name with initial weights. @throws InputError naming the nearest network.
Graph build(const std::string& name, const NetworkOptions& options);

std::vector<std::string> names();

}  // namespace bitloom::zoo
