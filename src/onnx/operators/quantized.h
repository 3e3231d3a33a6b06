#pragma once

#include <string>

#include "onnx/node_reader.h"

/// What the readers of quantized operators share: integers in files stand for reals by a scale and a zero point beside them, and become
/// Dequantize and Quantize around the float operator.
namespace bitloom::onnx_format {

/// Which inputs of a node hold a tensor, its scale and its zero point.
struct QuantizedInput {
  int tensor, scale, zero_point;
};

/// The quantization that inputs `scale` and `zero_point` give to a tensor like `x`: one for all, or one per index of `axis`.
Quantization read_quantization(NodeReader& node, int scale, int zero_point, const Shape& x, std::int64_t axis);

/// The real numbers that an input of integers stands for: a Dequantize called NAME.suffix.
Value* dequantized(NodeReader& node, const QuantizedInput& input, const std::string& suffix, std::int64_t axis = 1);

/// Quantizes `real` as inputs `scale` and `zero_point` say and makes that the node's first output.
void quantize_output(NodeReader& node, Value* real, int scale, int zero_point);

}  // namespace bitloom::onnx_format
