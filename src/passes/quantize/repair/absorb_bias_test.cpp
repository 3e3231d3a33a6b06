#include "passes/quantize/repair/absorb_bias.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kSeed = 20261121;

/// Raises the first layer's bias of channel 1 so that its Relu never cuts.
void raise_bias(Graph& graph, float by) {
  Value* bias = graph.nodes_of<Conv2d>().front()->input(2);
  Tensor raised = bias->constant();
  raised.floats()[1] += by;
  bias->set_constant(std::move(raised));
}

float bias_of_first(const Graph& graph) { return graph.nodes_of<Conv2d>().front()->input(2)->constant().floats()[1]; }

TEST(AbsorbHighBiases, MovesWhatAChannelAlwaysGivesAndKeepsTheFunction) {
  for (const bool has_convolution_behind : {false, true}) {
    RandomStream random({kSeed, has_convolution_behind});
    Builder builder(random, {1, 2, 8, 8});
    builder.conv(4, 3).then(Relu{}).then(max_pool(2));
    Graph graph = has_convolution_behind ? builder.conv(5, 2).gemm(3).finish() : builder.gemm(3).finish();
    raise_bias(graph, 50);
    const Graph before = graph.clone();
    const std::vector<Tensor> images = random_images(graph, random, 20);
    Notes notes;
    EXPECT_EQ(absorb_high_biases(graph, feed(images), &notes, run_on_reference), 1);
    EXPECT_THAT(notes, ElementsAre(testing::AllOf(HasSubstr("net: node 'conv' (Conv2d): 1 of 4 channels gave up to"), HasSubstr("of their biases to"))));
    verify(graph);
    EXPECT_LT(bias_of_first(graph), bias_of_first(before) - 40);
    for (const Tensor& image : images) {
      const Tensor expected = Interpreter(before).run(image), actual = Interpreter(graph).run(image);
      for (std::size_t i = 0; i < expected.floats().size(); ++i) EXPECT_NEAR(actual.floats()[i], expected.floats()[i], 2e-3 * (1 + std::fabs(expected.floats()[i])));
    }
  }
}

TEST(AbsorbHighBiases, LeavesAloneWhatPadsOrIsCutFromAbove) {
  Clip relu6;
  relu6.low = 0;
  relu6.high = 100;
  RandomStream random({kSeed + 1});
  Graph padded = Builder(random, {1, 2, 8, 8}).conv(4, 3).then(Relu{}).conv(3, 3, 1).finish();
  Graph bounded = Builder(random, {1, 2, 8, 8}).conv(4, 3).then(relu6).conv(3, 3).finish();
  for (Graph* graph : {&padded, &bounded}) {
    raise_bias(*graph, 50);
    const std::string before = to_text(*graph);
    Notes notes;
    const std::vector<Tensor> images = random_images(*graph, random, 5);
    EXPECT_EQ(absorb_high_biases(*graph, feed(images), &notes, run_on_reference), 0);
    EXPECT_EQ(to_text(*graph), before);
    EXPECT_GT(bias_of_first(*graph), 40);
    if (graph == &padded) {
      EXPECT_THAT(notes, ElementsAre("net: node 'conv' (Conv2d): keeps its high biases, because 'conv_2' behind it pads with zeros"));
    } else {
      EXPECT_THAT(notes, ElementsAre());
    }
  }
}

TEST(AbsorbHighBiases, SaysSoWhereNoChannelIsHighEnough) {
  RandomStream random({kSeed + 2});
  Graph graph = Builder(random, {1, 2, 8, 8}).conv(4, 3).then(Relu{}).gemm(3).finish();
  Value* bias = graph.nodes_of<Conv2d>().front()->input(2);
  bias->set_constant(Tensor({4}, std::vector<float>(4, -50)));
  Notes notes;
  const std::vector<Tensor> images = random_images(graph, random, 10);
  EXPECT_EQ(absorb_high_biases(graph, feed(images), &notes, run_on_reference), 0);
  EXPECT_THAT(notes, ElementsAre("net: of the pairs that can be absorbed, no channel lies three deviations above 0, so no bias was absorbed"));
}

}  // namespace
}  // namespace bitloom
