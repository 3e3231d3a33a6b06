#pragma once

#include "onnx/node_reader.h"
#include "onnx/node_writer.h"
#include "onnx/operator.h"

/// The families of operators, one file each; see Operator for what a line of their tables says.
namespace bitloom::onnx_format {

OperatorFamily binary_operators();
OperatorFamily cast_operators();
OperatorFamily constant_operators();
OperatorFamily conv_operators();
OperatorFamily elementwise_operators();
OperatorFamily gather_operators();
OperatorFamily gemm_operators();
OperatorFamily integer_operators();
OperatorFamily normalization_operators();
OperatorFamily pool_operators();
OperatorFamily qlinear_operators();
OperatorFamily qonnx_operators();
OperatorFamily quantization_operators();
OperatorFamily rearrange_operators();
OperatorFamily reduce_operators();
OperatorFamily resize_operators();
OperatorFamily slice_operators();

/// A list of axes, positions or lengths, as ONNX takes them.
inline Tensor integer_list(std::vector<std::int64_t> values) {
  const Shape shape{static_cast<std::int64_t>(values.size())};
  return Tensor::int64(shape, std::move(values));
}

/// `given` axes of a tensor with `rank` axes, counted from the front and in ascending order. @throws InputError when it has no such axis.
std::vector<int> read_axes(NodeReader& node, const std::vector<std::int64_t>& given, int rank);

/// Operators without attributes, whose operands are those of ours in the same order.
template <class T>
void read_plain(NodeReader& node) {
  std::vector<Value*> inputs;
  for (int i = 0; i < static_cast<int>(T{}.operands().size()); ++i) inputs.push_back(node.input(i));
  node.add(T{}, std::move(inputs));
}
inline void write_plain(NodeWriter&) {}

}  // namespace bitloom::onnx_format
