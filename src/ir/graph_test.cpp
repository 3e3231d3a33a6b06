#include "ir/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "ir/interpreter.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/shape_ops.h"

namespace bitloom {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TensorType floats(Shape shape) { return {std::move(shape), ElementType::float32(), std::nullopt}; }

/// x -> Conv2d -> Relu -> Flatten -> Gemm
Graph small_network() {
  Graph graph("small");
  Value* x = graph.add_input("image", floats({1, 1, 3, 3}));
  Value* w = graph.add_constant("conv.weight", Tensor({2, 1, 2, 2}, {1, 0, 0, 1, 0, 1, 1, 0}));
  Value* b = graph.add_constant("conv.bias", Tensor({2}, {0, -1}));
  Value* y = graph.add("conv", Conv2d{}, {x, w, b});
  y = graph.add("relu", Relu{}, {y});
  y = graph.add("flatten", Flatten{}, {y});
  Value* v = graph.add_constant("fc.weight", Tensor({1, 8}, std::vector<float>(8, 1.0f)));
  y = graph.add("fc", Gemm{}, {y, v});
  graph.set_outputs({y});
  return graph;
}

TEST(Graph, TextShowsEveryNodeWithItsOperandsAttributesAndType) {
  const std::string text = to_text(small_network());
  EXPECT_THAT(text, HasSubstr("%image = input : float32[1x1x3x3]"));
  EXPECT_THAT(text, HasSubstr("%relu = Relu(%conv) : float32[1x2x2x2]"));
  EXPECT_THAT(text, HasSubstr("%fc = Gemm(%flatten, %fc.weight) : float32[1x1]"));
  EXPECT_THAT(text, HasSubstr("output %fc"));
}

TEST(Graph, TextDiffersWhenOneWeightDiffers) {
  Graph graph = small_network();
  const std::string before = to_text(graph);
  graph.constants().front()->set_constant(Tensor({2, 1, 2, 2}, {1, 0, 0, 1, 0, 1, 1, 0.5f}));
  EXPECT_NE(to_text(graph), before);
}

TEST(Graph, ACloneIsEqualAndIndependent) {
  Graph graph = small_network();
  Graph copy = graph.clone();
  EXPECT_EQ(to_text(copy), to_text(graph));
  verify(copy);
  copy.constants().front()->set_constant(Tensor({2, 1, 2, 2}, std::vector<float>(8, 3.0f)));
  EXPECT_NE(to_text(copy), to_text(graph));
}

TEST(Graph, AMovedGraphKeepsItsNodesPointingAtIt) {
  Graph graph = small_network();
  Graph moved = std::move(graph);
  EXPECT_EQ(&moved.nodes().front()->graph(), &moved);
  verify(moved);
}

TEST(Graph, NamesAreMadeUnique) {
  Graph graph;
  Value* x = graph.add_input("x", floats({1, 4}));
  Value* a = graph.add("relu", Relu{}, {x});
  Value* b = graph.add("relu", Relu{}, {a});
  Value* c = graph.add("", Relu{}, {b});
  EXPECT_EQ(a->name(), "relu");
  EXPECT_EQ(b->name(), "relu_2");
  EXPECT_EQ(c->name(), "relu_3");
}

TEST(Graph, NumbersOfErasedNamesAreFreeAgain) {
  Graph graph = small_network();
  const Tensor one(Shape{1}, std::vector<float>{1});
  for (const char* name : {"twin", "twin_2", "twin_3"}) EXPECT_EQ(graph.add_constant("twin", one)->name(), name);
  graph.erase_dead_nodes();
  for (const char* name : {"twin", "twin_2"}) EXPECT_EQ(graph.add_constant("twin", one)->name(), name);
}

TEST(Graph, TwentyThousandNodesOfOneNameThatReadOneValueTakeNoTime) {
  Graph graph;
  Value* x = graph.add_input("x", floats({1, 4}));
  for (int i = 0; i < 20000; ++i) graph.add("relu", Relu{}, {x});
  graph.set_outputs({graph.add("last", Relu{}, {x})});
  verify(graph);
  graph.erase_dead_nodes();
  EXPECT_EQ(graph.nodes().size(), 1u);
  EXPECT_EQ(x->consumers().size(), 1u);
}

TEST(Graph, ClonesShareTheirConstantsUntilOneIsReplaced) {
  const Graph graph = small_network();
  Graph copy = graph.clone();
  EXPECT_EQ(copy.constants().front()->shared_constant(), graph.constants().front()->shared_constant());
  Tensor other = graph.constants().front()->constant();
  other.floats()[0] += 1;
  copy.constants().front()->set_constant(other);
  EXPECT_NE(copy.constants().front()->constant(), graph.constants().front()->constant());
}

TEST(Graph, ReplaceAllUsesMovesConsumersAndOutputsAndTheDeadNodeGoes) {
  Graph graph = small_network();
  Node* relu = graph.nodes_of<Relu>().front();
  graph.replace_all_uses(relu->output(), relu->input(0));
  graph.erase_dead_nodes();
  verify(graph);
  EXPECT_TRUE(graph.nodes_of<Relu>().empty());
  EXPECT_EQ(graph.nodes_of<Flatten>().front()->producer(0)->name(), "conv");
}

TEST(Graph, ReplaceAllUsesKeepsBothUsesOfAValueReadTwiceByOneNode) {
  Graph graph;
  Value* x = graph.add_input("x", floats({1, 4}));
  Value* y = graph.add("relu", Relu{}, {x});
  graph.set_outputs({graph.add("sum", Add{}, {y, y})});
  graph.replace_all_uses(y, x);
  graph.erase_dead_nodes();
  verify(graph);
  EXPECT_EQ(x->consumers().size(), 2u);
}

TEST(Graph, EraseDeadNodesFollowsAChainBackToItsConstants) {
  Graph graph = small_network();
  graph.set_outputs({graph.nodes_of<Relu>().front()->output()});
  graph.erase_dead_nodes();
  verify(graph);
  EXPECT_EQ(graph.nodes().size(), 2u);
  EXPECT_EQ(graph.constants().size(), 2u);
}

TEST(Graph, SingleConsumerIsNullForAGraphOutput) {
  Graph graph = small_network();
  Node* conv = graph.nodes_of<Conv2d>().front();
  EXPECT_EQ(conv->single_consumer(), graph.nodes_of<Relu>().front());
  graph.set_outputs({conv->output(), graph.outputs().front()});
  EXPECT_EQ(conv->single_consumer(), nullptr);
}

TEST(Graph, CountsParametersAndMacs) {
  const Graph graph = small_network();
  EXPECT_EQ(graph.parameters(), 8 + 2 + 8);
  EXPECT_EQ(graph.macs(), 2 * 4 * 4 + 8);
}

TEST(Verify, AcceptsASmallNetwork) { EXPECT_NO_THROW(verify(small_network())); }

TEST(Verify, RejectsAConstantThatIsNotANumberAndNamesIt) {
  Graph graph = small_network();
  graph.constants().front()->set_constant(Tensor({2, 1, 2, 2}, {1, 0, 0, 1, 0, 1, 1, std::nanf("")}));
  EXPECT_THAT([&] { verify(graph); }, ThrowsMessage<InputError>(HasSubstr("small: constant 'conv.weight': element 7 is nan")));
}

TEST(Verify, RejectsAnIntegerOutsideItsType) {
  Graph graph;
  Value* w = graph.add_constant("w", Tensor({{2}, ElementType::integer(4, true), std::nullopt}, {7, 8}));
  graph.set_outputs({w});
  EXPECT_THAT([&] { verify(graph); }, ThrowsMessage<InputError>(HasSubstr("element 1 is 8, outside int4")));
}

TEST(Verify, RejectsTypesThatTheOperatorDoesNotInfer) {
  Graph graph = small_network();
  graph.constants().front()->set_constant(Tensor({3, 1, 2, 2}, std::vector<float>(12)));
  EXPECT_THROW(verify(graph), InputError);
}

TEST(Verify, RejectsAGraphWithoutOutput) {
  Graph graph;
  graph.add_input("x", floats({1}));
  EXPECT_THAT([&] { verify(graph); }, ThrowsMessage<InputError>(HasSubstr("no output")));
}

TEST(Interpreter, RunsASmallNetwork) {
  const Graph graph = small_network();
  const Tensor y = Interpreter(graph).run(Tensor({1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9}));
  // channel 0: x[i,j] + x[i+1,j+1] = 6 8 12 14; channel 1: x[i,j+1] + x[i+1,j] - 1 = 5 7 11 13
  EXPECT_EQ(y.floats()[0], 6 + 8 + 12 + 14 + 5 + 7 + 11 + 13);
}

TEST(Interpreter, ABatchOfTwoEqualsTwoSingleImages) {
  const Graph graph = small_network();
  const std::vector<float> a{1, 2, 3, 4, 5, 6, 7, 8, 9}, b{9, 7, 5, 3, 1, -1, -3, -5, -7};
  std::vector<float> both = a;
  both.insert(both.end(), b.begin(), b.end());
  const Tensor y = Interpreter(graph).run(Tensor({2, 1, 3, 3}, both));
  EXPECT_EQ(y.shape(), (Shape{2, 1}));
  EXPECT_EQ(y.floats()[0], Interpreter(graph).run(Tensor({1, 1, 3, 3}, a)).floats()[0]);
  EXPECT_EQ(y.floats()[1], Interpreter(graph).run(Tensor({1, 1, 3, 3}, b)).floats()[0]);
}

TEST(Interpreter, NamesTheInputWhoseTypeDoesNotFit) {
  const Graph graph = small_network();
  EXPECT_THAT([&] { Interpreter(graph).run(Tensor({1, 1, 2, 2}, std::vector<float>(4))); },
              ThrowsMessage<InputError>(HasSubstr("input 'image': takes float32[1x1x3x3] but was given float32[1x1x2x2]")));
}

TEST(Preprocess, MapsPixelsThroughRangeMeanAndStandardDeviation) {
  Graph graph;
  graph.add_input("x", floats({1, 2, 1, 1}));
  graph.preprocessing = {-1, 1, {0.0f, 0.5f}, {1.0f, 0.25f}};
  const std::uint8_t pixels[] = {0, 255};
  const Tensor x = preprocess(graph, pixels);
  EXPECT_EQ(x.floats()[0], -1.0f);
  EXPECT_EQ(x.floats()[1], 2.0f);
}

}  // namespace
}  // namespace bitloom
