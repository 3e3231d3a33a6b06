#include "ir/ops/shape_ops.h"

#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

void read_constant(NodeReader& node) {
  node.define_constant(node.tensor("value"));
}

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

constexpr bool kTakesIntegers = true;
constexpr Operator kOperators[] = {
    {"Constant", 0, 0, "", read_constant, nullptr},
    {"Flatten", 1, 1, Flatten::kName, read_flatten, write_flatten, kTakesIntegers},
};

}  // namespace

OperatorFamily shape_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
