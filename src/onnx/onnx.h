#pragma once

#include <filesystem>

#include "ir/graph.h"

namespace bitloom {

/// Reads an ONNX file (float, or QDQ) into a graph. Preprocessing and class names travel as metadata_props "bitloom.*".
/// The batch dimension becomes 1. A file that Bitloom did not write gives a graph named like the file.
/// @throws InputError naming file, node, operator and what is supported.
Graph read_onnx(const std::filesystem::path& path);

/// Writes a float or QDQ graph as ONNX (opset 13, batch dimension "N"); equal graphs give equal bytes. Reading it back
/// gives the same graph (to_text equal).
/// @throws InputError for a graph that ONNX cannot say: integer graphs are written as their QDQ source, QDQ knows 8
/// bits only.
void write_onnx(const Graph& graph, const std::filesystem::path& path);

}  // namespace bitloom
