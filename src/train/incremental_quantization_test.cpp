#include "train/incremental_quantization.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/ops/fake_quantize.h"
#include "train/test_graphs.h"

namespace bitloom::train {
namespace {

using testing::ElementsAre;

constexpr double kPortions[] = {0.5, 0.75, 0.875, 1};
const std::vector<float> kWeights{1, -0.7f, 0.3f, 0.1f, -0.05f, 0.02f, 0, -0.4f};

/// Eight weights that become 0 and powers of two from 1/8 to 1, and a bias.
struct Network {
  TestGraph t{1};
  Graph graph = make();
  Parameters parameters;

  explicit Network(std::set<std::string> frozen = {}) : parameters(graph, std::move(frozen)) {}

  Graph make() {
    FakeQuantize op;
    op.element = ElementType::integer(5, true);
    op.narrow = true;
    op.estimator = Estimator::kIncremental;
    Value* weights = t.graph.add_constant("w", Tensor({2, 4}, kWeights));
    Value* scale = t.graph.add_constant("scale", Tensor(Shape{}, std::vector<float>{0.125f}));
    Value* quantized = t.graph.add("quantizer", op, {weights, scale});
    return t.finish(t.graph.add("layer", Gemm{}, {t.image({1, 4}), quantized, t.graph.add_constant("b", Tensor({2}, {0.3f, 0.4f}))}));
  }
  std::vector<float> weights() const { return {parameters.trainable.begin(), parameters.trainable.begin() + 8}; }
};

TEST(IncrementalQuantization, QuantizesTheLargestWeightsOfEachPortionFirst) {
  Network net;
  IncrementalQuantization incremental(net.parameters, kPortions, 4);
  std::vector<float> quantized;
  incremental.begin_epoch(0, quantized, {});
  EXPECT_THAT(net.weights(), ElementsAre(1, -0.5f, 0.25f, 0.1f, -0.05f, 0.02f, 0, -0.5f));  // 0.7 lies below 3/4, 0.4 above 3/8
  EXPECT_THAT(quantized, ElementsAre(1, 1, 1, 0, 0, 0, 0, 1, 0, 0));
  incremental.begin_epoch(0, quantized, {});  // as at every step of the epoch
  EXPECT_THAT(quantized, ElementsAre(1, 1, 1, 0, 0, 0, 0, 1, 0, 0));
  net.parameters.trainable[5] = -0.08f;  // as training may leave it: now larger than its neighbour
  incremental.begin_epoch(1, quantized, {});
  EXPECT_THAT(net.weights(), ElementsAre(1, -0.5f, 0.25f, 0.125f, -0.05f, -0.125f, 0, -0.5f));
  incremental.begin_epoch(2, quantized, {});
  EXPECT_THAT(net.weights(), ElementsAre(1, -0.5f, 0.25f, 0.125f, 0, -0.125f, 0, -0.5f));  // 0.05 lies below 1/16
  net.parameters.trainable[6] = 7;
  incremental.begin_epoch(3, quantized, {});
  EXPECT_THAT(net.weights(), ElementsAre(1, -0.5f, 0.25f, 0.125f, 0, -0.125f, 1, -0.5f));  // a late giant becomes the largest power
  EXPECT_THAT(quantized, ElementsAre(1, 1, 1, 1, 1, 1, 1, 1, 0, 0));
}

TEST(IncrementalQuantization, DividesEpochsAmongPortionsAndEndsWithTheLast) {
  Network net;
  const auto portions = [&](int epochs) {
    const IncrementalQuantization incremental(net.parameters, kPortions, epochs);
    std::vector<double> all;
    for (int epoch = 0; epoch < epochs; ++epoch) all.push_back(incremental.portion(epoch));
    return all;
  };
  EXPECT_THAT(portions(4), ElementsAre(0.5, 0.75, 0.875, 1));
  EXPECT_THAT(portions(8), ElementsAre(0.5, 0.5, 0.75, 0.75, 0.875, 0.875, 1, 1));
  EXPECT_THAT(portions(6), ElementsAre(0.5, 0.75, 0.75, 0.875, 1, 1));
  EXPECT_THAT(portions(2), ElementsAre(0.75, 1));
  EXPECT_THAT(portions(1), ElementsAre(1));
}

TEST(IncrementalQuantization, LeavesQuantizedWeightsAloneWhateverMomentumAndDecayDo) {
  for (const char* name : {"sgd", "adam", "adamw"}) {
    Network net;
    IncrementalQuantization incremental(net.parameters, kPortions, 4);
    Recipe::Train options;
    options.optimizer = name;
    const auto optimizer = make_optimizer(options, {{0, 10, 0.5f}}, 1);
    std::vector<float> gradient(10, 1), quantized;
    step_free_weights(*optimizer, net.parameters.trainable, gradient, 0.01, quantized);  // all of them get momentum
    incremental.begin_epoch(0, quantized, {});
    const std::vector<float> before = net.parameters.trainable;
    clear_quantized(gradient, quantized);
    EXPECT_THAT(gradient, ElementsAre(0, 0, 0, 1, 1, 1, 1, 0, 1, 1));
    for (int step = 0; step < 3; ++step) step_free_weights(*optimizer, net.parameters.trainable, gradient, 0.01, quantized);
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(net.parameters.trainable[i] == before[i], quantized[i] == 1) << name << " " << i;
  }
}

TEST(IncrementalQuantization, GivesTheMovingAverageTheFinalValues) {
  Network net;
  IncrementalQuantization incremental(net.parameters, kPortions, 4);
  std::vector<float> quantized, average(10, 9);
  incremental.begin_epoch(0, quantized, average);
  EXPECT_THAT(average, ElementsAre(1, -0.5f, 0.25f, 9, 9, 9, 9, -0.5f, 9, 9));
}

TEST(IncrementalQuantization, QuantizesFrozenLayersAtOnce) {
  Network net({"layer"});
  const IncrementalQuantization incremental(net.parameters, kPortions, 4);
  EXPECT_FALSE(incremental.is_used());
  const std::vector<float>& all = net.parameters.statistics;
  EXPECT_THAT(std::vector<float>(all.begin(), all.begin() + 8), ElementsAre(1, -0.5f, 0.25f, 0.125f, 0, 0, 0, -0.5f));
}

TEST(IncrementalQuantization, HasNothingToDoInOtherNetworks) {
  const Graph graph = small_network(1, 3);
  Parameters parameters(graph);
  IncrementalQuantization incremental(parameters, kPortions, 4);
  std::vector<float> quantized;
  const std::vector<float> before = parameters.trainable;
  incremental.begin_epoch(3, quantized, {});
  EXPECT_TRUE(quantized.empty());
  EXPECT_EQ(parameters.trainable, before);
}

}  // namespace
}  // namespace bitloom::train
