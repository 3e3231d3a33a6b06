#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "search/bit_assignment.h"
#include "search/layer_cost.h"
#include "search/sensitivity.h"

namespace bitloom::search {

/// Widths for every layer under a budget.
struct MixedPrecision {
  std::map<std::string, LayerBits> layers;
  double cost = 0, noise = 0;           ///< of them; noise as Judgement's, predicted
  double budget = 0, cost_of_8_bits = 0;

  struct Point {
    double cost = 0, noise = 0;
    int bits = 0;                       ///< of all layers, for a uniform one; 0
  };
  std::vector<Point> front, uniform;    ///< what other budgets would give; and all layers alike, at every width
};

/// What assign_bits would refuse in the end, before anything is measured.
/// @param narrowest  bits, of weights and inputs alike
/// @param layers     those to choose for
/// @throws InputError where `layers` is empty, or costs more than the budget even at the narrowest width
void check_budget(const Graph& graph, std::span<const std::string> layers, int narrowest, const LayerCost& cost, double share,
                  const std::map<std::string, LayerBits>& stated = {});

/// The widths whose predicted noise, the sum of those measured of single layers, is least among those that keep to the budget.
/// @param graph          float, as its sensitivity was measured
/// @param sensitivities  of the layers to choose for, at the same widths
/// @param share          the budget, as a share of what 8 bits everywhere cost
/// @param stated         the other layers of integers and their widths, which count in every cost
/// @throws InputError where the narrowest widths cost more, or there is no layer
MixedPrecision assign_bits(const Graph& graph, std::span<const LayerSensitivity> sensitivities, const LayerCost& cost, double share,
                           const std::map<std::string, LayerBits>& stated = {});

}  // namespace bitloom::search
