#include "ir/ops/gemm.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/ops/elementwise.h"
#include "ir/ops/matmul.h"
#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

/// `value` times the attribute `name`, which is multiplied into a constant.
Value* scaled(NodeReader& node, Value* value, const char* name, float factor) {
  if (factor == 1) return value;
  if (!value->is_constant() || !value->constant().is_float())
    node.refuse(fmt::format("{} = {} of a computed matrix is not supported", name, factor),
                "only 1; multiply it into weights or bias when exporting");
  Tensor product = value->constant();
  for (float& x : product.floats()) x *= factor;
  return node.scope().graph.add_constant(fmt::format("{}.times_{}", value->name(), name), std::move(product));
}

/// C as one bias per output, where it says that. Null where it does not: a value per row, or a computed one of another
/// shape.
Value* bias_of(NodeReader& node, Value* c, std::int64_t outputs) {
  if (c->shape() == Shape{outputs}) return c;
  const bool one_row = c->shape().elements() == outputs && c->shape().rank() == 2 && c->shape()[1] == outputs;
  if (!c->is_constant() || !c->constant().is_float() || (!one_row && c->shape().elements() != 1)) return nullptr;
  const auto given = c->constant().floats();
  std::vector<float> values(static_cast<std::size_t>(outputs), given[0]);
  if (one_row) values.assign(given.begin(), given.end());
  return node.scope().graph.add_constant(c->name() + ".per_output", Tensor(Shape{outputs}, std::move(values)));
}

/// y = alpha * A B + beta * C. Ours is x w^T + b: factors go into the constants, and a C of another shape is added
/// afterwards.
void read_gemm(NodeReader& node) {
  Value *a = node.input(0), *b = node.input(1), *c = node.optional_input(2);
  const float alpha = node.real("alpha", 1), beta = node.real("beta", 1);
  if (node.opset() < 7) node.integer("broadcast", 0);  // whether C's shape may be a smaller one, which it may since
  if (a->shape().rank() != 2) node.refuse("input A has shape " + to_string(a->shape()), "give a matrix");
  if (b->shape().rank() != 2) node.refuse("weights B have shape " + to_string(b->shape()), "give a matrix");
  if (node.integer("transA", 0) != 0) {
    a = node.scope().transposed(a);
    if (!a) node.refuse("transA = 1 with an input that is computed", "export it with one row per image");
  }
  if (c) c = scaled(node, c, "beta", beta);
  const bool is_transposed = node.integer("transB", 0) != 0;
  Value* w = is_transposed ? b : node.scope().transposed(b);
  if (!w) {  // B is computed, and of no use to a Gemm of ours
    if (alpha != 1) node.refuse(fmt::format("alpha = {} of computed matrices is not supported", alpha), "only 1");
    if (!c) return node.add(MatMul{}, {a, b});
    return node.add(Add{}, {node.add_step("product", MatMul{}, {a, b}), c});
  }
  w = scaled(node, w, "alpha", alpha);
  Value* bias = c ? bias_of(node, c, w->shape()[0]) : nullptr;
  if (!c || bias) return node.add(Gemm{}, {a, w, bias});
  node.add(Add{}, {node.add_step("product", Gemm{}, {a, w}), c});
}

void write_gemm(NodeWriter& node) {
  node.integer("transB", 1);
}

/// Rows times constant weights are a Gemm, which quantization and hardware know.
void read_matmul(NodeReader& node) {
  Value *a = node.input(0), *b = node.input(1);
  if (a->shape().rank() == 2 && b->shape().rank() == 2)
    if (Value* w = node.scope().transposed(b)) return node.add(Gemm{}, {a, w});
  node.add(MatMul{}, {a, b});
}

constexpr Operator kOperators[] = {
    {"Gemm", 2, 3, Gemm::kName, read_gemm, write_gemm},
    {"MatMul", 2, 2, MatMul::kName, read_matmul, write_plain},
};

}  // namespace

OperatorFamily gemm_operators() {
  return kOperators;
}

}  // namespace bitloom::onnx_format
