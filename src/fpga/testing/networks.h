#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "ir/graph.h"
#include "ir/interpreter.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/shape_ops.h"
#include "passes/quantize/quantize_model.h"

namespace bitloom::fpga {

/// Builds small float networks for tests, layer by layer, with random weights. Names are conv1, relu2, pool3, ... in order.
class TestNetwork {
 public:
  TestNetwork(std::string name, std::int64_t channels, std::int64_t height, std::int64_t width, std::uint64_t seed)
      : graph_(std::move(name)), random_({seed}) {
    value_ = graph_.add_input("image", {{1, channels, height, width}, ElementType::float32(), {}});
  }

  struct Kernel {
    int height = 3, width = 3, stride_h = 1, stride_w = 1;
    int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  };
  static Kernel square(int size, int stride = 1, int pad = 0) { return {size, size, stride, stride, pad, pad, pad, pad}; }

  TestNetwork& conv(std::int64_t outputs, const Kernel& k) {
    const std::string name = next_name("conv");
    const std::int64_t channels = shape()[1], fan_in = channels * k.height * k.width;
    Conv2d op;
    op.stride_h = k.stride_h, op.stride_w = k.stride_w;
    op.pad_top = k.pad_top, op.pad_left = k.pad_left, op.pad_bottom = k.pad_bottom, op.pad_right = k.pad_right;
    Value* weights = random_constant(name + ".weight", {outputs, channels, k.height, k.width}, fan_in);
    value_ = graph_.add(name, op, {value_, weights, random_constant(name + ".bias", {outputs}, 8)});
    return *this;
  }
  TestNetwork& gemm(std::int64_t outputs) {
    const std::string name = next_name("fc");
    const std::int64_t inputs = shape()[1];
    Value* weights = random_constant(name + ".weight", {outputs, inputs}, inputs);
    value_ = graph_.add(name, Gemm{}, {value_, weights, random_constant(name + ".bias", {outputs}, 8)});
    return *this;
  }
  TestNetwork& max_pool(const Kernel& kernel) {
    MaxPool2d op;
    op.window = window_of(kernel);
    return add("pool", op);
  }
  TestNetwork& average_pool(const Kernel& kernel) {
    AveragePool2d op;
    op.window = window_of(kernel);
    op.count_include_pad = true;  // the form that integers have
    return add("pool", op);
  }
  TestNetwork& relu() { return add("relu", Relu{}); }
  TestNetwork& tanh() { return add("tanh", Tanh{}); }
  TestNetwork& flatten() { return add("flatten", Flatten{}); }

  const Shape& shape() const { return value_->shape(); }

  Graph finish() {
    graph_.set_outputs({value_});
    verify(graph_);
    return std::move(graph_);
  }

 private:
  static PoolWindow window_of(const Kernel& k) {
    return {k.height, k.width, k.stride_h, k.stride_w, k.pad_top, k.pad_left, k.pad_bottom, k.pad_right};
  }
  std::string next_name(const std::string& kind) { return fmt::format("{}{}", kind, ++count_); }
  template <class T>
  TestNetwork& add(const std::string& kind, T op) {
    value_ = graph_.add(next_name(kind), std::move(op), {value_});
    return *this;
  }
  Value* random_constant(const std::string& name, Shape shape, std::int64_t fan_in) {
    std::vector<float> values(static_cast<std::size_t>(shape.elements()));
    for (float& value : values) value = static_cast<float>(random_.normal() * std::sqrt(2.0 / static_cast<double>(fan_in)));
    return graph_.add_constant(name, Tensor(std::move(shape), std::move(values)));
  }

  Graph graph_;
  RandomStream random_;
  Value* value_;
  int count_ = 0;
};

/// Noise images of the network's size, channel planes.
inline std::vector<std::vector<std::uint8_t>> noise(const Graph& graph, int images, std::uint64_t seed) {
  std::vector<std::vector<std::uint8_t>> all;
  RandomStream random({seed, 77});
  for (int i = 0; i < images; ++i) {
    all.emplace_back(static_cast<std::size_t>(graph.inputs().front()->shape().elements()));
    for (std::uint8_t& pixel : all.back()) pixel = static_cast<std::uint8_t>(random.below(256));
  }
  return all;
}

/// The QDQ form of a float network, calibrated on noise.
inline Graph quantized(const Graph& float_graph, const QuantizeOptions& options = {}) {
  const auto feed = [&](const std::function<void(const Tensor&)>& use) {
    for (const auto& image : noise(float_graph, 8, 5)) use(preprocess(float_graph, image));
  };
  return quantize_model(float_graph, feed, options);
}

/// What a part with few multipliers wants: every requantization is a shift.
inline QuantizeOptions shift_only() {
  QuantizeOptions options;
  options.power_of_two = true;
  options.per_channel = false;
  return options;
}

inline int draw(RandomStream& random, int low, int high) {
  return low + static_cast<int>(random.below(static_cast<std::uint64_t>(high - low + 1)));
}

/// A kernel that fits a map, with pads below it.
inline TestNetwork::Kernel draw_kernel(RandomStream& random, const Shape& map, int largest) {
  TestNetwork::Kernel k;
  k.height = draw(random, 1, std::min(largest, static_cast<int>(map[2])));
  k.width = draw(random, 1, std::min(largest, static_cast<int>(map[3])));
  k.stride_h = draw(random, 1, 2);
  k.stride_w = draw(random, 1, 2);
  if (random.below(2) == 0) {
    k.pad_top = draw(random, 0, k.height - 1);
    k.pad_bottom = draw(random, 0, k.height - 1);
    k.pad_left = draw(random, 0, k.width - 1);
    k.pad_right = draw(random, 0, k.width - 1);
  }
  return k;
}

/// One to three convolutions with what the stream back end builds between them drawn at random, and a classifier of one or two layers.
inline Graph random_network(std::uint64_t seed) {
  RandomStream random({seed, 1});
  TestNetwork net(fmt::format("random{}", seed), draw(random, 1, 3), draw(random, 3, 9), draw(random, 3, 9), seed);
  const int layers = draw(random, 1, 3);
  for (int layer = 0; layer < layers; ++layer) {
    net.conv(draw(random, 1, 6), draw_kernel(random, net.shape(), 3));
    switch (random.below(4)) {
      case 0: net.relu(); break;
      case 1: net.tanh(); break;
      case 2: net.relu().max_pool(draw_kernel(random, net.shape(), 2)); break;
      default: net.average_pool(draw_kernel(random, net.shape(), 2)); break;
    }
  }
  net.flatten();
  if (random.below(2) == 0) net.gemm(draw(random, 1, 6)).relu();
  return net.gemm(draw(random, 2, 6)).finish();
}

/// 8 bits, which is what a QDQ file can say.
inline QuantizeOptions random_quantization(std::uint64_t seed) {
  RandomStream random({seed, 2});
  QuantizeOptions options;
  options.per_channel = random.below(2) == 0;
  options.power_of_two = random.below(2) == 0;
  options.unsigned_activations = random.below(2) == 0;
  options.symmetric_activations = random.below(2) == 0;
  return options;
}

}  // namespace bitloom::fpga
