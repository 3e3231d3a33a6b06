#pragma once

#include <optional>
#include <string>

#include "onnx/node_reader.h"

/// What the readers of quantized operators share: integers in files stand for reals by a scale and a zero point beside them, and become
/// Dequantize and Quantize around the float operator.
namespace bitloom::onnx_format {

/// Which inputs of a node hold a tensor, its scale and its zero point.
struct QuantizedInput {
  int tensor, scale, zero_point;
};

/// The axis along which a tensor may have scales of its own; nothing where it takes one for all.
using ChannelAxis = std::optional<std::int64_t>;

/// The quantization that inputs `scale` and `zero_point` give to a tensor like `x`: one for all, or one per index of `axis`.
Quantization read_quantization(NodeReader& node, int scale, int zero_point, const Shape& x, ChannelAxis axis);

/// The real numbers that an input of integers stands for: a Dequantize called NAME.suffix.
Value* dequantized(NodeReader& node, const QuantizedInput& input, const std::string& suffix, ChannelAxis axis = {});

/// Quantizes `real` as inputs `scale` and `zero_point` say and makes that the node's first output. Without a zero point, which ONNX Runtime's
/// operators may lack, it is 0, and the integers are those of `like`, which dequantized() gave.
void quantize_output(NodeReader& node, Value* real, int scale, int zero_point, const Value* like, ChannelAxis axis = {});

}  // namespace bitloom::onnx_format
