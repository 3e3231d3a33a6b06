#include "ir/ops/layer_norm.h"

#include <cmath>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::FloatEq;
using testing::HasSubstr;

LayerNorm layer_norm(int axis, float epsilon, bool statistics = false) {
  LayerNorm op;
  op.axis = axis;
  op.epsilon = epsilon;
  op.statistics = statistics;
  return op;
}

TEST(LayerNorm, NormalizesOverTheLastAxesThenScalesAndShifts) {
  // Mean 2, variance 2/3; with epsilon 1/3 the deviation is 1.
  const Tensor x({1, 3}, {1, 2, 3}), scale({3}, {1, 1, 10}), bias({3}, {0, 5, 0});
  EXPECT_THAT(values_of(run(layer_norm(1, 1.0f / 3), {x, scale, bias})), ElementsAre(FloatEq(-1), 5, FloatEq(10)));
}

TEST(LayerNorm, GivesEachImageAndLeadingPositionItsOwnStatistics) {
  const Tensor x({2, 2, 2}, {0, 2, 10, 14, -1, -3, 5, 7}), ones({2}, {1, 1});
  EXPECT_THAT(values_of(run(layer_norm(2, 0), {x, ones})), ElementsAre(-1, 1, -1, 1, 1, -1, -1, 1));
}

TEST(LayerNorm, GivesMeanAndInverseDeviationWhereAsked) {
  const Graph graph = graph_of(layer_norm(1, 3, true), {floats({1, 2}), floats({2})});
  ASSERT_EQ(graph.nodes()[0]->outputs().size(), 3u);
  EXPECT_EQ(graph.nodes()[0]->outputs()[2]->shape(), (Shape{1, 1}));
  const Tensor x({1, 2}, {4, 6}), scale({2}, {1, 1});
  std::vector<Tensor> outputs;
  for (const Value* output : graph.nodes()[0]->outputs()) outputs.emplace_back(output->type());
  const Tensor* inputs[] = {&x, &scale};
  graph.nodes()[0]->op().evaluate(inputs, outputs);
  EXPECT_THAT(values_of(outputs[1]), ElementsAre(5));
  EXPECT_THAT(values_of(outputs[2]), ElementsAre(0.5f));  // variance 1 + epsilon 3
}

TEST(LayerNorm, RefusesParametersOfAnotherShape) {
  EXPECT_EQ(refusal(layer_norm(2, 0), {floats({1, 3, 4}), floats({3, 4})}),
            "test: node 'node' (LayerNorm): scale has shape 3x4, the normalized axes have 4; make the two agree");
  EXPECT_THAT(refusal(layer_norm(3, 0), {floats({1, 3, 4}), floats({4})}), HasSubstr("axis 3 of a tensor 1x3x4"));
  EXPECT_THAT(refusal(layer_norm(2, NAN), {floats({1, 3, 4}), floats({4})}), HasSubstr("epsilon is nan"));
}

TEST(InstanceNorm, NormalizesEachChannelOfEachImage) {
  InstanceNorm op;
  op.epsilon = 0;
  const Tensor x({2, 2, 2}, {0, 2, 10, 14, -1, -3, 5, 7});
  EXPECT_THAT(values_of(run(op, {x, Tensor({2}, {1, 10}), Tensor({2}, {0, 3})})),
              ElementsAre(-1, 1, -7, 13, 1, -1, -7, 13));
  EXPECT_THAT(refusal(op, {floats({1, 2, 4}), floats({3}), floats({2})}),
              HasSubstr("scale has shape 3, the normalized axes have 2"));
  EXPECT_THAT(refusal(op, {floats({1, 2, 4}), floats({2})}), HasSubstr("operand 'bias' is missing"));
}

TEST(MeanVarianceNorm, NormalizesOverAnyAxes) {
  MeanVarianceNorm op;
  op.axes = {0, 2};
  const Tensor x({2, 1, 2}, {1, 1, 3, 3});
  std::vector<Tensor> y{Tensor(x.type())};
  const Tensor* inputs[] = {&x};
  op.evaluate(inputs, y);
  EXPECT_THAT(values_of(y[0]), ElementsAre(-1, -1, 1, 1));
  const Graph graph = graph_of(op, {floats({1, 1, 2})});
  EXPECT_FALSE(op.stacks_images(*graph.nodes()[0]));
  EXPECT_THAT(refusal(op, {floats({1, 2})}), HasSubstr("axes [0, 2] of a tensor 1x2"));
}

}  // namespace
}  // namespace bitloom
