// Gradients of quantizers that are trained, small enough to check by hand.
#include "ir/ops/fake_quantize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "train/executor.h"
#include "train/test_graphs.h"

namespace bitloom::train {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::FloatNear;

/// What comes out of four weights, each times an input of 1, and a quantizer of scale 1/4 to 0..3 behind them; the gradients of the
/// weights, and of scale and offset, of the sum of it all.
struct Trained {
  std::vector<float> outputs, gradient;
  std::vector<float> statistics = {};  ///< after the pass
};

Trained train_once(FakeQuantize op, std::optional<float> offset = {}, ElementType element = ElementType::integer(2, false),
                   bool observers_are_frozen = false, std::vector<float> of_weights = {0.53f, 9, -1, 0.2f}) {
  TestGraph t(1);
  const auto constant = [&](const char* name, Shape shape, std::vector<float> values) {
    return t.graph.add_constant(name, Tensor(std::move(shape), std::move(values)));
  };
  Value* weights = constant("w", {4, 1}, std::move(of_weights));  // in steps of the scale: 2.12, 36, -4, 0.8
  std::vector<Value*> operands{t.graph.add("", Gemm{}, {t.image({1, 1}), weights}), constant("scale", {}, {0.25f})};
  if (offset) operands.push_back(constant("offset", {}, {*offset}));
  op.element = element;
  const Graph graph = t.finish(t.graph.add("", op, operands));
  Parameters parameters(graph);
  Executor executor(graph, parameters);
  if (observers_are_frozen) executor.freeze_observers();
  executor.input(1)[0] = 1;
  const auto y = executor.forward(Mode::kTrain);
  Trained result{{y.begin(), y.end()}, std::vector<float>(parameters.trainable.size())};
  executor.backward(std::vector<float>{1, 1, 1, 1});
  executor.add_gradient(result.gradient);
  result.statistics = parameters.statistics;
  return result;
}

FakeQuantize by(Estimator estimator) {
  FakeQuantize op;
  op.estimator = estimator;
  return op;
}

TEST(FakeQuantizeKernel, StraightThroughPassesTheGradientInsideTheRange) {
  const Trained trained = train_once(by(Estimator::kStraightThrough));
  EXPECT_THAT(trained.outputs, ElementsAre(0.5f, 0.75f, 0, 0.25f));
  EXPECT_THAT(trained.gradient, ElementsAre(1, 0, 0, 1));
}

TEST(FakeQuantizeKernel, OfOneSignedBitTakesTheSignForTheRoundedValueAndPassesTheGradientBelowTheScale) {
  const Trained trained = train_once(by(Estimator::kLsq), {}, ElementType::bipolar());
  EXPECT_THAT(trained.outputs, ElementsAre(0.25f, 0.25f, -0.25f, 0.25f));
  // 1 + 1 - 1 + (1 - 0.8), over the root of 4 elements times 1
  EXPECT_THAT(trained.gradient, ElementsAre(0, 0, 0, 1, FloatNear(1.2f / 2, 1e-6f)));
}

TEST(FakeQuantizeKernel, LsqGivesTheScaleTheErrorOfRoundingAndTheEndOfTheRange) {
  const Trained trained = train_once(by(Estimator::kLsq));
  EXPECT_THAT(trained.outputs, ElementsAre(0.5f, 0.75f, 0, 0.25f));
  // (2 - 2.12) + 3 + 0 + (1 - 0.8), over the root of 4 elements times 3
  EXPECT_THAT(trained.gradient, ElementsAre(1, 0, 0, 1, FloatNear(static_cast<float>(3.08 / std::sqrt(12.0)), 1e-5f)));
}

TEST(FakeQuantizeKernel, LsqCountsTheEndsOfTheRangeFromTheZeroPoint) {
  FakeQuantize op = by(Estimator::kLsq);
  op.zero_point = 1;
  const Trained trained = train_once(op);
  EXPECT_THAT(trained.outputs, ElementsAre(0.5f, 0.5f, -0.25f, 0.25f));
  // 2 + 2 - 1 + (1 - 0.8), over the root of 4 elements times 2
  EXPECT_THAT(trained.gradient, ElementsAre(0, 0, 0, 1, FloatNear(static_cast<float>(3.2 / std::sqrt(8.0)), 1e-5f)));
}

TEST(FakeQuantizeKernel, LsqPlusMovesTheOffsetByWhatIsCutOff) {
  const Trained trained = train_once(by(Estimator::kLsqPlus), -0.5f);
  EXPECT_THAT(trained.outputs, ElementsAre(0.25f, 0.25f, -0.5f, 0.25f));
  // The zero point, 2, moves with the scale: 3 + 3 + 0 + (1 - 0.8), over the root of 4 elements times 3
  EXPECT_THAT(trained.gradient, ElementsAre(0, 0, 0, 1, FloatNear(static_cast<float>(6.2 / std::sqrt(12.0)), 1e-5f),
                                            FloatNear(static_cast<float>(3 / std::sqrt(12.0)), 1e-5f)));
}

/// Three output channels, of which two share a scale and an offset.
TEST(FakeQuantizeKernel, ScalesAndOffsetsOfGroupsOfChannelsGetWhatTheirChannelsGive) {
  TestGraph t(1);
  FakeQuantize op = by(Estimator::kLsq);
  op.element = ElementType::integer(2, false);
  op.per_channel = true;
  op.group = 2;
  Value* weights = t.graph.add_constant("w", Tensor({3, 1}, {0.53f, 9, -9}));
  Value* scale = t.graph.add_constant("scale", Tensor({2}, {0.25f, 0.5f}));
  Value* offset = t.graph.add_constant("offset", Tensor({2}, {0, -1}));
  const Graph graph = t.finish(t.graph.add("", Gemm{}, {t.image({1, 1}), t.graph.add("", op, {weights, scale, offset})}));
  Parameters parameters(graph);
  Executor executor(graph, parameters);
  executor.input(1)[0] = 1;
  const auto y = executor.forward(Mode::kTrain);
  EXPECT_THAT(std::vector<float>(y.begin(), y.end()), ElementsAre(0.5f, 0.75f, -1));
  std::vector<float> gradient(parameters.trainable.size());
  executor.backward(std::vector<float>{1, 1, 1});
  executor.add_gradient(gradient);
  const auto of = [&](const Value* value) {
    const auto& slice = *parameters.find(*value);
    return std::vector<float>(gradient.begin() + slice.offset, gradient.begin() + slice.offset + value->shape().elements());
  };
  EXPECT_THAT(of(weights), ElementsAre(1, 0, 0));
  // (2 - 2.12) + 3 over the root of 1.5 elements times 3; below the range, 0
  const auto root = static_cast<float>(std::sqrt(1.5 * 3));
  EXPECT_THAT(of(scale), ElementsAre(FloatNear(2.88f / root, 1e-5f), 0));
  EXPECT_THAT(of(offset), ElementsAre(FloatNear(1 / root, 1e-6f), FloatNear(1 / root, 1e-6f)));
}

TEST(FakeQuantizeKernel, PactMovesTheClippingValueByWhatIsCutOff) {
  const Trained trained = train_once(by(Estimator::kPact));
  EXPECT_THAT(trained.outputs, ElementsAre(0.5f, 0.75f, 0, 0.25f));
  // One element above: the clipping value's gradient is 1. A step of it is three times that of the scale.
  EXPECT_THAT(trained.gradient, ElementsAre(1, 0, 0, 1, FloatEq(1.0f / 3)));
}

TEST(FakeQuantizeKernel, DorefaPassesTheSlopeOfTheTanh) {
  const Trained trained = train_once(by(Estimator::kDorefa));
  const double largest = std::tanh(9.0), reach = 0.25 * 3;
  const auto slope = [&](double w) { return static_cast<float>((1 - std::tanh(w) * std::tanh(w)) / largest * reach); };
  EXPECT_THAT(trained.outputs, ElementsAre(0.25f, 0.75f, 0, 0.25f));  // 3 * tanh: 1.46, 3, -2.28, 0.59
  EXPECT_THAT(trained.gradient, ElementsAre(FloatNear(slope(0.53), 1e-5f), FloatNear(slope(9), 1e-5f), 0, FloatNear(slope(0.2), 1e-5f)));
}

TEST(FakeQuantizeKernel, DorefaPassesTheGradientThroughTheLargestWeight) {
  const Trained trained = train_once(by(Estimator::kDorefa), {}, ElementType::integer(2, false), false, {0.53f, 0.9f, -0.4f, 0.2f});
  const double reach = 0.25 * 3, t = std::tanh(0.53), largest = std::tanh(0.9), u = std::tanh(0.2);
  EXPECT_THAT(trained.outputs, ElementsAre(0.5f, 0.75f, 0, 0.25f));  // -0.4 lies outside: nothing passes through it
  const auto of_largest = static_cast<float>(-(t + u) * reach / (largest * largest) * (1 - largest * largest));
  EXPECT_THAT(trained.gradient, ElementsAre(FloatNear(static_cast<float>((1 - t * t) / largest * reach), 1e-5f), FloatNear(of_largest, 1e-5f), 0,
                                            FloatNear(static_cast<float>((1 - u * u) / largest * reach), 1e-5f)));
}

/// Weights that become 0 and powers of two from 1/8 to 1, an output channel each, times an input of 1.
struct Incremental {
  TestGraph t{1};
  Graph graph;
  Parameters parameters;
  Executor executor;

