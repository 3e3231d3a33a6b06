#include "train/training_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace bitloom::train {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TrainingState some_state() {
  TrainingState state;
  state.step = 1234;
  state.metrics = {{1, 0.1 + 0.2, 91.5, 1.0 / 3, 92.25, 4.5, 12000.125, 1e-3}, {2, 0.25, 95, 0.2, 94, 4, 13000, 5e-4}};
  state.epoch_loss = {12.0 / 7, 321};
  state.epoch_images = 500;
  state.epoch_seconds = 0.7;
  state.epoch_loading_seconds = 0.1;
  state.weights = {{1, -2.5f, 3e-30f}, {0.1f}};
  state.best = {{4, 5, 6}, {7}};
  state.average = {0.5f, 0.25f};
  state.best_epoch = 1;
  state.optimizer = {1234, {{8, 9, 10}, {11, 12, 13}}};
  return state;
}

const Fingerprint kFingerprint{{"seed", "1"}, {"train.batch", "500"}};

std::string reason(std::string_view bytes, const Fingerprint& fingerprint = kFingerprint) {
  try {
    from_checkpoint("run/checkpoint", bytes, fingerprint);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Checkpoint, GivesBackEveryBitOfTheState) {
  const TrainingState state = some_state();
  const TrainingState back = from_checkpoint("", to_checkpoint(kFingerprint, state), kFingerprint);
  EXPECT_EQ(back.step, state.step);
  EXPECT_EQ(to_json_lines(back.metrics), to_json_lines(state.metrics));
  EXPECT_EQ(back.metrics[0].train_loss, state.metrics[0].train_loss);
  EXPECT_EQ(back.epoch_loss.sum, state.epoch_loss.sum);
  EXPECT_EQ(back.epoch_loss.correct, state.epoch_loss.correct);
  EXPECT_EQ(back.epoch_images, state.epoch_images);
  EXPECT_EQ(back.epoch_seconds, state.epoch_seconds);
  EXPECT_EQ(back.epoch_loading_seconds, state.epoch_loading_seconds);
  EXPECT_EQ(back.weights.trainable, state.weights.trainable);
  EXPECT_EQ(back.weights.statistics, state.weights.statistics);
  EXPECT_EQ(back.best.trainable, state.best.trainable);
  EXPECT_EQ(back.best.statistics, state.best.statistics);
  EXPECT_EQ(back.average, state.average);
  EXPECT_EQ(back.best_epoch, state.best_epoch);
  EXPECT_EQ(back.optimizer.steps, state.optimizer.steps);
  EXPECT_EQ(back.optimizer.moments, state.optimizer.moments);
}

TEST(Checkpoint, NamesWhatDiffersFromTheTrainingThatWroteIt) {
  const std::string told = reason(to_checkpoint(kFingerprint, some_state()), {{"seed", "1"}, {"train.batch", "100"}});
  EXPECT_THAT(told, HasSubstr("run/checkpoint: belongs to another training: train.batch was 500, is 100;"));
  EXPECT_THAT(told, AllOf(HasSubstr("--fresh"), Not(HasSubstr("seed"))));
}

TEST(Checkpoint, IsRefusedWhenAnyByteChanged) {
  const std::string good = to_checkpoint(kFingerprint, some_state());
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    ASSERT_THAT(reason(bad), HasSubstr("--fresh")) << "byte " << i;
  }
}

TEST(Checkpoint, IsRefusedWhenCutShortAnywhere) {
  const std::string good = to_checkpoint(kFingerprint, some_state());
  for (std::size_t length = 0; length < good.size(); ++length)
    ASSERT_THAT(reason(good.substr(0, length)), HasSubstr("--fresh")) << length << " bytes";
}

TEST(Checkpoint, OfAnotherFormatIsNotReadAsThisOne) {
  EXPECT_THAT(reason("bitloom checkpoint 1\nwhatever that holds"), HasSubstr("another version of bitloom"));
  EXPECT_THAT(reason("some other file"), HasSubstr("is no checkpoint"));
}

TEST(EarlierTraining, HasTheBestWeightsWhereWhatHasToBeTheSameIs) {
  const std::string bytes = to_checkpoint(kFingerprint, some_state());
  const EarlierTraining earlier = earlier_training("run/checkpoint", bytes);
  require_same("run/checkpoint", earlier, {{"train.batch", "500"}});
  EXPECT_EQ(earlier.weights.trainable, some_state().best.trainable);
  EXPECT_EQ(earlier.weights.statistics, some_state().best.statistics);
  EXPECT_EQ(earlier.fingerprint, kFingerprint);
}

TEST(EarlierTraining, IsRefusedOfAnotherNetworkOfNoEpochAndOfADamagedFile) {
  const auto refusal = [](const TrainingState& state, const Fingerprint& same, std::size_t damaged = 0) {
    std::string bytes = to_checkpoint(kFingerprint, state);
    if (damaged) bytes[damaged] ^= 1;
    try {
      require_same("run/checkpoint", earlier_training("run/checkpoint", bytes), same);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_EQ(refusal(some_state(), {{"seed", "1"}, {"train.batch", "64"}}),
            "run/checkpoint: cannot be begun from: train.batch was 500, is 64; begin from a run of the same network and quantization");
  TrainingState none = some_state();
  none.best_epoch = 0;
  EXPECT_EQ(refusal(none, {}), "run/checkpoint: has not finished an epoch; let that training go on first");
  EXPECT_THAT(refusal(some_state(), {}, 100), HasSubstr("is damaged"));
}

TEST(Metrics, AreOneJsonObjectALineWithTheKeysOfTheManual) {
  const EpochMetrics m{3, 0.5, 80, 0.25, 90, 2, 1000, 0.001, 1.5e9, 0.25};
  EXPECT_EQ(to_json_lines({m, m}).find('\n') + 1, to_json_lines({m}).size());
  EXPECT_EQ(to_json_lines({m}),
            "{\"epoch\":3,\"train_loss\":0.5,\"train_top1\":80.0,\"validation_loss\":0.25,\"validation_top1\":90.0,\"seconds\":2.0,"
            "\"images_per_s\":1000.0,\"learning_rate\":0.001,\"finished_at\":1500000000.0,\"loading_seconds\":0.25}\n");
}

}  // namespace
}  // namespace bitloom::train
