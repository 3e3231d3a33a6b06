#include "search/ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "passes/test_networks.h"

namespace bitloom::search {
namespace {

using testing::ElementsAre;

/// A ladder whose networks are as accurate as the test says: 90 % in float.
struct Trial {
  std::map<std::size_t, double> top1 = {};   ///< by how many layers are in float
  double trained = 0;
  Graph graph = test_networks::small_cnn();  // conv, conv_2, fc
  LadderOptions options{.float_top1 = 90, .max_drop = 1};
  std::vector<std::string> order = {"conv_2", "conv", "fc"};
  int asked_for_order = 0;

  std::vector<Rung> climb() {
    return search::climb(graph, options, {.quantize = [&](const auto& in_float) { return top1.at(in_float.size()); },
                                          .most_sensitive_first = [&] { return ++asked_for_order, order; },
                                          .train = [&] { return trained; }});
  }
};

std::vector<std::string> names_of(const std::vector<Rung>& rungs) {
  std::vector<std::string> names;
  for (const Rung& rung : rungs) names.push_back(rung.name);
  return names;
}

TEST(Ladder, EndsWhereEverythingQuantizedIsGoodEnough) {
  Trial trial{.top1 = {{0, 89}}};
  const std::vector<Rung> rungs = trial.climb();
  EXPECT_THAT(names_of(rungs), ElementsAre("everything quantized"));
  EXPECT_TRUE(rungs[0].passed);
  EXPECT_EQ(kept_rung(rungs), 0u);
}

TEST(Ladder, LeavesTheConvolutionsInFloatNext) {
  Trial trial{.top1 = {{0, 88.9}, {2, 89.5}}};
  const std::vector<Rung> rungs = trial.climb();
  EXPECT_THAT(names_of(rungs), ElementsAre("everything quantized", "part in float: 2 of 3 layers"));
  EXPECT_FALSE(rungs[0].passed);
  EXPECT_TRUE(rungs[1].passed);
  EXPECT_TRUE(rungs[1].layers.contains("conv") && rungs[1].layers.contains("conv_2"));
  EXPECT_GT(rungs[1].float_share, 0.9);
  EXPECT_EQ(trial.asked_for_order, 0);
}

TEST(Ladder, TrainsWhereThatIsShortToo) {
  Trial trial{.top1 = {{0, 80}, {2, 85}}, .trained = 89.2};
  const std::vector<Rung> rungs = trial.climb();
  EXPECT_THAT(names_of(rungs), ElementsAre("everything quantized", "part in float: 2 of 3 layers", "trained"));
  EXPECT_TRUE(rungs[2].passed);
  EXPECT_EQ(kept_rung(rungs), 2u);
}

TEST(Ladder, LeavesTheMostSensitiveLayersInFloatOneMoreAtATime) {
  Trial trial{.top1 = {{0, 80}, {1, 85}, {2, 89.9}}};
  trial.options.float_layers = FloatLayers::kSensitive;
  const std::vector<Rung> rungs = trial.climb();
  EXPECT_THAT(names_of(rungs), ElementsAre("everything quantized", "part in float: 1 of 3 layers", "part in float: 2 of 3 layers"));
  EXPECT_TRUE(rungs[1].layers.contains("conv_2"));
  EXPECT_EQ(trial.asked_for_order, 1);
}

TEST(Ladder, NeverLeavesAllLayersInFloat) {
  Trial trial{.top1 = {{0, 80}, {1, 80}, {2, 80}}, .trained = 80};
  trial.options.float_layers = FloatLayers::kSensitive;
  EXPECT_THAT(names_of(trial.climb()),
              ElementsAre("everything quantized", "part in float: 1 of 3 layers", "part in float: 2 of 3 layers", "trained"));
}

TEST(Ladder, StartsWithTheLayersThatStayInFloatAnyhow) {
  Trial trial{.top1 = {{1, 80}, {2, 85}}, .trained = 89.5};
  trial.options.always_float = {{"conv", {LayerBits::kFloat, LayerBits::kFloat}}};
  std::vector<Rung> rungs = trial.climb();
  EXPECT_THAT(names_of(rungs), ElementsAre("part in float: 1 of 3 layers", "part in float: 2 of 3 layers", "trained"));
  EXPECT_EQ(rungs[2].layers, trial.options.always_float);
  trial.options.float_layers = FloatLayers::kSensitive;
  EXPECT_THAT(names_of(trial.climb()), ElementsAre("part in float: 1 of 3 layers", "part in float: 2 of 3 layers", "trained")) << "conv is not counted twice";
}

TEST(Ladder, LeavesOutTheConvolutionsWhereNothingElseWouldBeQuantized) {
  Trial trial{.top1 = {{0, 80}, {1, 80}}, .trained = 89.5};
  trial.options.always_float = {{"fc", {LayerBits::kFloat, LayerBits::kFloat}}};
  const std::vector<Rung> rungs = trial.climb();
  EXPECT_THAT(names_of(rungs), ElementsAre("part in float: 1 of 3 layers", "part in float", "trained"));
  EXPECT_EQ(rungs[1].why_not, "no layer would be left to quantize");
}

TEST(Ladder, PassesOverLayersThatTakeTooManyOfTheMacs) {
  Trial trial{.top1 = {{0, 80}, {1, 81}}, .trained = 79};
  trial.options.float_layers = FloatLayers::kSensitive;
  trial.options.float_share = 0.1;  // fc has 0.03 of them
  const std::vector<Rung> rungs = trial.climb();
  EXPECT_THAT(names_of(rungs), ElementsAre("everything quantized", "part in float: 1 of 3 layers", "trained"));
  EXPECT_TRUE(rungs[1].layers.contains("fc"));
  EXPECT_EQ(kept_rung(rungs), 1u) << "none passed: the best";
}

TEST(Ladder, SaysWhyItLeavesARungOut) {
  Trial trial{.top1 = {{0, 80}}};
  trial.options.why_no_float = "hardware is made of integers";
  trial.options.why_no_training = "quantized_training.epochs is 0";
  const std::vector<Rung> rungs = trial.climb();
  ASSERT_EQ(rungs.size(), 3u);
  EXPECT_EQ(rungs[1].why_not, "hardware is made of integers");
  EXPECT_EQ(rungs[2].why_not, "quantized_training.epochs is 0");
  EXPECT_EQ(kept_rung(rungs), 0u);
  trial.options.why_no_float.clear();
  trial.options.float_layers = FloatLayers::kSensitive;
  trial.options.float_share = 0.001;
  EXPECT_EQ(trial.climb()[1].why_not, "no layer alone is within 0 % of the MACs");
}

/// 98.7 - 98.6 is 0.1 + 8.5e-15 in doubles.
TEST(Ladder, TakesADropOfExactlyWhatIsAllowed) {
  Trial trial{.top1 = {{0, 98.6}}};
  trial.options.float_top1 = 98.7, trial.options.max_drop = 0.1;
  EXPECT_TRUE(trial.climb().front().passed);
}

TEST(Ladder, TrainsWhereOneLayerAloneIsQuantized) {
  Trial trial{.top1 = {{2, 80}}, .trained = 89.5};
  trial.options.always_float = {{"conv", {LayerBits::kFloat, LayerBits::kFloat}}, {"fc", {LayerBits::kFloat, LayerBits::kFloat}}};
  trial.options.float_layers = FloatLayers::kSensitive;
  trial.order = {};
  const std::vector<Rung> rungs = trial.climb();
  ASSERT_EQ(rungs.size(), 3u);
  EXPECT_EQ(rungs[1].why_not, "no layer would be left to quantize");
  EXPECT_TRUE(rungs[2].passed);
}

}  // namespace
}  // namespace bitloom::search
