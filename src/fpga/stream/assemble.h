#pragma once

#include <vector>

#include "fpga/stream/choose_folding.h"
#include "fpga/stream/design.h"
#include "fpga/stream/layers.h"

namespace bitloom::fpga {

/// Puts a folded chain together: the units of every layer, and width_converters where lanes differ. Memories stay empty.
///
/// No FIFO is needed to keep the pace T of the slowest unit. In the schedule in which every unit takes and gives at the constant rate of
/// one image in T cycles, each layer's own storage suffices: a window's ring is sized for exactly that (see its RingWords), a replaying
/// matrix_vector holds two vectors, every other block passes on what it takes. And units that start as soon as they can are never later
/// than in some schedule that is possible. The tests measure it: cycles per image in simulation stay within 3 % of T.
StreamDesign assemble(const std::vector<Layer>& layers, const ChainFolding& chain, const Part& part);

/// Fills the memories of an assembled design with the layers' weights, biases, factors and tables.
void fill_memories(const std::vector<Layer>& layers, const ChainFolding& chain, StreamDesign& design);

}  // namespace bitloom::fpga
