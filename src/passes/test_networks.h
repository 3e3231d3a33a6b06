#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "ir/interpreter.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/softmax.h"
#include "passes/quantize/quantize_model.h"

/// Networks and images for the tests of passes.
namespace bitloom::test_networks {

inline Tensor random_floats(RandomStream& random, Shape shape, double deviation = 1) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  for (float& x : values) x = static_cast<float>(random.normal() * deviation);
  return Tensor(std::move(shape), std::move(values));
}

/// Uniform in least..most.
inline int between(RandomStream& random, int least, int most) {
  return least + static_cast<int>(random.below(static_cast<std::uint64_t>(most - least + 1)));
}

/// A network under construction: each call appends a layer with random parameters that keep activations near 1 in size.
class Builder {
 public:
  Builder(RandomStream& random, Shape image)
      : random_(random), current_(graph.add_input("image", {std::move(image), ElementType::float32(), {}})) {}

  Builder& conv(int outputs, int kernel, int pad = 0) {
    Conv2d op;
    op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = pad;
    return conv(op, outputs, kernel, kernel);
  }
  Builder& conv(const Conv2d& op, int outputs, int kernel_h, int kernel_w) {
    return weighted(op, "conv", {outputs, current_->shape()[1] / op.groups, kernel_h, kernel_w});
  }
  Builder& gemm(int outputs) {
    if (current_->shape().rank() != 2) then(Flatten{});
    return weighted(Gemm{}, "fc", {outputs, current_->shape()[1]});
  }
  Builder& batch_norm() {
    const Shape channels{current_->shape()[1]};
    Tensor variance = random_floats(random_, channels);
    for (float& v : variance.floats()) v = 0.5f + v * v;
    std::vector<Value*> operands{current_};
    for (const char* name : {"gamma", "beta", "mean"}) operands.push_back(graph.add_constant(name, random_floats(random_, channels)));
    operands.push_back(graph.add_constant("variance", std::move(variance)));
    current_ = graph.add("bn", BatchNorm{}, std::move(operands));
    return *this;
  }
  template <class T>
  Builder& then(T op) {
    current_ = graph.add("", std::move(op), {current_});
    return *this;
  }
  Builder& plus(Value* other) {
    current_ = graph.add("", Add{}, {current_, other});
    return *this;
  }
  Builder& becomes(Value* value) {
    current_ = value;
    return *this;
  }
  Graph finish() {
    graph.set_outputs({current_});
    verify(graph);
    return std::move(graph);
  }

  Value* current() const { return current_; }

  Graph graph{"net"};

 private:
  template <class T>
  Builder& weighted(T op, const std::string& name, Shape weights) {
    const double fan_in = static_cast<double>(weights.elements()) / static_cast<double>(weights[0]);
    Value* bias = graph.add_constant(name + ".bias", random_floats(random_, {weights[0]}, 0.2));
    Value* w = graph.add_constant(name + ".weight", random_floats(random_, std::move(weights), std::sqrt(2 / fan_in)));
    current_ = graph.add(name, std::move(op), {current_, w, bias});
    return *this;
  }

  RandomStream& random_;
  Value* current_;
};

inline MaxPool2d max_pool(int kernel) {
  MaxPool2d op;
  op.window = {kernel, kernel, kernel, kernel};
  return op;
}

inline Reshape reshape(Shape shape) {
  Reshape op;
  op.shape = std::move(shape);
  return op;
}

/// conv, relu, max pool, conv, relu, max pool, flatten, gemm, softmax: 1x1x16x16 -> 10 classes.
inline Graph small_cnn(std::uint64_t seed = 1) {
  RandomStream random({seed});
  return Builder(random, {1, 1, 16, 16})
      .conv(4, 5, 2)
      .then(Relu{})
      .then(max_pool(2))
      .conv(6, 3, 1)
      .then(Relu{})
      .then(max_pool(2))
      .gemm(10)
      .then(Softmax{})
      .finish();
}

/// Images of random pixels through the graph's preprocessing.
inline std::vector<Tensor> random_images(const Graph& graph, RandomStream& random, int count) {
  std::vector<Tensor> images;
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(graph.inputs().front()->shape().elements()));
  for (int i = 0; i < count; ++i) {
    for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(random.below(256));
    images.push_back(preprocess(graph, pixels));
  }
  return images;
}

/// The images must outlive the result.
inline CalibrationImages feed(const std::vector<Tensor>& images) {
  return [&images](const std::function<void(const Tensor&)>& use) {
    for (const Tensor& image : images) use(image);
  };
}

/// What `call` says when it throws InputError; "" when it does not.
template <class Call>
std::string refusal(Call call) {
  try {
    call();
    return {};
  } catch (const InputError& error) {
    return error.what();
  }
}

}  // namespace bitloom::test_networks
