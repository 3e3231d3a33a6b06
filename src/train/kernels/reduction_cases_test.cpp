#include "ir/ops/conv_transpose2d.h"
#include "ir/ops/layer_norm.h"
#include "ir/ops/lrn.h"
#include "ir/ops/matmul.h"
#include "ir/ops/reduce.h"
#include "ir/ops/selection.h"
#include "ir/ops/softmax.h"
#include "train/kernels/cases.h"

namespace bitloom::train {
namespace {

/// A reduction of one image, and of the same after a Sigmoid, which makes logarithms of sums finite.
template <class T>
Graph reduced(TestGraph& t, std::vector<int> axes, bool keep_dims) {
  T op;
  op.axes = std::move(axes);
  op.keep_dims = keep_dims;
  return t.finish(t.graph.add("", op, {t.graph.add("", Sigmoid{}, {t.image({1, 3, 4, 5})})}));
}

template <class T>
Case reduction(const char* name, std::vector<int> axes = {2, 3}, bool keep_dims = true) {
  return {name, [=](TestGraph& t) { return reduced<T>(t, axes, keep_dims); }};
}

template <class T>
Graph along(TestGraph& t, int axis) {
  auto op = std::make_unique<T>();
  op->axis = axis;
  return unary(t, std::move(op));
}

/// Positions of the best of a few values that occur several times.
template <class T>
Graph position(TestGraph& t, int axis, bool select_last, bool keep_dims) {
  T op;
  op.axis = axis;
  op.select_last = select_last;
  op.keep_dims = keep_dims;
  Hardmax marks;
  marks.axis = -1;
  return t.finish(t.graph.add("", op, {t.graph.add("", marks, {t.image({1, 3, 5, 4})})}));
}

Graph conv_transpose(TestGraph& t, const ConvTranspose2d& op, bool has_bias = true) {
  Value* x = t.image({1, 4, 5, 4});
  return t.finish(t.graph.add("", op, {x, t.constant({4, 3, 3, 2}), has_bias ? t.constant({3 * op.groups}) : nullptr}));
}

ConvTranspose2d strided() {
  ConvTranspose2d op;
  op.stride_h = 2, op.stride_w = 3;
  return op;
}

Graph layer_norm(TestGraph& t, int axis, bool has_bias) {
  LayerNorm op;
  op.axis = axis;
  Value* x = t.image({1, 3, 4, 5});
  const Shape shape(std::vector<std::int64_t>(x->shape().dims().begin() + axis, x->shape().dims().end()));
  return t.finish(t.graph.add("", op, {x, t.constant(shape), has_bias ? t.constant(shape) : nullptr}));
}

}  // namespace

std::vector<Case> reduction_cases() {
  return {
      {"ArgMax", [](TestGraph& t) { return position<ArgMax>(t, 1, false, true); }},
      {"ArgMaxOfTheLast", [](TestGraph& t) { return position<ArgMax>(t, 2, true, false); }},
      {"ArgMin", [](TestGraph& t) { return position<ArgMin>(t, 3, false, false); }},
      {"AveragePool2dDilated",
       [](TestGraph& t) {
         return t.finish(
             t.average_pool(t.image({1, 3, 7, 6}), {.kernel_h = 2, .kernel_w = 3, .pad_left = 1, .dilation_h = 3}));
       }},
      {"ConvTranspose2d", [](TestGraph& t) { return conv_transpose(t, strided()); }},
      {"ConvTranspose2dWithoutBias", [](TestGraph& t) { return conv_transpose(t, strided(), /*has_bias=*/false); }},
      {"ConvTranspose2dInGroupsWithEvenPads",
       [](TestGraph& t) {
         ConvTranspose2d op = strided();
         op.groups = 2;
         op.pad_top = op.pad_bottom = 1;
         op.output_pad_w = 2;
         op.dilation_h = 2;
         return conv_transpose(t, op);
       }},
      {"ConvTranspose2dWithOneSidedPads",
       [](TestGraph& t) {
         ConvTranspose2d op = strided();
         op.pad_top = 2;
         op.pad_right = 1;
         op.output_pad_h = 3;
         return conv_transpose(t, op);
       }},
      {"Hardmax", [](TestGraph& t) { return along<Hardmax>(t, -2); }},
      {"InstanceNorm",
       [](TestGraph& t) {
         return t.finish(t.graph.add("", InstanceNorm{}, {t.image({1, 3, 4, 5}), t.constant({3}), t.constant({3})}));
       }},
      {"LayerNorm", [](TestGraph& t) { return layer_norm(t, 1, true); }},
      {"LayerNormWithoutBias", [](TestGraph& t) { return layer_norm(t, 3, false); }},
      {"LogSoftmax", [](TestGraph& t) { return along<LogSoftmax>(t, -3); }},
      {"Lrn",
       [](TestGraph& t) {
         auto op = std::make_unique<Lrn>();
         op->size = 4;
         op->alpha = 0.5f;
         return unary(t, std::move(op), {1, 6, 3, 2});
       }},
      {"MatMulByConstantWeights",
       [](TestGraph& t) {
         return t.finish(t.graph.add("", MatMul{}, {t.image({1, 3, 4, 5}), t.constant({5, 2})}));
       }},
      {"MatMulOfTwoComputedOperands",
       [](TestGraph& t) {
         return t.finish(t.graph.add("", MatMul{}, {t.image({1, 2, 4, 3}), t.image({1, 2, 3, 4})}));
       }},
      {"MaxPool2dDilated",
       [](TestGraph& t) {
         return t.finish(t.max_pool(
             t.image({1, 3, 8, 7}),
             {.kernel_h = 3, .kernel_w = 2, .pad_top = 1, .pad_bottom = 1, .dilation_h = 2, .dilation_w = 3}));
       }},
      {"MaxPool2dDilatedWithOneSidedPads",
       [](TestGraph& t) {
         return t.finish(
             t.max_pool(t.image({1, 3, 8, 7}), {.kernel_h = 3, .kernel_w = 2, .pad_top = 2, .dilation_h = 2}));
       }},
      {"MeanVarianceNorm",
       [](TestGraph& t) {
         auto op = std::make_unique<MeanVarianceNorm>();
         op->axes = {1, 3};
         return unary(t, std::move(op));
       }},
      reduction<ReduceL1>("ReduceL1"),
      reduction<ReduceL2>("ReduceL2"),
      reduction<ReduceLogSum>("ReduceLogSum"),
      reduction<ReduceLogSumExp>("ReduceLogSumExp"),
      reduction<ReduceMax>("ReduceMax", {1, 3}),
      reduction<ReduceMean>("ReduceMean", {2, 3}, /*keep_dims=*/false),
      reduction<ReduceMin>("ReduceMin", {1}),
      reduction<ReduceProd>("ReduceProd"),
      reduction<ReduceProd>("ReduceProdWithoutItsAxes", {1, 3}, /*keep_dims=*/false),
      reduction<ReduceSum>("ReduceSum", {1, 2, 3}, /*keep_dims=*/false),
      reduction<ReduceSumSquare>("ReduceSumSquare"),
      {"SoftmaxOverChannels", [](TestGraph& t) { return along<Softmax>(t, -3); }},
  };
}

}  // namespace bitloom::train
