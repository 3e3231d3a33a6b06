#pragma once

#include "onnx/node_writer.h"

namespace bitloom::onnx_format {

/// Whether a quantizer or a Dequantize is more than ONNX's QuantizeLinear and DequantizeLinear say at opset 13: they know int8, uint8 and, for
/// constants, int32. QONNX says the rest.
bool needs_qonnx(const Node& node);

/// The real numbers that a Dequantize takes from a quantizer: QONNX has one node for both, written with the quantizer.
bool is_written_with_its_quantizer(const Node& node);

/// Writes a Quantize, Trunc or MultiThreshold and its Dequantize, or the Dequantize of a constant, as QONNX's Quant, BipolarQuant, Trunc or
/// MultiThreshold. @throws InputError naming the node when QONNX cannot say it
void write_quantizer(NodeWriter& node);

}  // namespace bitloom::onnx_format
