#include "ir/ops/batch_norm.h"
#include "ir/ops/layer_norm.h"
#include "ir/ops/lrn.h"
#include "ir/ops/reduce.h"
#include "ir/ops/softmax.h"
#include "onnx/random_graph/generator.h"

namespace bitloom::onnx_format {
namespace {

void add_batch_norm(Generator& g) {
  const Shape shape{g.shape()[1]};
  BatchNorm op;
  op.epsilon = g.real(1e-6, 1e-3);
  op.momentum = g.real(0, 1);
  Value *scale = g.floats(shape), *bias = g.floats(shape), *mean = g.floats(shape);
  g.append(op, {scale, bias, mean, g.floats(shape, 0.1, 2)});
}

void add_layer_norm(Generator& g) {
  LayerNorm op;
  op.axis = 2 + g.small(2);
  op.statistics = g.coin();
  const Shape shape(std::vector<std::int64_t>(g.shape().dims().begin() + op.axis, g.shape().dims().end()));
  Value* scale = g.floats(shape);
  g.append(op, {scale, g.coin() ? g.floats(shape) : nullptr});
}

void add_instance_norm(Generator& g) {
  InstanceNorm op;
  op.epsilon = g.real(1e-6, 1e-3);
  const Shape shape{g.shape()[1]};
  Value* scale = g.floats(shape);
  g.append(op, {scale, g.floats(shape)});
}

void add_mean_variance_norm(Generator& g) {
  MeanVarianceNorm op;
  op.axes = g.coin() ? std::vector<int>{0, 2, 3} : std::vector<int>{1};
  g.append(op);
}

void add_lrn(Generator& g) {
  Lrn op;
  op.size = 1 + g.small(4);
  op.alpha = g.real(1e-4, 1);
  op.beta = 0.5f;
  op.bias = g.real(0.1, 2);
  g.append(op);
}

void add_log_softmax(Generator& g) {
  LogSoftmax op;
  op.axis = -1 - g.small(3);
  g.append(op);
}

template <class T>
T reduction(const std::vector<int>& axes) {
  T op;
  op.axes = axes;
  return op;
}

void add_reduction(Generator& g) {
  const std::vector<int> axes = g.coin() ? std::vector<int>{1} : g.coin() ? std::vector<int>{2, 3} : std::vector<int>{1, 3};
  g.append_any(reduction<ReduceL1>(axes), reduction<ReduceL2>(axes), reduction<ReduceLogSum>(axes), reduction<ReduceLogSumExp>(axes),
               reduction<ReduceMax>(axes), reduction<ReduceMean>(axes), reduction<ReduceMin>(axes), reduction<ReduceProd>(axes),
               reduction<ReduceSum>(axes), reduction<ReduceSumSquare>(axes));
}

// Reductions are many.
constexpr Layer kLayers[] = {add_batch_norm, add_instance_norm, add_layer_norm, add_log_softmax,        add_lrn,
                             add_reduction,  add_reduction,     add_reduction,  add_mean_variance_norm, add_reduction};

}  // namespace

LayerFamily normalization_layers() { return kLayers; }

}  // namespace bitloom::onnx_format
