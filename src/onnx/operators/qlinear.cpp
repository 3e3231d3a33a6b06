// Operators on integers with their scales beside them, ONNX's own and those that ONNX Runtime adds: each is the float operator between
// Dequantize and Quantize. Lowering finds the integer form that it is.
#include <fmt/format.h>

#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/matmul.h"
#include "ir/ops/quantization.h"
#include "ir/ops/slice.h"
#include "onnx/operators/operators.h"
#include "onnx/operators/pool.h"
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
  quantize_output(node, convolution(node, x, w, product_bias(node, 8, x, w), "sum"), 6, 7, x);
}

/// Matrices may have a scale per row (a, y) or per column (b).
ChannelAxis axis_of_matrix(NodeReader& node, int scale, std::int64_t axis) {
  return node.constant_input(scale, "scale").elements() > 1 ? ChannelAxis(axis) : std::nullopt;
}

void read_qlinear_mat_mul(NodeReader& node) {
  constexpr int kRows = -2, kColumns = -1;
  Value* a = dequantized(node, {0, 1, 2}, "a", axis_of_matrix(node, 1, kRows));
  Value* b = dequantized(node, {3, 4, 5}, "b", axis_of_matrix(node, 4, kColumns));
  Value* w = a->shape().rank() == 2 && b->shape().rank() == 2 ? node.scope().transposed(b) : nullptr;
  Value* sum = w ? node.add_step("sum", Gemm{}, {a, w}) : node.add_step("sum", MatMul{}, {a, b});
  quantize_output(node, sum, 6, 7, a, axis_of_matrix(node, 6, kRows));
}

/// ONNX Runtime's form of a quantized Gemm: inputs as QLinearMatMul has them, with an int32 bias before the output's scale; without that
/// scale the output is real.
void read_qgemm(NodeReader& node) {
  if (node.integer("transA", 0) != 0) node.refuse("it transposes its first operand", "transpose it before");
  if (node.real("alpha", 1) != 1) node.refuse("alpha is not 1", "scale the weights instead");
  const bool is_transposed = node.integer("transB", 0) != 0;
  Value* x = dequantized(node, {0, 1, 2}, "x");
  Value* b = dequantized(node, {3, 4, 5}, "w", axis_of_matrix(node, 4, is_transposed ? 0 : 1));
  if (b->shape().rank() != 2) node.refuse("weights B have shape " + to_string(b->shape()), "give a matrix");
  Value* w = is_transposed ? b : node.scope().transposed(b);
  if (!w) node.refuse("its weights are computed", "give them as a constant");
  std::vector<Value*> operands{x, w};
  if (Value* bias = product_bias(node, 6, x, w)) operands.push_back(bias);
  if (!node.has_input(7)) return node.add(Gemm{}, operands);
  quantize_output(node, node.add_step("sum", Gemm{}, operands), 7, 8, x);
}

template <class T>
void read_qlinear_binary(NodeReader& node) {
  Value *a = dequantized(node, {0, 1, 2}, "a"), *b = dequantized(node, {3, 4, 5}, "b");
  quantize_output(node, node.add_step("real", T{}, {a, b}), 6, 7, a);
}

/// `op` of the one input, with the integers' scales in inputs 1 to 4.
template <class T>
void read_qlinear_unary(NodeReader& node, T op) {
  Value* x = dequantized(node, {0, 1, 2}, "x");
  quantize_output(node, node.add_step("real", op, {x}), 3, 4, x);
}

void read_qlinear_sigmoid(NodeReader& node) { read_qlinear_unary(node, Sigmoid{}); }

void read_qlinear_leaky_relu(NodeReader& node) {
  LeakyRelu op;
  op.alpha = node.real("alpha", 0.01f);
  read_qlinear_unary(node, op);
}

/// y's scale and zero point come first, then each x with its own.
void read_qlinear_concat(NodeReader& node) {
  constexpr int kFirst = 2, kEach = 3;
  if ((node.inputs() - kFirst) % kEach != 0)
    node.refuse(fmt::format("{} inputs", node.inputs()), "give a scale and a zero point, and both with each tensor");
  std::vector<Value*> all;
  for (int i = kFirst; i < node.inputs(); i += kEach) all.push_back(dequantized(node, {i, i + 1, i + 2}, fmt::format("x{}", all.size())));
  Concat op;
  op.axis = node.axis_of(node.integer("axis", 0), all.front()->shape().rank());
  op.count = static_cast<int>(all.size());
  quantize_output(node, node.add_step("real", op, all), 0, 1, all.front());
}

/// A pool of the input, which has its channels on axis 1, or on the last one with the attribute channels_last.
template <Value* (*pool)(NodeReader&, Value*, const std::string& suffix)>
void read_qlinear_pool(NodeReader& node) {
  Value* x = dequantized(node, {0, 1, 2}, "x");
  if (node.integer("channels_last", 0) == 0) return quantize_output(node, pool(node, x, "real"), 3, 4, x);
  const int rank = x->shape().rank();
  Transpose to_first, to_last;
  to_first.perm = {0, rank - 1};
  to_last.perm = {0};
  for (int axis = 1; axis < rank - 1; ++axis) to_first.perm.push_back(axis), to_last.perm.push_back(axis + 1);
  to_last.perm.push_back(1);
  Value* pooled = pool(node, node.add_step("channels_first", to_first, {x}), "real");
  quantize_output(node, node.add_step("channels_last", to_last, {pooled}), 3, 4, x);
}

// ONNX name, its number of inputs, our name, read, write, takes integers, domain.
constexpr Operator kOperators[] = {
    {"QGemm", 6, 9, "", read_qgemm, nullptr, false, kMicrosoft},
    {"QLinearAdd", 7, 8, "", read_qlinear_binary<Add>, nullptr, false, kMicrosoft},
    {"QLinearAveragePool", 4, 5, "", read_qlinear_pool<average_pool>, nullptr, false, kMicrosoft},
    {"QLinearConcat", 5, 2 + 3 * Concat::kMostInputs, "", read_qlinear_concat, nullptr, false, kMicrosoft},
    {"QLinearConv", 8, 9, "", read_qlinear_conv, nullptr},
    {"QLinearGlobalAveragePool", 4, 5, "", read_qlinear_pool<global_average_pool>, nullptr, false, kMicrosoft},
    {"QLinearLeakyRelu", 4, 5, "", read_qlinear_leaky_relu, nullptr, false, kMicrosoft},
    {"QLinearMatMul", 8, 8, "", read_qlinear_mat_mul, nullptr},
    {"QLinearMul", 7, 8, "", read_qlinear_binary<Mul>, nullptr, false, kMicrosoft},
    {"QLinearSigmoid", 4, 5, "", read_qlinear_sigmoid, nullptr, false, kMicrosoft},
};

}  // namespace

OperatorFamily qlinear_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
