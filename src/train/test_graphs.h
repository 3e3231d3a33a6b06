#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/random.h"
#include "ir/graph.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/shape_ops.h"
#include "train/images.h"

namespace bitloom::train {

/// For tests: random tensors, and graphs with random weights put together in a line a layer.
inline Tensor random_tensor(Shape shape, RandomStream& random, double low = -1, double high = 1) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  for (float& value : values) value = static_cast<float>(random.uniform(low, high));
  return Tensor(std::move(shape), std::move(values));
}

/// The attributes of a Conv2d, to be named where it is made.
struct Geometry {
  int stride_h = 1, stride_w = 1;
  int top = 0, left = 0, bottom = 0, right = 0;
  int dilation_h = 1, dilation_w = 1;
  int groups = 1;
};

struct TestGraph {
  Graph graph{"test"};
  RandomStream random;

  explicit TestGraph(std::uint64_t seed) : random({seed}) {}

  Value* image(Shape shape) { return graph.add_input("image", {std::move(shape), ElementType::float32(), {}}); }
  Value* constant(Shape shape, double low = -1, double high = 1) {
    return graph.add_constant("", random_tensor(std::move(shape), random, low, high));
  }
  Value* conv(Value* x, std::int64_t channels, std::int64_t kernel, Geometry g = {}) {
    Conv2d op;
    std::tie(op.stride_h, op.stride_w, op.dilation_h, op.dilation_w) = std::tie(g.stride_h, g.stride_w, g.dilation_h, g.dilation_w);
    std::tie(op.pad_top, op.pad_left, op.pad_bottom, op.pad_right) = std::tie(g.top, g.left, g.bottom, g.right);
    op.groups = g.groups;
    return graph.add("", op, {x, constant({channels, x->shape()[1] / op.groups, kernel, kernel}), constant({channels})});
  }
  Value* gemm(Value* x, std::int64_t outputs) {
    return graph.add("", Gemm{}, {x, constant({outputs, x->shape()[1]}), constant({outputs})});
  }
  Value* max_pool(Value* x, PoolWindow window) {
    MaxPool2d op;
    op.window = window;
    return graph.add("", op, {x});
  }
  Value* average_pool(Value* x, PoolWindow window, bool count_include_pad = false) {
    AveragePool2d op;
    op.window = window;
    op.count_include_pad = count_include_pad;
    return graph.add("", op, {x});
  }
  Graph finish(Value* output) {
    graph.set_outputs({output});
    return std::move(graph);
  }
};

constexpr PoolWindow kHalf{.kernel_h = 2, .kernel_w = 2, .stride_h = 2, .stride_w = 2};

/// 8x8 grey images of `classes` kinds, each with its own bright row in noise: a small network tells them apart after a few steps.
inline Images striped_images(std::int64_t count, int classes, std::uint64_t seed) {
  RandomStream random({seed});
  Images images{{1, 8, 8}, std::vector<std::uint8_t>(static_cast<std::size_t>(count * 64)), {}};
  for (std::int64_t n = 0; n < count; ++n) {
    const auto label = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(classes)));
    images.labels.push_back(label);
    for (int p = 0; p < 64; ++p) {
      const std::uint64_t brightness = random.below(128) + (p / 8 == 2 * label + 1 ? 128 : 0);
      images.pixels[static_cast<std::size_t>(n * 64 + p)] = static_cast<std::uint8_t>(brightness);
    }
  }
  return images;
}

/// conv 1 -> 4, ReLU, max pool, fully connected: for 8x8 grey images.
inline Graph small_network(std::uint64_t seed, std::int64_t classes) {
  TestGraph net(seed);
  Value* x = net.graph.add("", Relu{}, {net.conv(net.image({1, 1, 8, 8}), 4, 3)});
  return net.finish(net.gemm(net.graph.add("", Flatten{}, {net.max_pool(x, kHalf)}), classes));
}

}  // namespace bitloom::train
