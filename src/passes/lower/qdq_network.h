#pragma once

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "ir/interpreter.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/quantization.h"
#include "passes/lower/lower.h"

/// For tests of `lower`: small QDQ graphs by hand.
namespace bitloom::test_networks {

inline std::vector<std::string> kinds_of(const Graph& graph) {
  std::vector<std::string> kinds;
  for (const Node* node : graph.nodes()) kinds.emplace_back(node->op().name());
  return kinds;
}

/// A QDQ graph written by hand, as another tool might have made it.
class Qdq {
 public:
  explicit Qdq(Shape image) : current(graph.add_input("image", {std::move(image), ElementType::float32(), {}})) {}

  Qdq& quantize(float scale, std::int32_t zero_point = 0, ElementType element = ElementType::uint8()) {
    Quantize op;
    op.element = element;
    op.quantization = {{scale}, zero_point, -1};
    return then(op).then(Dequantize{});
  }
  template <class T>
  Qdq& then(T op) {
    current = graph.add("", std::move(op), {current});
    return *this;
  }
  /// A 1x1 convolution with `outputs` channels and weights 1, 2, 3, ... times 1/4.
  Qdq& conv(int outputs, std::int32_t weights_zero_point = 0) {
    const Shape shape{outputs, current->shape()[1], 1, 1};
    std::vector<std::int32_t> w(static_cast<std::size_t>(shape.elements()));
    std::iota(w.begin(), w.end(), 1);
    Value* constant =
        graph.add_constant("w", Tensor({shape, ElementType::int8(), Quantization{{0.25f}, weights_zero_point, -1}}, std::move(w)));
    current = graph.add("conv", Conv2d{}, {current, graph.add("w_dq", Dequantize{}, {constant})});
    return *this;
  }
  const Graph& finish() {
    graph.set_outputs({current});
    verify(graph);
    return graph;
  }

  Graph graph{"qdq"};
  Value* current;
};

inline constexpr float kStep = 0.125f;

/// Runs QDQ and integer graph on the image and expects the same real numbers.
inline void expect_same(const Graph& qdq, const Tensor& image) {
  const Graph integer = lower(qdq);
  verify(integer);
  const Tensor y = Interpreter(qdq).run(image), q = Interpreter(integer).run(quantize_input(integer, image));
  for (std::size_t i = 0; i < y.floats().size(); ++i) {
    const Quantization& quantization = *q.type().quantization;
    ASSERT_EQ(y.floats()[i], quantization.scales[0] * static_cast<float>(q.integers()[i] - quantization.zero_point)) << "element " << i;
  }
}

/// 1x1x4x4: -1, -7/8, ... in steps of 1/8, so that all arithmetic below is exact in float32.
inline Tensor ramp() {
  std::vector<float> values(16);
  for (std::size_t i = 0; i < 16; ++i) values[i] = static_cast<float>(i) * kStep - 1;
  return Tensor({1, 1, 4, 4}, std::move(values));
}

}  // namespace bitloom::test_networks
