#pragma once

#include <onnx/onnx_pb.h>

#include "ir/graph.h"

namespace bitloom::onnx_format {

/// What ONNX itself cannot say goes into metadata_props as JSON, so that any tool can show it:
///   bitloom.preprocessing  {"range": [0, 1], "mean": [], "std": []}
///   bitloom.class_names    ["zero", "one"]
void write_metadata(const Graph& graph, onnx::ModelProto& model);

/// Sets preprocessing and class names of `graph` from what `model` has of them. @throws InputError naming `file` and
/// the property.
void read_metadata(const onnx::ModelProto& model, const std::string& file, Graph& graph);

}  // namespace bitloom::onnx_format
