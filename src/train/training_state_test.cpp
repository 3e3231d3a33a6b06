#include "train/training_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/test_folder.h"

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
  state.weights = {{1, -2.5f, 3e-30f}, {0.1f}};
  state.best = {{4, 5, 6}, {7}};
  state.best_epoch = 1;
  state.optimizer = {1234, {{8, 9, 10}, {11, 12, 13}}};
  return state;
}

std::string reason(const std::filesystem::path& path, const Fingerprint& fingerprint) {
  try {
    read_checkpoint(path, fingerprint);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

class Checkpoint : public testing::Test {
 protected:
  TestFolder folder_;
  std::filesystem::path path_ = folder_.path() / "checkpoint";
  Fingerprint fingerprint_{{"seed", "1"}, {"train.batch", "500"}};
};

TEST_F(Checkpoint, GivesBackEveryBitOfTheState) {
  const TrainingState state = some_state();
  write_checkpoint(path_, fingerprint_, state);
  const TrainingState back = read_checkpoint(path_, fingerprint_);
  EXPECT_EQ(back.step, state.step);
  EXPECT_EQ(to_json_lines(back.metrics), to_json_lines(state.metrics));
  EXPECT_EQ(back.metrics[0].train_loss, state.metrics[0].train_loss);
  EXPECT_EQ(back.epoch_loss.sum, state.epoch_loss.sum);
  EXPECT_EQ(back.epoch_loss.correct, state.epoch_loss.correct);
  EXPECT_EQ(back.epoch_images, state.epoch_images);
  EXPECT_EQ(back.epoch_seconds, state.epoch_seconds);
  EXPECT_EQ(back.weights.trainable, state.weights.trainable);
  EXPECT_EQ(back.weights.statistics, state.weights.statistics);
  EXPECT_EQ(back.best.trainable, state.best.trainable);
  EXPECT_EQ(back.best.statistics, state.best.statistics);
  EXPECT_EQ(back.best_epoch, state.best_epoch);
  EXPECT_EQ(back.optimizer.steps, state.optimizer.steps);
  EXPECT_EQ(back.optimizer.moments, state.optimizer.moments);
}

TEST_F(Checkpoint, NamesWhatDiffersFromTheTrainingThatWroteIt) {
  write_checkpoint(path_, fingerprint_, some_state());
  const std::string told = reason(path_, {{"seed", "1"}, {"train.batch", "100"}});
  EXPECT_THAT(told, HasSubstr("checkpoint: belongs to another training: train.batch was 500, is 100;"));
  EXPECT_THAT(told, AllOf(HasSubstr("--fresh"), Not(HasSubstr("seed"))));
}

TEST_F(Checkpoint, IsRefusedWhenAnyByteChanged) {
  write_checkpoint(path_, fingerprint_, some_state());
  const std::string good = read_file(path_);
  for (std::size_t i = 21; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    write_file(path_, bad);
    ASSERT_THAT(reason(path_, fingerprint_), HasSubstr("is damaged")) << "byte " << i;
  }
}

TEST_F(Checkpoint, IsRefusedWhenCutShortAnywhere) {
  write_checkpoint(path_, fingerprint_, some_state());
  const std::string good = read_file(path_);
  for (std::size_t length = 0; length < good.size(); ++length) {
    write_file(path_, good.substr(0, length));
    ASSERT_THAT(reason(path_, fingerprint_), HasSubstr("--fresh")) << length << " bytes";
  }
}

TEST_F(Checkpoint, OfAnotherFormatIsNotReadAsThisOne) {
  write_file(path_, "bitloom checkpoint 2\nwhatever that holds");
  EXPECT_THAT(reason(path_, fingerprint_), HasSubstr("another version of bitloom"));
  write_file(path_, "some other file");
  EXPECT_THAT(reason(path_, fingerprint_), HasSubstr("is no checkpoint"));
}

TEST(Metrics, AreOneJsonObjectALineWithTheKeysOfTheManual) {
  const EpochMetrics m{3, 0.5, 80, 0.25, 90, 2, 1000, 0.001};
  EXPECT_EQ(to_json_lines({m, m}).find('\n') + 1, to_json_lines({m}).size());
  EXPECT_EQ(to_json_lines({m}),
            "{\"epoch\":3,\"train_loss\":0.5,\"train_top1\":80.0,\"validation_loss\":0.25,\"validation_top1\":90.0,\"seconds\":2.0,"
            "\"images_per_s\":1000.0,\"learning_rate\":0.001}\n");
}

}  // namespace
}  // namespace bitloom::train
