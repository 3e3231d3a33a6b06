#include "ir/ops/batch_norm.h"
#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

void read_batch_normalization(NodeReader& node) {
  BatchNorm op;
  op.epsilon = node.real("epsilon", 1e-5f);
  op.momentum = node.real("momentum", 0.9f);
  node.require_integer("spatial", 1, "one mean per channel");
  node.require_integer("training_mode", 0, "export the model for inference");
  node.add(op, {node.input(0), node.input(1), node.input(2), node.input(3), node.input(4)});
}

void write_batch_normalization(NodeWriter& node) {
  node.real("epsilon", node.op<BatchNorm>().epsilon);
  node.real("momentum", node.op<BatchNorm>().momentum);
}

constexpr Operator kOperators[] = {
    {"BatchNormalization", 5, 5, BatchNorm::kName, read_batch_normalization, write_batch_normalization},
};

}  // namespace

OperatorFamily normalization_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
