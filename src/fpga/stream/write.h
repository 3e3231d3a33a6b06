#pragma once

#include <filesystem>

#include "fpga/stream/design.h"
#include "ir/graph.h"

namespace bitloom::fpga {

/// Writes a design as a folder that stands alone; it appears whole or not at all (StagedDirectory).
///
///   README.md     the interface and what to run             design.json   units, folding, widths, ideal cycles, estimates, layout
///   rtl/          the blocks used and the generated top     weights/      memory files        model.onnx  the QDQ model: the reference
///   tb/           self-checking test bench with vectors     scripts/      for the open tools and the vendor's       sources.f
///
/// @param qdq  what the design computes; `lower(qdq)` is the graph that was planned
/// @throws InputError if the folder cannot be written
void write_stream_design(const StreamDesign& design, const Graph& qdq, const std::filesystem::path& dir);

}  // namespace bitloom::fpga
