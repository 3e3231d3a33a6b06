#include "train/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <algorithm>

#include "base/random.h"

namespace bitloom::train {
namespace {

constexpr std::size_t kCount = 1000;
constexpr double kRate = 0.01;

/// The same noisy gradients through ours and LibTorch's optimizer; both end in the same place.
void expect_same_path(const Recipe::Train& options, float weight_decay, torch::optim::Optimizer& reference, at::Tensor& parameters) {
  RandomStream random({7});
  const auto optimizer = make_optimizer(options, {{0, 300, weight_decay}, {300, kCount, weight_decay}}, 1);
  const std::span<float> theirs(parameters.data_ptr<float>(), kCount);
  std::vector<float> ours(kCount), gradient(kCount);
  for (float& p : ours) p = static_cast<float>(random.uniform(-1, 1));
  std::ranges::copy(ours, theirs.begin());
  for (int step = 0; step < 50; ++step) {
    for (float& g : gradient) g = static_cast<float>(random.uniform(-1, 1) + 0.3);
    optimizer->step(ours, gradient, kRate);
    parameters.mutable_grad() = at::from_blob(gradient.data(), {static_cast<std::int64_t>(kCount)}).clone();
    reference.step();
  }
  EXPECT_THAT(ours, testing::Pointwise(testing::FloatNear(2e-6f), theirs));
}

at::Tensor leaf() { return at::zeros({static_cast<std::int64_t>(kCount)}).requires_grad_(); }

TEST(Optimizer, AdamGoesWhereLibTorchsGoes) {
  at::Tensor parameters = leaf();
  torch::optim::Adam reference({parameters}, torch::optim::AdamOptions(kRate));
  expect_same_path({.optimizer = "adam"}, 0, reference, parameters);
}

TEST(Optimizer, AdamDecaysWeightsAsLibTorchsDoes) {
  at::Tensor parameters = leaf();
  torch::optim::Adam reference({parameters}, torch::optim::AdamOptions(kRate).weight_decay(0.1));
  expect_same_path({.optimizer = "adam"}, 0.1f, reference, parameters);
}

TEST(Optimizer, SgdWithMomentumAndWeightDecayGoesWhereLibTorchsGoes) {
  at::Tensor parameters = leaf();
  torch::optim::SGD reference({parameters}, torch::optim::SGDOptions(kRate).momentum(0.9).weight_decay(0.1));
  expect_same_path({.optimizer = "sgd", .momentum = 0.9}, 0.1f, reference, parameters);
}

TEST(Optimizer, NesterovsMomentumGoesWhereLibTorchsGoes) {
  at::Tensor parameters = leaf();
  torch::optim::SGD reference({parameters}, torch::optim::SGDOptions(kRate).momentum(0.9).weight_decay(0.1).nesterov(true));
  expect_same_path({.optimizer = "sgd", .momentum = 0.9, .nesterov = true}, 0.1f, reference, parameters);
}

TEST(Optimizer, AdamWDecaysWeightsApartFromTheGradientAsLibTorchsDoes) {
  at::Tensor parameters = leaf();
  torch::optim::AdamW reference({parameters}, torch::optim::AdamWOptions(kRate).weight_decay(0.1));
  expect_same_path({.optimizer = "adamw"}, 0.1f, reference, parameters);
}

TEST(Optimizer, DecaysEachGroupByItsOwn) {
  for (const char* name : {"adamw", "sgd"}) {
    std::vector<float> parameters(6, 1);
    make_optimizer({.optimizer = name, .momentum = 0}, {{0, 2, 0.5f}, {2, 6, 0}}, 1)->step(parameters, std::vector<float>(6), 0.1);
    EXPECT_THAT(parameters, testing::ElementsAre(0.95f, 0.95f, 1, 1, 1, 1)) << name;
  }
}

TEST(ClipGradient, ShortensWhatIsTooLong) {
  std::vector<float> gradient{3, 4};
  EXPECT_DOUBLE_EQ(clip_gradient(gradient, 10), 5);
  EXPECT_THAT(gradient, testing::ElementsAre(3, 4));
  EXPECT_DOUBLE_EQ(clip_gradient(gradient, 1), 5);
  EXPECT_THAT(gradient, testing::ElementsAre(testing::FloatEq(0.6f), testing::FloatEq(0.8f)));
}

TEST(Optimizer, GivesTheSameBitsOnAnyNumberOfThreads) {
  constexpr std::size_t kMany = 500'000;  // more than one thread's share
  RandomStream random({8});
  std::vector<float> gradient(kMany), alone(kMany, 1), together(kMany, 1);
  for (float& g : gradient) g = static_cast<float>(random.uniform(-1, 1));
  for (const char* name : {"adam", "sgd"}) {
    make_optimizer({.optimizer = name}, {{0, kMany, 0}}, 1)->step(alone, gradient, kRate);
    make_optimizer({.optimizer = name}, {{0, kMany, 0}}, 3)->step(together, gradient, kRate);
    EXPECT_EQ(alone, together) << name;
  }
}

TEST(Optimizer, MovesAGroupAtItsRateAndLeavesOneOfRateZero) {
  for (const char* name : {"adam", "adamw", "sgd"}) {
    const std::vector<float> start{1, 1, 1}, gradient{0.5f, 0.5f, 0.5f};
    std::vector<float> parameters = start;
    make_optimizer({.optimizer = name}, {{0, 1, 0}, {1, 2, 0, 0.5f}, {2, 3, 0.5f, 0}}, 1)->step(parameters, gradient, 0.25);
    EXPECT_LT(parameters[0], 1) << name;
    EXPECT_NEAR(parameters[1], (1 + parameters[0]) / 2, 1e-6f) << name;
    EXPECT_EQ(parameters[2], 1) << name;
  }
}

}  // namespace
}  // namespace bitloom::train
