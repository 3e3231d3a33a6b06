#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {

void read_constant(NodeReader& node) {
  node.define_constant(node.tensor("value"));
}

}  // namespace bitloom::onnx_format
