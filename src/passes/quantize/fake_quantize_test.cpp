#include "passes/quantize/fake_quantize.h"

#include <gtest/gtest.h>

#include <cmath>

#include "passes/lower/lower.h"
#include "passes/random_network.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;

Graph random_qdq(RandomStream& random) {
  QuantizeOptions options;
  options.weight_bits = between(random, 2, 8);
  options.per_channel = between(random, 0, 1);
  options.power_of_two = between(random, 0, 1);
  const Graph graph = random_network(random);
  const std::vector<Tensor> images = random_images(graph, random, 3);
  return quantize_model(graph, feed(images), options);
}

void expect_equal_constants(const Graph& a, const Graph& b) {
  ASSERT_EQ(a.constants().size(), b.constants().size());
  for (std::size_t i = 0; i < a.constants().size(); ++i) EXPECT_EQ(a.constants()[i]->constant(), b.constants()[i]->constant());
}

/// A Gemm whose weights are the given integers, not its data.
Graph gemm_with(const Tensor& weights) {
  Graph graph("net");
  Value* x = graph.add_input("image", {{1, weights.shape()[1]}, ElementType::float32(), {}});
  graph.set_outputs({graph.add("fc", Gemm{}, {x, graph.add("w_dq", Dequantize{}, {graph.add_constant("w", weights)})})});
  return graph;
}

TEST(FakeQuantize, ChangesNothingThatANetworkComputesAndTheWayBackIsTheSameGraph) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomStream random({seed, 0xFA6E});
    const Graph qdq = random_qdq(random);
    Graph trains = qdq.clone();
    const auto layers = qdq.nodes_of<Conv2d>().size() + qdq.nodes_of<Gemm>().size();
    ASSERT_EQ(fake_quantize_parameters(trains), static_cast<int>(2 * layers));  // weights and bias
    verify(trains);
    for (const Tensor& image : random_images(qdq, random, 2)) ASSERT_EQ(Interpreter(trains).run(image), Interpreter(qdq).run(image));
    const Graph lowered = lower(trains), expected = lower(qdq);
    ASSERT_EQ(to_text(lowered), to_text(expected));
    expect_equal_constants(lowered, expected);

    ASSERT_EQ(freeze_quantized_parameters(trains), static_cast<int>(2 * layers));
    verify(trains);
    ASSERT_EQ(to_text(trains), to_text(qdq));
    expect_equal_constants(trains, qdq);
  }
}

TEST(FakeQuantize, ParametersAreFloatsThatMoveTheIntegersOnlyWhenTheyCrossAStep) {
  const TensorType type{{1, 3}, ElementType::integer(4, true), Quantization{{0.5f}, 0, -1}};
  Graph graph = gemm_with(Tensor(type, {-7, 0, 3}));
  ASSERT_EQ(fake_quantize_parameters(graph), 1);
  Value* w = graph.nodes_of<Quantize>().front()->input(0);
  EXPECT_EQ(w->name(), "w");
  EXPECT_EQ(w->constant(), Tensor({1, 3}, {-3.5f, 0, 1.5f}));
  EXPECT_TRUE(graph.nodes_of<Quantize>().front()->as<Quantize>()->narrow);
  w->set_constant(Tensor({1, 3}, {-9, 0.2f, 1.8f}));  // beyond the range, within a step, over one
  freeze_quantized_parameters(graph);
  EXPECT_EQ(graph.constants().front()->constant(), Tensor(type, {-7, 0, 4}));
}

TEST(FakeQuantize, KeepsToTheWholeRangeWhereTheIntegersUseIt) {
  Graph graph = gemm_with(Tensor({{1, 2}, ElementType::int8(), Quantization{{0.5f}, 0, -1}}, {-128, 127}));
  fake_quantize_parameters(graph);
  EXPECT_FALSE(graph.nodes_of<Quantize>().front()->as<Quantize>()->narrow);
}

TEST(FakeQuantize, BipolarWeightsStaySigns) {
  const TensorType type{{1, 4}, ElementType::bipolar(), Quantization{{0.3f}, 0, -1}};
  Graph graph = gemm_with(Tensor(type, {-1, 1, 1, -1}));
  ASSERT_EQ(fake_quantize_parameters(graph), 1);
  EXPECT_EQ(graph.constants().front()->constant(), Tensor({1, 4}, {-0.3f, 0.3f, 0.3f, -0.3f}));
  freeze_quantized_parameters(graph);
  EXPECT_EQ(graph.constants().front()->constant(), Tensor(type, {-1, 1, 1, -1}));
}

TEST(FakeQuantize, ParametersThatTwoLayersShareStayOne) {
  Graph graph = gemm_with(Tensor({{2, 2}, ElementType::int8(), Quantization{{0.5f, 2}, 0, 0}}, {1, 2, 3, 4}));
  Value* again = graph.add("again_dq", Dequantize{}, {graph.constants().front()});
  graph.set_outputs({graph.add("again", Gemm{}, {graph.outputs().front(), again})});
  const Graph before = graph.clone();
  EXPECT_EQ(fake_quantize_parameters(graph), 1);
  EXPECT_EQ(graph.nodes_of<Quantize>().size(), 1u);
  verify(graph);
  freeze_quantized_parameters(graph);
  EXPECT_EQ(to_text(graph), to_text(before));
}

TEST(FakeQuantize, LeavesDataAndFloatsAlone) {
  Graph graph("net");
  Value* x = graph.add_input("image", {{1, 2}, ElementType::float32(), {}});
  Value* data = graph.add_constant("data", Tensor({{1, 2}, ElementType::int8(), Quantization{{0.5f}, 0, -1}}, {1, 2}));
  x = graph.add("", Add{}, {x, graph.add("", Dequantize{}, {data})});
  graph.set_outputs({graph.add("fc", Gemm{}, {x, graph.add_constant("w", Tensor({1, 2}, {1, 2}))})});
  const std::string before = to_text(graph);
  EXPECT_EQ(fake_quantize_parameters(graph), 0);
  EXPECT_EQ(freeze_quantized_parameters(graph), 0);
  EXPECT_EQ(to_text(graph), before);
}

TEST(FakeQuantize, GivesBackIntegersUpTo22BitsExactlyAndLargerOnesAsNearAsFloatsAre) {
  RandomStream random({0xB1A5});
  std::int64_t inexact = 0;
  for (int round = 0; round < 200; ++round) {
    const float scale = std::ldexp(1 + static_cast<float>(random.uniform()), between(random, -40, 5));
    std::vector<std::int32_t> q(1000);
    for (std::int32_t& n : q) n = static_cast<std::int32_t>(random.below(1u << 31)) >> between(random, 0, 12);
    q.front() = 1 << 22;
    Graph graph = gemm_with(Tensor({{1000, 1}, ElementType::int32(), Quantization{{scale}, 0, -1}}, q));
    fake_quantize_parameters(graph);
    freeze_quantized_parameters(graph);
    const auto back = graph.constants().front()->constant().integers();
    for (std::size_t i = 0; i < q.size(); ++i) {
      const std::int64_t difference = std::abs(std::int64_t{back[i]} - q[i]);
      ASSERT_LE(difference, q[i] <= 1 << 22 ? 0 : q[i] >> 22) << q[i] << " times " << scale;
      inexact += difference != 0;
    }
  }
  EXPECT_GT(inexact, 0);  // or else fake_quantize.h is too modest
}

}  // namespace
}  // namespace bitloom
