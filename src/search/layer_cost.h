#pragma once

#include <functional>
#include <string>
#include <vector>

#include "passes/quantize/quantize_model.h"

namespace bitloom::search {

/// What a layer costs at these widths, both given; costs of layers add up. A latency model is one of these, too.
using LayerCost = std::function<double(const Node& layer, const LayerBits& bits)>;

double weight_bytes(const Node& layer, const LayerBits& bits);     ///< bytes of its weights
double bit_operations(const Node& layer, const LayerBits& bits);   ///< MACs of an image, times the bits of both operands (BOPs, arXiv:1804.10969)

/// What recipes and the command line call them: "size", "mac-bits".
LayerCost layer_cost_of(const std::string& name);
std::string unit_of_cost(const std::string& name);  ///< "bytes of weights"

}  // namespace bitloom::search
