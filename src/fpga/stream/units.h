#pragma once

#include <vector>

#include "fpga/device/part.h"
#include "fpga/stream/design.h"
#include "fpga/stream/layers.h"

namespace bitloom::fpga {

/// How a layer is folded onto hardware. Cycles an image of a weighted sum: pixels * inputs / simd * outputs / pe.
struct LayerFolding {
  int pe = 1;           ///< outputs at once of a weighted sum; lanes of every other layer
  int simd = 1;         ///< inputs at once of a weighted sum: divides the channels, or is channels * positions (parallel_window)
  bool use_dsp = true;  ///< products in DSPs; false: in LUTs
  bool operator==(const LayerFolding&) const = default;
};

/// The units that compute `layer` folded like this, in the order of the stream, with cycles and estimate. Their memories are named but
/// empty: a search asks for many foldings, and only the chosen one gets its weights.
std::vector<Unit> units_of(const Layer& layer, const LayerFolding& folding, Family family);

/// Fills the memories of the last of units_of(layer, folding, ...), the one that has them.
void fill_memories(const Layer& layer, const LayerFolding& folding, Unit& unit);

/// Regroups `elements` elements an image from input.lanes to output_lanes.
Unit width_converter(std::string name, const StreamFormat& input, int output_lanes, std::int64_t elements, Family family);

/// Holds up to `depth` beats of `format`; `beats` pass in an image.
Unit stream_fifo(std::string name, const StreamFormat& format, std::int64_t depth, std::int64_t beats, Family family);

/// Folding values that a layer allows: pe divides the outputs (lanes the channels), simd is as LayerFolding says.
std::vector<int> valid_pe(const Layer& layer);
std::vector<int> valid_simd(const Layer& layer);
std::vector<int> divisors(std::int64_t n);
/// Products so narrow (ternary and 4-bit networks) that LUTs hold them as well as a DSP would.
bool has_narrow_products(const Layer& layer);

}  // namespace bitloom::fpga
