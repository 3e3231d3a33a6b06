#pragma once

#include <string>

#include "onnx/onnx.h"

namespace bitloom::onnx_format {

/// What read_onnx and write_onnx do, without the file.
/// @param file  its path, for messages and for the name of a graph that Bitloom did not write
Graph from_bytes(const std::string& bytes, const std::string& file, const ReadOnnxOptions& options = {});
std::string to_bytes(const Graph& graph);

}  // namespace bitloom::onnx_format
