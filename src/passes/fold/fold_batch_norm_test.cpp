#include "passes/fold/fold_batch_norm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;
using testing::ElementsAre;
using testing::HasSubstr;

/// Runs both graphs on random images and compares what they answer, up to float rounding.
void expect_same_function(const Graph& before, const Graph& after, RandomStream& random) {
  for (const Tensor& image : random_images(before, random, 4)) {
    const Tensor expected = Interpreter(before).run(image), actual = Interpreter(after).run(image);
    for (std::size_t i = 0; i < expected.floats().size(); ++i)
      ASSERT_NEAR(actual.floats()[i], expected.floats()[i], 1e-5 * (1 + std::fabs(expected.floats()[i])));
  }
}

TEST(FoldBatchNorm, FoldsIntoConvolutionsAndGemmsAndKeepsTheFunction) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream random({seed});
    const Graph before =
        Builder(random, {1, 2, 6, 6}).conv(3, 3, 1).batch_norm().then(Relu{}).conv(4, 3).batch_norm().gemm(5).batch_norm().finish();
    Graph after = before.clone();
    EXPECT_EQ(fold_batch_norm(after), 3);
    verify(after);
    EXPECT_TRUE(after.nodes_of<BatchNorm>().empty());
    expect_same_function(before, after, random);
  }
}

TEST(FoldBatchNorm, GivesAConvolutionWithoutBiasOne) {
  RandomStream random({1});
  Builder builder(random, {1, 2, 6, 6});
  Value* w = builder.graph.add_constant("w", random_floats(random, {3, 2, 3, 3}));
  Value* y = builder.graph.add("conv", Conv2d{}, {builder.current(), w});
  std::vector<Value*> operands{y};
  for (const float v : {2.0f, 1.0f, 0.5f, 4.0f}) operands.push_back(builder.graph.add_constant("", Tensor({3}, {v, v, v})));
  builder.graph.set_outputs({builder.graph.add("bn", BatchNorm{}, operands)});
  const Graph before = builder.graph.clone();
  EXPECT_EQ(fold_batch_norm(builder.graph), 1);
  verify(builder.graph);
  ASSERT_NE(builder.graph.nodes_of<Conv2d>().front()->input(2), nullptr);
  expect_same_function(before, builder.graph, random);
}

TEST(FoldBatchNorm, LeavesAConvolutionAloneWhenItsOutputHasAnotherConsumer) {
  RandomStream random({1});
  Builder builder(random, {1, 2, 6, 6});
  builder.conv(3, 3);
  Value* conv = builder.current();
  builder.batch_norm();
  builder.graph.set_outputs({builder.graph.add("sum", Add{}, {builder.current(), conv})});
  const std::string before = to_text(builder.graph);
  Notes notes;
  EXPECT_EQ(fold_batch_norm(builder.graph, &notes), 0);
  EXPECT_EQ(to_text(builder.graph), before);
  EXPECT_THAT(notes, ElementsAre("net: node 'bn' (BatchNorm): left alone by fold_batch_norm: 'conv' has another consumer"));
}

TEST(FoldBatchNorm, LeavesABatchNormBehindAnotherOperatorAlone) {
  RandomStream random({1});
  Graph graph = Builder(random, {1, 2, 6, 6}).conv(3, 3).then(Relu{}).batch_norm().finish();
  Notes notes;
  EXPECT_EQ(fold_batch_norm(graph, &notes), 0);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("it does not follow a Conv2d or Gemm")));
}

TEST(FoldBatchNorm, AnotherLayerThatSharesTheWeightsKeepsThem) {
  RandomStream random({1});
  Builder builder(random, {1, 3, 4, 4});
  Value* image = builder.current();
  Conv2d op;
  Value* w = builder.graph.add_constant("w", random_floats(random, {3, 3, 1, 1}));
  builder.then(Relu{});
  Value* plain = builder.graph.add("plain", op, {image, w});
  std::vector<Value*> operands{builder.graph.add("folded", op, {image, w})};
  for (int i = 0; i < 4; ++i) operands.push_back(builder.graph.add_constant("", Tensor({3}, {2, 3, 4})));
  Value* bn = builder.graph.add("bn", BatchNorm{}, operands);
  builder.graph.set_outputs({builder.graph.add("sum", Add{}, {plain, bn})});
  const Graph before = builder.graph.clone();
  EXPECT_EQ(fold_batch_norm(builder.graph), 1);
  verify(builder.graph);
  expect_same_function(before, builder.graph, random);
}

TEST(FoldBatchNorm, LeavesALayerWithoutWeightsAlone) {
  Graph graph("test");
  Value* image = graph.add_input("image", {{1, 2, 3, 3}, ElementType::float32(), {}});
  const Tensor nothing({0}, std::vector<float>{});
  std::vector<Value*> operands{graph.add("conv", Conv2d{}, {image, graph.add_constant("w", Tensor({0, 2, 1, 1}, std::vector<float>{}))})};
  for (int i = 0; i < 4; ++i) operands.push_back(graph.add_constant("", nothing));
  graph.set_outputs({graph.add("bn", BatchNorm{}, operands)});
  Notes notes;
  EXPECT_EQ(fold_batch_norm(graph, &notes), 0);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("'conv' has no weights")));
}

TEST(FoldBatchNorm, FoldsOneBehindTheOther) {
  RandomStream random({1});
  Graph graph = Builder(random, {1, 2, 6, 6}).conv(3, 3).batch_norm().batch_norm().then(Relu{}).finish();
  const Graph before = graph.clone();
  EXPECT_EQ(fold_batch_norm(graph), 2);
  expect_same_function(before, graph, random);
}

}  // namespace
}  // namespace bitloom
