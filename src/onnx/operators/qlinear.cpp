// Operators on integers with their scales beside them, ONNX's own and those that ONNX Runtime adds: each is the float operator between
// Dequantize and Quantize. Lowering finds the integer form that it is.
#include <fmt/format.h>

#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/quantization.h"
#include "onnx/operators/operators.h"
#include "onnx/operators/quantized.h"
#include "onnx/operators/window.h"

namespace bitloom::onnx_format {
namespace {

/// The int32 bias of a layer, whose scale is that of its products; null when input `i` is absent.
Value* product_bias(NodeReader& node, int i, const Value* x, const Value* w) {
  if (!node.has_input(i)) return nullptr;
  const Quantization &qx = *x->producer()->input(0)->type().quantization, &qw = *w->producer()->input(0)->type().quantization;
  Quantization sum{{}, 0, qw.per_channel() ? 0 : -1};
  for (const float scale : qw.scales) sum.scales.push_back(qx.scales.front() * scale);
  const Tensor& bias = node.constant_input(i, "bias");
  if (bias.type().element != ElementType::int32()) node.refuse("the bias is " + to_string(bias.type().element), "give it as int32");
  Value* integers = node.scope().quantized(node.input_name(i), sum);
  if (!integers) node.refuse("its bias is read elsewhere with another scale", "give each layer a bias of its own");
  return node.add_unfolded_step("bias", Dequantize{}, {integers});
}

void read_qlinear_conv(NodeReader& node) {
  Value* x = dequantized(node, {0, 1, 2}, "x");
  Value* w = dequantized(node, {3, 4, 5}, "w", /*axis=*/0);
  Value* y = node.add_step("sum", read_conv_attributes(node, x->shape(), w->shape()), {x, w, product_bias(node, 8, x, w)});
  quantize_output(node, y, 6, 7);
}

void read_qlinear_mat_mul(NodeReader& node) {
  Value* a = dequantized(node, {0, 1, 2}, "a");
  Value* b = dequantized(node, {3, 4, 5}, "b");
  Value* w = a->shape().rank() == 2 && b->shape().rank() == 2 ? node.scope().transposed(b) : nullptr;
  if (!w)
    node.refuse(fmt::format("multiplies {} by {}", to_string(a->shape()), to_string(b->shape())), "supported: a matrix by a constant matrix");
  quantize_output(node, node.add_step("sum", Gemm{}, {a, w}), 6, 7);
}

void read_qlinear_add(NodeReader& node) {
  Value* a = dequantized(node, {0, 1, 2}, "a");
  Value* b = dequantized(node, {3, 4, 5}, "b");
  quantize_output(node, node.add_step("sum", Add{}, {a, b}), 6, 7);
}

void read_qlinear_sigmoid(NodeReader& node) {
  quantize_output(node, node.add_step("real", Sigmoid{}, {dequantized(node, {0, 1, 2}, "x")}), 3, 4);
}

// ONNX name, its number of inputs, our name, read, write, takes integers, domain.
constexpr Operator kOperators[] = {
    {"QLinearAdd", 7, 8, "", read_qlinear_add, nullptr, false, kMicrosoft},
    {"QLinearConv", 8, 9, "", read_qlinear_conv, nullptr},
    {"QLinearMatMul", 8, 8, "", read_qlinear_mat_mul, nullptr},
    {"QLinearSigmoid", 4, 5, "", read_qlinear_sigmoid, nullptr, false, kMicrosoft},
};

}  // namespace

OperatorFamily qlinear_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
