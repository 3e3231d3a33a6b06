#include "ir/ops/shape_ops.h"

#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {

void read_flatten(NodeReader& node) {
  Value* x = node.input(0);
  const std::int64_t axis = node.integer("axis", 1);
  if (axis != 1 && axis != 1 - x->shape().rank())
    node.refuse("axis = " + std::to_string(axis) + " is not supported", "only 1, which keeps the batch");
  node.add(Flatten{}, {x});
}

void write_flatten(NodeWriter& node) {
  node.integer("axis", 1);
}

void read_softmax(NodeReader& node) {
  Value* x = node.input(0);
  const int last = x->shape().rank() - 1;
  // Before opset 13 the default was 1, and all axes from there on counted as one; that is the same for a matrix.
  const std::int64_t axis = node.integer("axis", node.opset() < 13 ? 1 : -1);
  if (axis != -1 && axis != last) node.refuse("axis = " + std::to_string(axis) + " is not supported", "only the last");
  node.add(Softmax{}, {x});
}

void write_softmax(NodeWriter& node) {
  node.integer("axis", -1);
}

}  // namespace bitloom::onnx_format
