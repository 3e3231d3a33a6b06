#pragma once

#include "onnx/node_reader.h"
#include "onnx/node_writer.h"

/// The functions that the table in all_operators.cpp points to; see Operator for what each does.
namespace bitloom::onnx_format {

void read_average_pool(NodeReader& node);
void write_average_pool(NodeWriter& node);
void read_batch_normalization(NodeReader& node);
void write_batch_normalization(NodeWriter& node);
void read_constant(NodeReader& node);
void read_conv(NodeReader& node);
void write_conv(NodeWriter& node);
void read_dequantize_linear(NodeReader& node);
void write_dequantize_linear(NodeWriter& node);
void read_flatten(NodeReader& node);
void write_flatten(NodeWriter& node);
void read_gemm(NodeReader& node);
void write_gemm(NodeWriter& node);
void read_max_pool(NodeReader& node);
void write_max_pool(NodeWriter& node);
void read_quantize_linear(NodeReader& node);
void write_quantize_linear(NodeWriter& node);
void read_softmax(NodeReader& node);
void write_softmax(NodeWriter& node);

/// Operators without attributes, whose operands are those of ours in the same order.
template <class T>
void read_plain(NodeReader& node) {
  std::vector<Value*> inputs;
  for (int i = 0; i < static_cast<int>(T{}.operands().size()); ++i) inputs.push_back(node.input(i));
  node.add(T{}, std::move(inputs));
}
inline void write_plain(NodeWriter&) {}

}  // namespace bitloom::onnx_format
