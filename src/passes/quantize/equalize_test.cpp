#include "passes/quantize/equalize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;
using testing::ElementsAre;
using testing::HasSubstr;

/// Up to float rounding.
void expect_same_function(const Graph& before, const Graph& after, RandomStream& random) {
  for (const Tensor& image : random_images(before, random, 4)) {
    const Tensor expected = Interpreter(before).run(image), actual = Interpreter(after).run(image);
    for (std::size_t i = 0; i < expected.floats().size(); ++i)
      ASSERT_NEAR(actual.floats()[i], expected.floats()[i], 1e-4 * (1 + std::fabs(expected.floats()[i])));
  }
}

/// Makes the output channels of every layer differ by factors up to 1,000.
void unbalance(Graph& graph, RandomStream& random) {
  for (Value* constant : graph.constants()) {
    Tensor tensor = constant->constant();
    const auto rows = static_cast<std::size_t>(tensor.shape()[0]), row = tensor.floats().size() / rows;
    if (tensor.shape().rank() < 2) continue;
    for (std::size_t r = 0; r < rows; ++r) {
      const auto factor = static_cast<float>(std::pow(10, random.uniform(-1.5, 1.5)));
      for (std::size_t i = r * row; i < (r + 1) * row; ++i) tensor.floats()[i] *= factor;
    }
    constant->set_constant(std::move(tensor));
  }
}

/// Largest over least of the largest weights of the output channels.
float spread(const Node& layer) {
  const Tensor& weights = layer.input(1)->constant();
  const std::size_t rows = static_cast<std::size_t>(weights.shape()[0]), row = weights.floats().size() / rows;
  std::vector<float> largest(rows);
  for (std::size_t i = 0; i < weights.floats().size(); ++i) largest[i / row] = std::max(largest[i / row], std::fabs(weights.floats()[i]));
  return *std::ranges::max_element(largest) / *std::ranges::min_element(largest);
}

Conv2d depthwise(int channels) {
  Conv2d op;
  op.groups = channels;
  op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = 1;
  return op;
}

TEST(EqualizeLayers, KeepsTheFunctionThroughConvolutionsPoolsAndFlatten) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream random({seed});
    Graph before = Builder(random, {1, 2, 8, 8})
                       .conv(4, 3, 1).then(Relu{}).then(max_pool(2)).conv(depthwise(4), 4, 3, 3).then(LeakyRelu{}).conv(6, 1).gemm(5).then(Relu{}).gemm(3)
                       .finish();
    unbalance(before, random);
    Graph after = before.clone();
    EXPECT_EQ(equalize_layers(after), 4);
    verify(after);
    expect_same_function(before, after, random);
  }
}

TEST(EqualizeLayers, LeavesAChannelAsLargeOnItsWayInAsOnItsWayOut) {
  RandomStream random({3});
  Graph graph = Builder(random, {1, 2, 6, 6}).conv(5, 3).then(Relu{}).gemm(4).finish();
  unbalance(graph, random);
  ASSERT_EQ(equalize_layers(graph), 1);
  const Node *conv = graph.nodes_of<Conv2d>().front(), *gemm = graph.nodes_of<Gemm>().front();
  for (std::size_t c = 0; c < 5; ++c) {
    float in = 0, out = 0;
    for (std::size_t i = 0; i < 18; ++i) in = std::max(in, std::fabs(conv->input(1)->constant().floats()[c * 18 + i]));
    for (std::size_t o = 0; o < 4; ++o)
      for (std::size_t p = 0; p < 16; ++p) out = std::max(out, std::fabs(gemm->input(1)->constant().floats()[o * 80 + c * 16 + p]));
    EXPECT_NEAR(in, out, 1e-3 * in);
  }
}

TEST(EqualizeLayers, BringsTheChannelsOfDepthwiseNetworksTogether) {
  RandomStream random({4});
  Graph graph = Builder(random, {1, 3, 8, 8})
                    .conv(16, 1).then(Relu{}).conv(depthwise(16), 16, 3, 3).then(Relu{}).conv(8, 1).then(Relu{}).gemm(4).finish();
  unbalance(graph, random);
  const float before = spread(*graph.nodes_of<Conv2d>()[1]);
  equalize_layers(graph);
  EXPECT_LT(spread(*graph.nodes_of<Conv2d>()[1]), before / 4);
}

TEST(EqualizeLayers, MakesABoundedReluARelu) {
  RandomStream random({5});
  Clip relu6;
  relu6.low = 0;
  relu6.high = 6;
  Graph before = Builder(random, {1, 2, 6, 6}).conv(4, 3).then(relu6).gemm(3).finish();  // activations near 1 stay under 6
  Graph after = before.clone();
  Notes notes;
  EXPECT_EQ(equalize_layers(after, &notes), 1);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("(Clip): became a Relu, because equalization scales the channels under its bound of 6")));
  EXPECT_TRUE(after.nodes_of<Clip>().empty());
  verify(after);
  expect_same_function(before, after, random);
}

TEST(EqualizeLayers, StopsWhereAnotherNodeReadsOrTheFunctionIsNotLinear) {
  RandomStream random({6});
  Builder branch(random, {1, 2, 6, 6});
  branch.conv(4, 3, 1).then(Relu{});
  Value* both = branch.current();
  const Graph residual = branch.conv(4, 3, 1).plus(both).gemm(3).finish();
  const Graph tanh = Builder(random, {1, 2, 6, 6}).conv(4, 3).then(Tanh{}).gemm(3).finish();
  for (const Graph* before : {&residual, &tanh}) {
    Graph after = before->clone();
    EXPECT_EQ(equalize_layers(after), 0);
    EXPECT_EQ(to_text(after), to_text(*before));
  }
}

TEST(EqualizeLayers, LeavesAChannelOfZerosAlone) {
  RandomStream random({7});
  Graph graph = Builder(random, {1, 2, 6, 6}).conv(3, 3).then(Relu{}).gemm(3).finish();
  Value* weights = graph.nodes_of<Conv2d>().front()->input(1);
  Tensor zeros = weights->constant();
  std::fill_n(zeros.floats().begin(), 18, 0.0f);
  weights->set_constant(zeros);
  const Graph before = graph.clone();
  equalize_layers(graph);
  expect_same_function(before, graph, random);
}

TEST(EqualizeLayers, LeavesAChannelAloneThatGivesNextToNothingButItsBias) {
  for (const float weight : {0.0f, 1e-20f, 1e-6f}) {
    RandomStream random({8});
    Graph graph = Builder(random, {1, 2, 6, 6}).conv(3, 3).then(Relu{}).gemm(3).finish();
    const Node* conv = graph.nodes_of<Conv2d>().front();
    Tensor weights = conv->input(1)->constant();
    std::fill_n(weights.floats().begin(), 18, weight);
    conv->input(1)->set_constant(weights);
    conv->input(2)->set_constant(Tensor({3}, {0.1f, 0, 0.1f}));
    const Graph before = graph.clone();
    Notes notes;
    equalize_layers(graph, &notes);
    EXPECT_THAT(notes, ElementsAre("net: node 'conv' (Conv2d): 1 of 3 channels are not equalized, because they give next to nothing but their biases"));
    EXPECT_EQ(conv->input(2)->constant().floats()[0], 0.1f);
    EXPECT_NE(conv->input(2)->constant().floats()[2], 0.1f);
    expect_same_function(before, graph, random);
  }
}

}  // namespace
}  // namespace bitloom
