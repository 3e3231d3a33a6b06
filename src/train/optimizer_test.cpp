#include "train/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>

#include <algorithm>

#include "base/random.h"

namespace bitloom::train {
namespace {

constexpr std::size_t kCount = 1000;
constexpr double kRate = 0.01;

/// The same noisy gradients through ours and LibTorch's optimizer; both end in the same place.
void expect_same_path(const Recipe::Train& options, torch::optim::Optimizer& reference, at::Tensor& parameters) {
  RandomStream random({7});
  const auto optimizer = make_optimizer(options, kCount, 1);
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
  expect_same_path({.optimizer = "adam"}, reference, parameters);
}

TEST(Optimizer, AdamDecaysWeightsAsLibTorchsDoes) {
  at::Tensor parameters = leaf();
  torch::optim::Adam reference({parameters}, torch::optim::AdamOptions(kRate).weight_decay(0.1));
  expect_same_path({.optimizer = "adam", .weight_decay = 0.1}, reference, parameters);
}

TEST(Optimizer, SgdWithMomentumAndWeightDecayGoesWhereLibTorchsGoes) {
  at::Tensor parameters = leaf();
  torch::optim::SGD reference({parameters}, torch::optim::SGDOptions(kRate).momentum(0.9).weight_decay(0.1));
  expect_same_path({.optimizer = "sgd", .momentum = 0.9, .weight_decay = 0.1}, reference, parameters);
}

TEST(Optimizer, GivesTheSameBitsOnAnyNumberOfThreads) {
  constexpr std::size_t kMany = 500'000;  // more than one thread's share
  RandomStream random({8});
  std::vector<float> gradient(kMany), alone(kMany, 1), together(kMany, 1);
  for (float& g : gradient) g = static_cast<float>(random.uniform(-1, 1));
  for (const char* name : {"adam", "sgd"}) {
    make_optimizer({.optimizer = name}, kMany, 1)->step(alone, gradient, kRate);
    make_optimizer({.optimizer = name}, kMany, 3)->step(together, gradient, kRate);
    EXPECT_EQ(alone, together) << name;
  }
}

TEST(LearningRate, StaysOrFallsAlongHalfACosineToNothing) {
  EXPECT_DOUBLE_EQ(learning_rate({.learning_rate = 0.5, .schedule = "constant"}, 99, 100), 0.5);
  const Recipe::Train cosine{.learning_rate = 0.5, .schedule = "cosine"};
  EXPECT_DOUBLE_EQ(learning_rate(cosine, 0, 100), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(cosine, 50, 100), 0.25);
  EXPECT_NEAR(learning_rate(cosine, 100, 100), 0, 1e-15);
}

}  // namespace
}  // namespace bitloom::train
