#include "train/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace bitloom::train {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;

/// The rate at the first step of each epoch.
std::vector<double> by_epoch(const Recipe::Train& options, std::vector<double> losses = {}) {
  std::vector<double> rates;
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    const std::size_t over = std::min(losses.size(), static_cast<std::size_t>(epoch));
    rates.push_back(learning_rate(options, {epoch * 10, 10, std::span(losses).first(over)}));
  }
  return rates;
}

TEST(LearningRate, StaysOrFallsAlongHalfACosineToNothing) {
  EXPECT_DOUBLE_EQ(learning_rate({.learning_rate = 0.5, .schedule = "constant"}, {99, 100}), 0.5);
  const Recipe::Train cosine{.epochs = 10, .learning_rate = 0.5, .schedule = "cosine"};
  EXPECT_DOUBLE_EQ(learning_rate(cosine, {0, 10}), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(cosine, {50, 10}), 0.25);
  EXPECT_NEAR(learning_rate(cosine, {100, 10}), 0, 1e-15);
}

TEST(LearningRate, FallsInSteps) {
  EXPECT_THAT(by_epoch({.epochs = 5, .learning_rate = 1, .schedule = "step", .factor = 0.5, .step_epochs = 2}), ElementsAre(1, 1, 0.5, 0.5, 0.25));
  EXPECT_THAT(by_epoch({.epochs = 5, .learning_rate = 1, .schedule = "multi-step", .factor = 0.5, .milestones = {1, 3}}),
              ElementsAre(1, 0.5, 0.5, 0.25, 0.25));
  EXPECT_THAT(by_epoch({.epochs = 3, .learning_rate = 1, .schedule = "exponential", .factor = 0.5}), ElementsAre(1, 0.5, 0.25));
  EXPECT_THAT(by_epoch({.epochs = 3, .learning_rate = 1, .schedule = "time", .factor = 1}), ElementsAre(1, 0.5, DoubleEq(1.0 / 3)));
}

TEST(LearningRate, FallsWhereTheValidationLossStandsStill) {
  const Recipe::Train plateau{.epochs = 8, .learning_rate = 1, .schedule = "plateau", .factor = 0.1, .patience = 1};
  EXPECT_THAT(by_epoch(plateau, {1.0, 0.9, 0.91, 0.89999, 0.8, 0.8, 0.8, 0.8}),
              ElementsAre(1, 1, 1, 1, DoubleEq(0.1), DoubleEq(0.1), DoubleEq(0.1), DoubleEq(0.01)));
}

TEST(LearningRate, WarmsUpInEqualSteps) {
  const Recipe::Train warm{.epochs = 4, .learning_rate = 1, .schedule = "cosine", .warmup_epochs = 2};
  EXPECT_DOUBLE_EQ(learning_rate(warm, {0, 10}), 0.05);
  EXPECT_DOUBLE_EQ(learning_rate(warm, {9, 10}), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(warm, {19, 10}), 1);
  EXPECT_DOUBLE_EQ(learning_rate(warm, {20, 10}), 1);
  EXPECT_DOUBLE_EQ(learning_rate(warm, {30, 10}), 0.5);
  const Recipe::Train all_warm{.epochs = 2, .learning_rate = 1, .schedule = "cosine", .warmup_epochs = 2};
  EXPECT_DOUBLE_EQ(learning_rate(all_warm, {9, 10}), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(all_warm, {19, 10}), 1);
}

TEST(StopsEarly, AfterSoManyEpochsWithoutABetterOne) {
  const Recipe::Train options{.stop_after = 2};
  EXPECT_FALSE(stops_early(options, std::vector<double>{}));
  EXPECT_FALSE(stops_early(options, std::vector<double>{90, 91, 90}));
  EXPECT_TRUE(stops_early(options, std::vector<double>{90, 91, 91, 90}));
  EXPECT_FALSE(stops_early({.stop_after = 0}, std::vector<double>(100, 50.0)));
}

}  // namespace
}  // namespace bitloom::train
