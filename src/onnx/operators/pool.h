#pragma once

#include <string>

#include "onnx/node_reader.h"

namespace bitloom::onnx_format {

/// The AveragePool that the node's attributes describe, of `x`, as the step NAME.suffix ("": the node itself).
Value* average_pool(NodeReader& node, Value* x, const std::string& suffix);

/// The mean over all axes of the image `x`, as above.
Value* global_average_pool(NodeReader& node, Value* x, const std::string& suffix);

}  // namespace bitloom::onnx_format
