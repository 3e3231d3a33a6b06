#include "serve/runs/run_state.h"

#include <gtest/gtest.h>

namespace bitloom::serve {
namespace {

constexpr double kNow = 1'800'000'000;

/// Five of ten epochs of 10 s, the last of them `silence` seconds ago.
RunSigns half_done(double silence) {
  RunSigns signs;
  signs.epochs_done = 5;
  signs.epochs_planned = 10;
  signs.last_epoch_at = signs.last_write_at = kNow - silence;
  signs.epoch_seconds = 10;
  return signs;
}

TEST(RunState, IsFinishedWhenAllPlannedEpochsAreDoneHoweverLongAgo) {
  RunSigns signs = half_done(1e8);
  signs.epochs_done = 10;
  EXPECT_EQ(judge(signs, kNow), RunState::kFinished);
}

TEST(RunState, IsRunningWithinTwoEpochsAndAMinuteOfTheLastLineAndStoppedAfterwards) {
  EXPECT_EQ(judge(half_done(79), kNow), RunState::kRunning);
  EXPECT_EQ(judge(half_done(81), kNow), RunState::kStopped);
}

TEST(RunState, GivesLongEpochsMoreTime) {
  RunSigns signs = half_done(3600);
  EXPECT_EQ(judge(signs, kNow), RunState::kStopped);
  signs.epoch_seconds = 1800;
  EXPECT_EQ(judge(signs, kNow), RunState::kRunning);
}

TEST(RunState, IsKeptRunningByACheckpointInsideALongEpoch) {
  RunSigns signs = half_done(3600);
  signs.last_write_at = kNow - 15;
  EXPECT_EQ(judge(signs, kNow), RunState::kRunning);
}

TEST(RunState, IsFinishedEarlyWhenTheModelWasWrittenAfterTheLastEpoch) {
  RunSigns signs = half_done(5);
  signs.model_at = signs.last_epoch_at + 0.1;
  EXPECT_EQ(judge(signs, kNow), RunState::kFinished);
  signs.epochs_planned.reset();
  EXPECT_EQ(judge(signs, kNow), RunState::kFinished);
}

TEST(RunState, IsRunningAgainWhenTheModelIsThatOfAnEarlierTraining) {
  RunSigns signs = half_done(5);
  signs.model_at = signs.last_epoch_at - 1000;
  EXPECT_EQ(judge(signs, kNow), RunState::kRunning);
  signs.epochs_done = signs.last_epoch_at = 0;  // begun anew, before its first epoch
  EXPECT_EQ(judge(signs, kNow), RunState::kRunning);
}

TEST(RunState, OfAFolderWithoutAnyTimeIsStopped) { EXPECT_EQ(judge(RunSigns(), kNow), RunState::kStopped); }

TEST(RunState, HasANameEach) {
  EXPECT_EQ(to_string(RunState::kRunning), "running");
  EXPECT_EQ(to_string(RunState::kFinished), "finished");
  EXPECT_EQ(to_string(RunState::kStopped), "stopped");
}

}  // namespace
}  // namespace bitloom::serve
