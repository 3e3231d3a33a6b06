#pragma once

#include <vector>

#include "fpga/stream/layers.h"
#include "fpga/stream/units.h"

namespace bitloom::fpga {

/// What a layer may be folded to: everything that divides, or what the user asked for.
struct FoldingChoices {
  std::vector<int> pe, simd;
  std::vector<bool> use_dsp;
};

/// One way to fold one layer.
struct FoldingOption {
  LayerFolding folding;
  StreamFormat input, output;
  std::int64_t cycles = 0;  ///< an image, of the slowest of its units
  Resources cost;
};

std::vector<FoldingOption> folding_options(const Layer& layer, const FoldingChoices& choices, Family family);

/// Lane counts that the ends of the design may have.
struct EndLanes {
  std::vector<int> input, output;
};

/// A folding for every layer, and the lanes of the two ends.
struct ChainFolding {
  std::vector<LayerFolding> layers;
  int input_lanes = 1, output_lanes = 1;
};

/// Chains of which no unit needs more than `pace` cycles an image, cheapest first; empty if some layer cannot keep it. Dynamic programming
/// along the chain: its state is the number of lanes between two layers, and for each it keeps the partial chains of which no other takes
/// at most as much of every resource (units and the width_converters between unequal neighbours; a sum of prices would not do: it passes
/// over mixes that lie inside the hull of the extremes). At most kKeptChains a state, so that large networks stay quick.
/// @param budget  what of a resource makes a chain expensive: the price of each is the share of its budget
std::vector<ChainFolding> pareto_chains(const std::vector<Layer>& layers, const std::vector<std::vector<FoldingOption>>& options,
                                        const EndLanes& ends, std::int64_t pace, const Resources& budget, Family family);
inline constexpr std::size_t kKeptChains = 48;

/// Moves the products of whole layers from LUTs to DSPs so that the most LUTs are saved with at most `dsps` of them: an exact 0/1 knapsack.
void fill_dsps(const std::vector<Layer>& layers, double dsps, Family family, ChainFolding& chain);

}  // namespace bitloom::fpga
