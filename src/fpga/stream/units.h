#pragma once

#include <vector>

#include "fpga/device/part.h"
#include "fpga/stream/design.h"
#include "fpga/stream/layers.h"

namespace bitloom::fpga {

/// How a layer is folded onto hardware. Cycles an image of a weighted sum: pixels * inputs / simd * outputs / pe.
struct LayerFolding {
  int pe = 1;           ///< outputs at once (WeightedSum); lanes of the others
  int simd = 1;         ///< inputs at once (WeightedSum): divides the channels, or channels * positions for a parallel_window
  int output_lanes = 1; ///< lanes behind the layer; fewer than pe where what follows need not keep up with pe
  bool use_dsp = true;  ///< products in DSPs; false: in LUTs
  bool operator==(const LayerFolding&) const = default;
};

/// The units that compute `layer` folded like this, in the order of the stream, with cycles and estimate; the first takes
/// `input_lanes(layer, folding)` lanes. Lanes that differ from it are the caller's to convert.
std::vector<Unit> units_of(const Layer& layer, const LayerFolding& folding, Family family);
int input_lanes(const Layer& layer, const LayerFolding& folding);

/// Plumbing between units.
Unit width_converter(std::string name, const StreamFormat& input, int output_lanes, std::int64_t elements, Family family);
Unit stream_fifo(std::string name, const StreamFormat& format, std::int64_t depth, std::int64_t beats, Family family);

/// Folding values that a layer allows: pe divides the outputs; simd as `LayerFolding::simd` says; lanes divide the channels.
std::vector<int> valid_pe(const Layer& layer);
std::vector<int> valid_simd(const Layer& layer);
std::vector<int> divisors(std::int64_t n);

}  // namespace bitloom::fpga
