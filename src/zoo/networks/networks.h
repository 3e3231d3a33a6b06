#pragma once

#include <span>
#include <string>

#include "zoo/builder.h"

/// The networks of each file in this folder; zoo.cpp joins them.
namespace bitloom::zoo {

struct Network {
  std::string name;
  void (*build)(Builder& net, const NetworkOptions& options, const std::string& name);
  bool has_width = false;  ///< NetworkOptions::width_multiplier applies
};

std::span<const Network> small_networks();
std::span<const Network> perceptrons();
std::span<const Network> plain_networks();
std::span<const Network> residual_networks();
std::span<const Network> dense_networks();
std::span<const Network> mobile_networks();
std::span<const Network> convnext_networks();

}  // namespace bitloom::zoo
