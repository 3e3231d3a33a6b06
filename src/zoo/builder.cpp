#include "zoo/builder.h"

#include <cmath>

#include "base/random.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/shape_ops.h"

namespace bitloom::zoo {
namespace {

PoolWindow window(std::int64_t height, std::int64_t width) {
  const int h = static_cast<int>(height), w = static_cast<int>(width);
  return {.kernel_h = h, .kernel_w = w, .stride_h = h, .stride_w = w};
}

}  // namespace

Builder::Builder(const std::string& network, const NetworkOptions& options)
    : graph_(network),
      last_(graph_.add_input(
          "image", TensorType{Shape{1, options.channels, options.height, options.width}, ElementType::float32(), {}})),
      seed_(options.seed) {}

Builder& Builder::conv(const std::string& name, int channels, int kernel, Next next, ConvOptions options) {
  Conv2d op;
  op.stride_h = op.stride_w = options.stride;
  op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = options.pad;
  Value* w = weights(name, Shape{channels, last_->shape()[1], kernel, kernel}, next);
  Value* b = options.bias ? filled(name + ".bias", channels, 0) : nullptr;
  last_ = graph_.add(name, op, {last_, w, b});
  return *this;
}

Builder& Builder::fully_connected(const std::string& name, int outputs, Next next) {
  Value* w = weights(name, Shape{outputs, last_->shape()[1]}, next);
  last_ = graph_.add(name, Gemm{}, {last_, w, filled(name + ".bias", outputs, 0)});
  return *this;
}

Builder& Builder::batch_norm(const std::string& name) {
  const std::int64_t channels = last_->shape()[1];
  last_ = graph_.add(name, BatchNorm{},
                     {last_, filled(name + ".gamma", channels, 1), filled(name + ".beta", channels, 0),
                      filled(name + ".mean", channels, 0), filled(name + ".variance", channels, 1)});
  return *this;
}

Builder& Builder::relu(const std::string& name) {
  last_ = graph_.add(name, Relu{}, {last_});
  return *this;
}

Builder& Builder::tanh(const std::string& name) {
  last_ = graph_.add(name, Tanh{}, {last_});
  return *this;
}

Builder& Builder::max_pool(const std::string& name, int size) {
  MaxPool2d op;
  op.window = window(size, size);
  last_ = graph_.add(name, op, {last_});
  return *this;
}

Builder& Builder::average_pool(const std::string& name, int size) {
  AveragePool2d op;
  op.window = window(size, size);
  last_ = graph_.add(name, op, {last_});
  return *this;
}

Builder& Builder::global_average_pool(const std::string& name) {
  AveragePool2d op;
  op.window = window(last_->shape()[2], last_->shape()[3]);
  last_ = graph_.add(name, op, {last_});
  return *this;
}

Builder& Builder::flatten() {
  last_ = graph_.add("flatten", Flatten{}, {last_});
  return *this;
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
  for (float& value : values) value = static_cast<float>(random.uniform(-bound, bound));
  return graph_.add_constant(name + ".weight", Tensor(std::move(shape), std::move(values)));
}

Value* Builder::filled(const std::string& name, std::int64_t count, float value) {
  return graph_.add_constant(name, Tensor(Shape{count}, std::vector<float>(static_cast<std::size_t>(count), value)));
}

}  // namespace bitloom::zoo
