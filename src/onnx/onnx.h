#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "ir/graph.h"

namespace bitloom {

struct ReadOnnxOptions {
  bool literal = false;                     ///< take the first dimension as the file has it, and a model without inputs, too
  std::map<std::string, Tensor> constants;  ///< values for inputs of these names, which so become constants (shapes, axes, scales)
  /// How many steps (Op::steps) computing constants may take, besides sixteen for each element that the file holds itself: a few bytes
  /// can ask for any number. Enough for the masks and grids of detectors, less than a second's work.
  double folding_steps = 0x1p26;
};

/// Reads an ONNX file (float, or quantized) into a graph: shapes computed in the file are folded to constants, double and half floats
/// become float32, and the batch dimension becomes 1. Preprocessing and class names travel as metadata_props "bitloom.*". A file that
/// Bitloom did not write gives a graph named like the file.
/// @throws InputError naming file, node, operator and what is supported.
Graph read_onnx(const std::filesystem::path& path, const ReadOnnxOptions& options = {});

/// Writes a float or QDQ graph as ONNX (opset 13, batch dimension "N"); equal graphs give equal bytes. Reading it back
/// gives the same graph (to_text equal).
/// @throws InputError for a graph that ONNX cannot say: integer graphs are written as their QDQ source, QDQ knows 8
/// bits only.
void write_onnx(const Graph& graph, const std::filesystem::path& path);

}  // namespace bitloom
