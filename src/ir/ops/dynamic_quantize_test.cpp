#include "ir/ops/dynamic_quantize.h"

#include <cmath>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::FloatEq;
using testing::HasSubstr;

/// A graph of the operator alone, with all its outputs.
Graph with_all_outputs(Shape shape) {
  Graph graph("test");
  const Node* node = graph.add_node("node", std::make_unique<DynamicQuantize>(), {graph.add_input("x", floats(std::move(shape)))});
  graph.set_outputs(node->outputs());
  return graph;
}

std::vector<Tensor> all_outputs(const Tensor& x) { return Interpreter(with_all_outputs(x.shape())).run(std::vector<Tensor>{x}); }

TEST(DynamicQuantize, FindsScaleAndZeroPointFromTheRange) {  // the example of ONNX's documentation
  const std::vector<Tensor> outputs = all_outputs(Tensor({6}, {0, 2, -3, -2.5f, 1.34f, 0.5f}));
  EXPECT_THAT(integers_of(outputs[0]), ElementsAre(153, 255, 0, 26, 221, 179));
  EXPECT_THAT(values_of(outputs[1]), ElementsAre(FloatEq(5.0f / 255)));
  EXPECT_THAT(integers_of(outputs[2]), ElementsAre(153));
  EXPECT_EQ(outputs[2].shape(), Shape{});
}

TEST(DynamicQuantize, WidensARangeThatLacksZero) {
  const std::vector<Tensor> positive = all_outputs(Tensor({2}, {51, 255})), negative = all_outputs(Tensor({2}, {-255, -51}));
  EXPECT_THAT(integers_of(positive[0]), ElementsAre(51, 255));
  EXPECT_THAT(integers_of(positive[2]), ElementsAre(0));
  EXPECT_THAT(integers_of(negative[0]), ElementsAre(0, 204));
  EXPECT_THAT(integers_of(negative[2]), ElementsAre(255));
}

TEST(DynamicQuantize, GivesZerosTheScaleOne) {
  const std::vector<Tensor> outputs = all_outputs(Tensor({2}, {0, 0}));
  EXPECT_THAT(integers_of(outputs[0]), ElementsAre(0, 0));
  EXPECT_THAT(values_of(outputs[1]), ElementsAre(1));
}

TEST(DynamicQuantize, TakesARangeWithoutAScaleForZeros) {
  const std::vector<Tensor> outputs = all_outputs(Tensor({2}, {-1e-44f, 1e-44f}));
  EXPECT_THAT(integers_of(outputs[0]), ElementsAre(0, 0));
  EXPECT_THAT(values_of(outputs[1]), ElementsAre(1));
}

TEST(DynamicQuantize, QuantizesEachImageOfABatchByItself) {
  const Graph graph = with_all_outputs({1, 2});
  const std::vector<Tensor> outputs = Interpreter(graph).run(std::vector{Tensor({2, 2}, {0, 255, 0, 510})});
  EXPECT_THAT(integers_of(outputs[0]), ElementsAre(0, 255, 0, 255));
  EXPECT_THAT(values_of(outputs[1]), ElementsAre(1, 2));
}

TEST(DynamicQuantize, RefusesWhatHasNoRange) {
  EXPECT_THAT([] { all_outputs(Tensor({2}, {0, std::nanf("")})); }, testing::ThrowsMessage<InputError>(HasSubstr("is not finite")));
  EXPECT_THAT([] { all_outputs(Tensor({2}, {0, INFINITY})); }, testing::ThrowsMessage<InputError>(HasSubstr("is not finite")));
  EXPECT_THAT([] { all_outputs(Tensor({2}, {-3e38f, 3e38f})); }, testing::ThrowsMessage<InputError>(HasSubstr("leaves float32")));
}

}  // namespace
}  // namespace bitloom
