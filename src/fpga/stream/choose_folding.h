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

/// The cheapest chain of which no unit needs more than `pace` cycles an image. The cost of a chain is the dot product of `prices` with
/// what its units and the width_converters between unequal neighbours take; the minimum over all chains is exact (dynamic programming
/// along the chain, whose state is the number of lanes between two layers). Empty `layers` if some layer cannot keep the pace.
ChainFolding cheapest_chain(const std::vector<Layer>& layers, const std::vector<std::vector<FoldingOption>>& options, const EndLanes& ends,
                            std::int64_t pace, const Resources& prices, Family family);

}  // namespace bitloom::fpga
