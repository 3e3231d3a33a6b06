#pragma once

#include "fpga/device/part.h"
#include "fpga/stream/design.h"

namespace bitloom::fpga {

/// What a unit takes on a family, before synthesis: an estimate, and never printed as anything else. Multipliers and large memories are
/// counted from the structure of the block; LUTs and flip-flops by formulas fitted to Yosys 0.23 over the sweep in bench/fpga_cost,
/// which also prints how far off they are.
Resources estimate(const Unit& unit, Family family);

/// AXI4-Stream adapters, and on iCE40 the serial bridge with its buffers: what a design takes beside its units.
Resources estimate_ends(const StreamDesign& design);

}  // namespace bitloom::fpga
