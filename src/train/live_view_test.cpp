#include "train/live_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bitloom::train {
namespace {

TEST(LiveView, ShowsNothingBeforeAnEpochIsOver) { EXPECT_TRUE(live_view({}, {}).empty()); }

TEST(LiveView, DrawsTheCurvesOfTheEpochsThatAreOver) {
  Recipe recipe;
  recipe.network.name = "resnet20";
  recipe.data.set = "cifar10";
  recipe.train.epochs = 12;
  TrainingState state;
  state.best_epoch = 2;
  for (int epoch = 1; epoch <= 3; ++epoch) {
    EpochMetrics m;
    m.epoch = epoch;
    m.train_loss = 2.0 - 0.5 * epoch;
    m.validation_loss = epoch == 2 ? 0.7 : 0.9;
    m.train_top1 = 20 * epoch;
    m.validation_top1 = epoch == 2 ? 60 : 50;
    m.learning_rate = 0.1;
    state.metrics.push_back(m);
  }
  EXPECT_THAT(live_view(recipe, state),
              testing::ElementsAre("resnet20 on cifar10, 3 of 12 epochs",                              //
                                   "  loss        train   0.5000   █▅▁",                               //
                                   "         validation   0.9000   █▁█",                               //
                                   "  accuracy    train    60.00 % ▁▅█",                               //
                                   "         validation    50.00 % ▁█▁  kept 60.00 % of epoch 2",      //
                                   "  learning rate          0.1   ▁▁▁"));
}

}  // namespace
}  // namespace bitloom::train
