#include "ir/ops/gemm.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/ops/elementwise.h"
#include "ir/ops/matmul.h"
#include "ir/ops/rearrange.h"
#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

bool is_float_constant(const Value* value) { return value->is_constant() && value->constant().is_float(); }

/// `value` times the attribute `name`: multiplied into a constant, else by a node.
Value* scaled(NodeReader& node, Value* value, const std::string& name, float factor) {
  if (factor == 1) return value;
  if (!is_float_constant(value))
    return node.add_step(name, Mul{}, {value, node.add_constant(name + ".factor", Tensor(Shape{}, std::vector<float>{factor}))});
  node.allow_constant(value->shape());
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
  node.allow_constant({outputs});
  const auto given = c->constant().floats();
  std::vector<float> values(given.begin(), given.end());
  if (!one_row) values.assign(static_cast<std::size_t>(outputs), given[0]);
  return node.scope().graph.add_constant(c->name() + ".per_output", Tensor(Shape{outputs}, std::move(values)));
}

/// y = alpha * A B + beta * C. Ours is x w^T + b: factors go into constants, and what a Gemm cannot say (B or factors of what is computed,
/// a C of another shape) becomes a product and element-wise nodes after it.
void read_gemm(NodeReader& node) {
  Value *a = node.input(0), *b = node.input(1), *c = node.optional_input(2);
  const float alpha = node.real("alpha", 1), beta = node.real("beta", 1);
  if (node.opset() < 7) node.integer("broadcast", 0);  // whether C's shape may be a smaller one, which it may since
  if (a->shape().rank() != 2) node.refuse("input A has shape " + to_string(a->shape()), "give a matrix");
  if (b->shape().rank() != 2) node.refuse("weights B have shape " + to_string(b->shape()), "give a matrix");
  if (node.integer("transA", 0) != 0) {
    Transpose op;
    op.perm = {1, 0};
    a = node.add_step("transposed", op, {a});
  }
  Value* w = node.integer("transB", 0) != 0 ? b : node.scope().transposed(b);
  if (c) c = scaled(node, c, "beta", beta);
  if (w && (alpha == 1 || is_float_constant(w))) {
    Value* bias = c ? bias_of(node, c, w->shape()[0]) : nullptr;
    w = scaled(node, w, "alpha", alpha);
    if (!c || bias) return node.add(Gemm{}, {a, w, bias});
    return node.add(Add{}, {node.add_step("product", Gemm{}, {a, w}), c});
  }
  if (!c && alpha == 1) return node.add(MatMul{}, {a, b});
  Value* product = w ? node.add_step("product", Gemm{}, {a, w}) : node.add_step("product", MatMul{}, {a, b});
  if (c) return node.add(Add{}, {scaled(node, product, "alpha", alpha), c});
  node.add(Mul{}, {product, node.add_constant("alpha.factor", Tensor(Shape{}, std::vector<float>{alpha}))});
}

void write_gemm(NodeWriter& node) {
  node.integer("transB", 1);
}

/// Rows times constant weights are a Gemm, which quantization and hardware know. Integers that stand for themselves have none.
void read_matmul(NodeReader& node) {
  Value *a = node.input(0), *b = node.input(1);
  if (a->shape().rank() == 2 && b->shape().rank() == 2 && a->type().element.is_float)
    if (Value* w = node.scope().transposed(b)) return node.add(Gemm{}, {a, w});
  node.add(MatMul{}, {a, b});
}

constexpr bool kTakesIntegers = true;
constexpr Operator kOperators[] = {
    {"Gemm", 2, 3, Gemm::kName, read_gemm, write_gemm},
    {"MatMul", 2, 2, MatMul::kName, read_matmul, write_plain, kTakesIntegers},
};

}  // namespace

OperatorFamily gemm_operators() {
  return kOperators;
}

}  // namespace bitloom::onnx_format
