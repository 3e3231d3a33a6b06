#include "ir/ops/reduce.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "ir/ops/selection.h"
#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

/// The opset from which on an operator's axes are written as an input; they are read from where they are.
template <class T>
constexpr std::int64_t kAxesAreAnInput = T::kName == ReduceSum::kName ? 13 : 18;

/// No axes mean all, or, with noop_with_empty_axes, that nothing is computed at all, not even a square.
template <class T>
void read_reduction(NodeReader& node) {
  Value* x = node.input(0);
  const int rank = x->shape().rank();
  const std::vector<std::int64_t> given = node.has_input(1) ? node.integers_input(1, "axes") : node.integers("axes");
  T op;
  op.keep_dims = node.integer("keepdims", 1) != 0;
  const bool noop = node.integer("noop_with_empty_axes", 0) != 0;
  if (given.empty() && noop) return node.define_output(0, x);
  op.axes = read_axes(node, given, rank);
  if (given.empty()) {
    op.axes.resize(static_cast<std::size_t>(rank));
    std::iota(op.axes.begin(), op.axes.end(), 0);
  }
  node.add(op, {x});
}

template <class T>
void write_reduction(NodeWriter& node) {
  const T& op = node.op<T>();
  const std::vector<std::int64_t> axes(op.axes.begin(), op.axes.end());
  if (node.opset() < kAxesAreAnInput<T>)
    node.integers("axes", axes);
  else
    node.add_constant_input(".axes", Tensor::int64({static_cast<std::int64_t>(axes.size())}, axes));
  node.integer("keepdims", op.keep_dims);
}

template <class T>
constexpr Operator reduction(bool takes_integers = false) {
  return {T::kName, 1, 2, T::kName, read_reduction<T>, write_reduction<T>, takes_integers};
}

template <class T>
void read_arg(NodeReader& node) {
  Value* x = node.input(0);
  T op;
  op.axis = node.axis_of(node.integer("axis", 0), x->shape().rank());
  op.keep_dims = node.integer("keepdims", 1) != 0;
  op.select_last = node.integer("select_last_index", 0) != 0;
  node.add(op, {x});
}

template <class T>
void write_arg(NodeWriter& node) {
  const T& op = node.op<T>();
  node.integer("axis", op.axis);
  node.integer("keepdims", op.keep_dims);
  node.integer("select_last_index", op.select_last);
}

void read_top_k(NodeReader& node) {
  Value* x = node.input(0);
  TopK op;
  op.axis = node.axis_of(node.integer("axis", -1), x->shape().rank());
  op.largest = node.integer("largest", 1) != 0;
  node.integer("sorted", 1);  // 0 leaves the order open, so ours, which is sorted, is right for it
  // Before opset 10 an attribute.
  const std::vector<std::int64_t> k = node.has_input(1) ? node.integers_input(1, "k") : std::vector{node.integer("k", -1)};
  if (k.size() != 1) node.refuse(fmt::format("k holds {} numbers", k.size()), "the file is damaged; export it again");
  op.k = k[0];
  node.add(op, {x});
}

void write_top_k(NodeWriter& node) {
  const TopK& op = node.op<TopK>();
  node.add_constant_input(".k", Tensor::int64({1}, {op.k}));
  node.integer("axis", op.axis);
  node.integer("largest", op.largest);
  node.integer("sorted", 1);
}

constexpr bool kTakesIntegers = true;
constexpr Operator kOperators[] = {
    {"ArgMax", 1, 1, ArgMax::kName, read_arg<ArgMax>, write_arg<ArgMax>, kTakesIntegers},
    {"ArgMin", 1, 1, ArgMin::kName, read_arg<ArgMin>, write_arg<ArgMin>, kTakesIntegers},
    reduction<ReduceL1>(),
    reduction<ReduceL2>(),
    reduction<ReduceLogSum>(),
    reduction<ReduceLogSumExp>(),
    reduction<ReduceMax>(kTakesIntegers),
    reduction<ReduceMean>(),
    reduction<ReduceMin>(kTakesIntegers),
    reduction<ReduceProd>(),
    reduction<ReduceSum>(),
    reduction<ReduceSumSquare>(),
    {"TopK", 1, 2, TopK::kName, read_top_k, write_top_k},
};

}  // namespace

std::vector<int> read_axes(NodeReader& node, const std::vector<std::int64_t>& given, int rank) {
  std::vector<int> axes;
  for (const std::int64_t axis : given) axes.push_back(node.axis_of(axis, rank));
  std::ranges::sort(axes);
  return axes;
}

OperatorFamily reduce_operators() {
  return kOperators;
}

}  // namespace bitloom::onnx_format
