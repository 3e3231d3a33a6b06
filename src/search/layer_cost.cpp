#include "search/layer_cost.h"

#include <cassert>

namespace bitloom::search {

double weight_bytes(const Node& layer, const LayerBits& bits) { return static_cast<double>(layer.input(1)->shape().elements()) * bits.weights / 8; }

double bit_operations(const Node& layer, const LayerBits& bits) {
  return static_cast<double>(layer.macs()) * bits.weights * bits.activations;
}

LayerCost layer_cost_of(const std::string& name) {
  assert(name == "size" || name == "mac-bits");  // the recipe's table admits no other
  return name == "size" ? weight_bytes : bit_operations;
}

std::string unit_of_cost(const std::string& name) { return name == "size" ? "bytes of weights" : "bit operations"; }

}  // namespace bitloom::search
