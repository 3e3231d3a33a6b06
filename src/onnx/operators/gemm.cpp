#include "ir/ops/gemm.h"

#include <fmt/format.h>

#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

/// ONNX's C may be any shape that broadcasts to [N, M]; ours is [M].
Value* bias_of(NodeReader& node, std::int64_t outputs) {
  if (!node.has_input(2)) return nullptr;
  Value* c = node.input(2);
  if (c->shape() == Shape{outputs}) return c;
  const bool one_row = c->shape() == Shape{1, outputs};
  if (!c->is_constant() || !c->constant().is_float() || (!one_row && c->shape().elements() != 1))
    node.refuse(fmt::format("bias C has shape {} for {} outputs", to_string(c->shape()), outputs),
                "give one bias per output");
  const auto given = c->constant().floats();
  std::vector<float> values(static_cast<std::size_t>(outputs), given[0]);
  if (one_row) values.assign(given.begin(), given.end());
  return node.scope().graph.add_constant(c->name() + ".per_output", Tensor(Shape{outputs}, std::move(values)));
}

void read_gemm(NodeReader& node) {
  node.require_integer("transA", 0, "one row per image");
  for (const char* factor : {"alpha", "beta"})
    if (const float value = node.real(factor, 1); value != 1)
      node.refuse(fmt::format("{} = {} is not supported", factor, value),
                  "only 1; multiply it into weights or bias when exporting");
  Value *x = node.input(0), *w = node.input(1);
  if (w->shape().rank() != 2) node.refuse("weights B have shape " + to_string(w->shape()), "give a matrix");
  if (node.integer("transB", 0) == 0) {
    w = node.scope().transposed(w);
    if (!w)
      node.refuse("transB = 0 with weights that are computed", "export it with constant weights or with transB = 1");
  }
  node.add(Gemm{}, {x, w, bias_of(node, w->shape()[0])});
}

void write_gemm(NodeWriter& node) {
  node.integer("transB", 1);
}

constexpr Operator kOperators[] = {
    {"Gemm", 2, 3, Gemm::kName, read_gemm, write_gemm},
};

}  // namespace

OperatorFamily gemm_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
