#pragma once

#include <vector>

#include "fpga/stream/choose_folding.h"
#include "fpga/stream/design.h"
#include "fpga/stream/layers.h"

namespace bitloom::fpga {

/// Puts a folded chain together: the units of every layer, width_converters where lanes differ, and FIFOs where bursts would cost the pace
/// of the slowest unit, T cycles an image. Memories stay empty.
///
/// Few FIFOs are needed. In the schedule in which every unit takes and gives at the constant rate of one image in T cycles, each layer's
/// own storage suffices: a window's ring is sized for exactly that (see its RingWords), a replaying matrix_vector holds two vectors, and
/// what passes beats on one by one needs none. Units that start as soon as they can are never later than in some schedule that is
/// possible. Only a pool cannot give at a constant rate: its results come in bursts. The tests measure it all: cycles per image in
/// simulation stay within 3 % of T.
StreamDesign assemble(const std::vector<Layer>& layers, const ChainFolding& chain, const Part& part);

/// Fills the memories of an assembled design with the layers' weights, biases, factors and tables.
void fill_memories(const std::vector<Layer>& layers, const ChainFolding& chain, StreamDesign& design);

}  // namespace bitloom::fpga
