#include "zoo/builder.h"

#include <cmath>

#include "base/random.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/layer_norm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/slice.h"

namespace bitloom::zoo {
namespace {

PoolWindow window(std::int64_t height, std::int64_t width) {
  const int h = static_cast<int>(height), w = static_cast<int>(width);
  return {.kernel_h = h, .kernel_w = w, .stride_h = h, .stride_w = w};
}

/// Padding behind `size` pixels and `pad` on either side with which rounding down gives what rounding up gives without it.
int rest(std::int64_t size, int kernel, int stride, int pad) {
  const auto over = static_cast<int>((size + 2 * pad - kernel) % stride);
  return over == 0 ? 0 : stride - over;
}

}  // namespace

template <class T>
Builder& Builder::then(const std::string& name, T op, std::vector<Value*> more) {
  more.insert(more.begin(), last_);
  last_ = graph_.add(name, std::move(op), std::move(more));
  return *this;
}

Builder::Builder(const std::string& network, const NetworkOptions& options)
    : graph_(network),
      last_(graph_.add_input(
          "image", TensorType{Shape{1, options.channels, options.height, options.width}, ElementType::float32(), {}})),
      seed_(options.seed),
      random_weights_(options.random_weights) {}

Builder& Builder::conv(const std::string& name, int channels, int kernel, Next next, ConvOptions options) {
  Conv2d op;
  op.stride_h = op.stride_w = options.stride;
  op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = options.pad;
  op.groups = options.groups == kDepthwise ? static_cast<int>(this->channels()) : options.groups;
  Value* w = weights(name, Shape{channels, this->channels() / op.groups, kernel, kernel}, next);
  return then(name, op, {w, options.bias ? filled(name + ".bias", {channels}, 0) : nullptr});
}

Builder& Builder::fully_connected(const std::string& name, int outputs, Next next) {
  Value* w = weights(name, Shape{outputs, channels()}, next);
  return then(name, Gemm{}, {w, filled(name + ".bias", {outputs}, 0)});
}

Builder& Builder::batch_norm(const std::string& name, float epsilon) {
  BatchNorm op;
  op.epsilon = epsilon;
  const Shape per_channel{channels()};
  return then(name, op, {filled(name + ".gamma", per_channel, 1), filled(name + ".beta", per_channel, 0),
                         filled(name + ".mean", per_channel, 0), filled(name + ".variance", per_channel, 1)});
}

Builder& Builder::layer_norm(const std::string& name) {
  const Shape per_channel{channels()};
  Value *gamma = filled(name + ".gamma", per_channel, 1), *beta = filled(name + ".beta", per_channel, 0);
  LayerNorm op;
  op.epsilon = 1e-6f;
  if (last_->shape().rank() == 2) return then(name, op, {gamma, beta});
  Transpose channels_last, channels_first;
  channels_last.perm = {0, 2, 3, 1};
  channels_first.perm = {0, 3, 1, 2};
  op.axis = 3;
  return then(name + ".nhwc", channels_last).then(name, op, {gamma, beta}).then(name + ".nchw", channels_first);
}

/// A depthwise convolution of one pixel, whose weights are trained as all weights are.
Builder& Builder::scale(const std::string& name, float start) {
  Conv2d op;
  op.groups = static_cast<int>(channels());
  return then(name, op, {filled(name + ".weight", {channels(), 1, 1, 1}, start)});
}

Builder& Builder::relu(const std::string& name) { return then(name, Relu{}); }

Builder& Builder::relu6(const std::string& name) {
  Clip op;
  op.low = 0;
  op.high = 6;
  return then(name, op);
}

Builder& Builder::tanh(const std::string& name) { return then(name, Tanh{}); }
Builder& Builder::sigmoid(const std::string& name) { return then(name, Sigmoid{}); }
Builder& Builder::gelu(const std::string& name) { return then(name, Gelu{}); }

Builder& Builder::swish(const std::string& name) {
  Value* x = last_;
  return sigmoid(name + ".sigmoid").multiply(name, x);
}

Builder& Builder::max_pool(const std::string& name, int size, PoolOptions options) {
  MaxPool2d op;
  op.window = window(size, size);
  if (options.stride > 0) op.window.stride_h = op.window.stride_w = options.stride;
  op.window.pad_top = op.window.pad_left = op.window.pad_bottom = op.window.pad_right = options.pad;
  if (options.round_up) {
    op.window.pad_bottom += rest(last_->shape()[2], size, op.window.stride_h, options.pad);
    op.window.pad_right += rest(last_->shape()[3], size, op.window.stride_w, options.pad);
  }
  return then(name, op);
}

Builder& Builder::average_pool(const std::string& name, int size) {
  AveragePool2d op;
  op.window = window(size, size);
  return then(name, op);
}

Builder& Builder::global_average_pool(const std::string& name) {
  AveragePool2d op;
  op.window = window(last_->shape()[2], last_->shape()[3]);
  return then(name, op);
}

Builder& Builder::flatten() { return then("flatten", Flatten{}); }

Builder& Builder::go_on_from(Value* value) {
  last_ = value;
  return *this;
}

Builder& Builder::add(const std::string& name, Value* other) { return then(name, Add{}, {other}); }
Builder& Builder::multiply(const std::string& name, Value* other) { return then(name, Mul{}, {other}); }

Builder& Builder::concat(const std::string& name, const std::vector<Value*>& before) {
  Concat op;
  op.axis = 1;
  op.count = static_cast<int>(before.size()) + 1;
  std::vector<Value*> parts = before;
  parts.push_back(last_);
  last_ = graph_.add(name, op, std::move(parts));
  return *this;
}

Builder& Builder::subsample(const std::string& name, int step, int channels_before, int channels_after) {
  if (step > 1) {
    Slice op;
    op.axes = {2, 3};
    op.starts = {0, 0};
    op.steps = {step, step};
    op.lengths = {(last_->shape()[2] + step - 1) / step, (last_->shape()[3] + step - 1) / step};
    then(name + ".pixels", op);
  }
  Pad pad;
  pad.before = {0, channels_before, 0, 0};
  pad.after = {0, channels_after, 0, 0};
  return then(name, pad);
}

Graph Builder::finish() {
  graph_.set_outputs({last_});
  verify(graph_);
  return std::move(graph_);
}

Value* Builder::weights(const std::string& name, Shape shape, Next next) {
  const std::int64_t fan_in = shape.elements() / shape[0];
  const double bound = std::sqrt((next == Next::kRelu ? 6.0 : 3.0) / static_cast<double>(fan_in));
  RandomStream random({seed_, weight_tensors_++});
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  if (random_weights_)
    for (float& value : values) value = static_cast<float>(random.uniform(-bound, bound));
  return graph_.add_constant(name + ".weight", Tensor(std::move(shape), std::move(values)));
}

Value* Builder::filled(const std::string& name, Shape shape, float value) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements()), value);
  return graph_.add_constant(name, Tensor(std::move(shape), std::move(values)));
}

}  // namespace bitloom::zoo
