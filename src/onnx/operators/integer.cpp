// Networks that quantize their activations while they run: DynamicQuantizeLinear finds a scale and a zero point, and sums of products take
// the zero points as inputs.
#include "ir/ops/dynamic_quantize.h"
#include "ir/ops/integer_product.h"
#include "onnx/operators/operators.h"
#include "onnx/operators/window.h"

namespace bitloom::onnx_format {
namespace {

/// A factor. An input of the network that holds integers becomes one of the same numbers, which a quantizer of scale 1 makes integers.
Value* factor(NodeReader& node, int i) {
  if (!node.has_input(i) || !node.scope().integer_input(node.input_name(i))) return node.input(i);
  return node.scope().quantized(node.input_name(i), {{1}, 0, -1});
}

/// A zero point [M], one for each row of a matrix, becomes [M,1], which says so wherever it is read.
Value* per_row(NodeReader& node, Value* zero_point) {
  if (!zero_point || zero_point->shape().rank() != 1 || zero_point->shape()[0] == 1) return zero_point;
  Reshape column;
  column.shape = {zero_point->shape()[0], 1};
  return node.add_step("a_zero_point", column, {zero_point});
}

void read_mat_mul_integer(NodeReader& node) {
  Value *a = factor(node, 0), *b = factor(node, 1);
  node.add(MatMulInteger{}, {a, b, per_row(node, node.optional_input(2)), node.optional_input(3)});
}

void read_conv_integer(NodeReader& node) {
  Value *x = factor(node, 0), *w = factor(node, 1);
  ConvInteger op;
  op.geometry = read_conv_attributes(node, x->shape(), w->shape());
  const std::vector<Value*> operands{as_image(node, x, "input"), as_image(node, w, "weights"), node.optional_input(2),
                                     node.optional_input(3)};
  node.define_output(0, add_windowed(node, "", op, operands, is_line(x->shape())));
}

void write_conv_integer(NodeWriter& node) { write_conv_attributes(node, node.op<ConvInteger>().geometry); }

constexpr bool kTakesIntegers = true;
constexpr Operator kOperators[] = {
    {"ConvInteger", 2, 4, ConvInteger::kName, read_conv_integer, write_conv_integer, kTakesIntegers},
    {"DynamicQuantizeLinear", 1, 1, DynamicQuantize::kName, read_plain<DynamicQuantize>, write_plain},
    {"MatMulInteger", 2, 4, MatMulInteger::kName, read_mat_mul_integer, write_plain, kTakesIntegers},
};

}  // namespace

OperatorFamily integer_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
