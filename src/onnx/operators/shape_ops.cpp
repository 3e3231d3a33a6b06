#include "ir/ops/shape_ops.h"

#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

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

constexpr Operator kOperators[] = {
    {"Softmax", 1, 1, Softmax::kName, read_softmax, write_softmax},
};

}  // namespace

OperatorFamily shape_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
