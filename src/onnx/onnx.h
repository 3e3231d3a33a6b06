#pragma once

#include <filesystem>

#include "ir/graph.h"

namespace bitloom {

/// Reads an ONNX file (float, or QDQ) into a graph. Preprocessing and class names travel as metadata_props "bitloom.*".
/// @throws InputError naming file, node, operator and what is supported.
Graph read_onnx(const std::filesystem::path& path);

/// Writes a float or QDQ graph as ONNX (opset 13). Reading it back gives the same graph (to_text equal).
/// @throws InputError for a graph that ONNX cannot say (integer graphs are written as their QDQ source).
void write_onnx(const Graph& graph, const std::filesystem::path& path);

}  // namespace bitloom