  Incremental() : graph(make()), parameters(graph), executor(graph, parameters) {}

  Graph make() {
    FakeQuantize op;
    op.element = ElementType::integer(5, true);
    op.narrow = true;
    op.estimator = Estimator::kIncremental;
    Value* weights = t.graph.add_constant("w", Tensor({4, 1}, {0.7f, -0.4f, 0.05f, 9}));
    Value* scale = t.graph.add_constant("scale", Tensor(Shape{}, std::vector<float>{0.125f}));
    return t.finish(t.graph.add("", Gemm{}, {t.image({1, 1}), t.graph.add("", op, {weights, scale})}));
  }
  std::vector<float> run(Mode mode) {
    executor.input(1)[0] = 1;
    const auto y = executor.forward(mode);
    return {y.begin(), y.end()};
  }
};

TEST(FakeQuantizeKernel, PassesWeightsOnWhileTheyTrainToPowersOfTwo) {
  Incremental net;
  EXPECT_THAT(net.run(Mode::kTrain), ElementsAre(0.7f, -0.4f, 0.05f, 9));
  std::vector<float> gradient(net.parameters.trainable.size());
  net.executor.backward(std::vector<float>{1, 2, 3, 4});
  net.executor.add_gradient(gradient);
  EXPECT_THAT(gradient, ElementsAre(1, 2, 3, 4));
}

TEST(FakeQuantizeKernel, ValidatesThePowersOfTwoThatWeightsBecome) {
  Incremental net;
  EXPECT_THAT(net.run(Mode::kEvaluate), ElementsAre(0.5f, -0.5f, 0, 1));
}

TEST(FakeQuantizeKernel, FollowsTheLargestValueByAMovingAverage) {
  FakeQuantize op = by(Estimator::kStraightThrough);
  op.observer_share = 0.25f;
  const Trained trained = train_once(op);  // 9 in three steps of 3: 3/4 * 1/4 + 1/4 * 3
  EXPECT_THAT(trained.statistics, ElementsAre(0.9375f));
  EXPECT_THAT(trained.outputs, ElementsAre(0.9375f, 2.8125f, 0, 0));  // with the range that this batch moved
  EXPECT_THAT(trained.gradient, ElementsAre(1, 0, 0, 1));
}

TEST(FakeQuantizeKernel, FollowsBothEndsOfTheRangeWhereTheZeroPointMay) {
  FakeQuantize op = by(Estimator::kStraightThrough);
  op.observer_share = 0.25f;
  const Trained trained = train_once(op, -0.5f);
  // The batch reaches from -1 to 9 in three steps; a quarter of that, and three of what was.
  EXPECT_THAT(trained.statistics, ElementsAre(FloatNear(0.75f * 0.25f + 0.25f * (10.0f / 3), 1e-6f), -0.625f));
}

TEST(FakeQuantizeKernel, LeavesTheRangeAloneWhereObserversAreFrozenAndPassesTheGradient) {
  FakeQuantize op = by(Estimator::kStraightThrough);
  op.observer_share = 0.25f;
  const Trained trained = train_once(op, {}, ElementType::integer(2, false), true);
  EXPECT_THAT(trained.statistics, ElementsAre(0.25f));
  EXPECT_THAT(trained.outputs, ElementsAre(0.5f, 0.75f, 0, 0.25f));
  EXPECT_THAT(trained.gradient, ElementsAre(1, 0, 0, 1));
}

}  // namespace
}  // namespace bitloom::train
