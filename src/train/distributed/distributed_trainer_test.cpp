#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/test_folder.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/shape_ops.h"
#include "train/distributed/test_ranks.h"
#include "train/test_graphs.h"
#include "train/trainer.h"

namespace bitloom::train {
namespace {

constexpr int kClasses = 3;

TrainerOptions options() {
  TrainerOptions o;
  o.recipe.data.set = "stripes";
  o.recipe.train = {.epochs = 10, .batch = 64, .learning_rate = 0.01, .schedule = "cosine", .threads = 1};
  return o;
}

TrainingData stripes() { return {striped_images(301, kClasses, 1), striped_images(101, kClasses, 2)}; }

Graph batch_norm_network() {
  TestGraph t(3);
  Value* x = t.conv(t.image({1, 1, 8, 8}), 4, 3);
  x = t.graph.add("", BatchNorm{}, {x, t.constant({4}, 0.5, 2), t.constant({4}), t.constant({4}), t.constant({4}, 0.5, 2)});
  return t.finish(t.gemm(t.graph.add("", Flatten{}, {x}), kClasses));
}

struct Result {
  Weights best, last;
  std::vector<EpochMetrics> metrics;
};

/// Trains on `ranks` ranks in `place` until should_stop(rank), and returns each rank's end.
std::vector<Result> train_on(int ranks, const Graph& graph, const std::filesystem::path& place, TrainerOptions o = options(),
                             const std::function<bool(int rank)>& should_stop = [](int) { return false; }) {
  std::vector<Result> results(static_cast<std::size_t>(ranks));
  const auto train = [&](int rank, ProcessGroup* group) {
    TrainerOptions mine = o;
    mine.group = group;
    const RunFolder folder = rank == 0 ? RunFolder(place) : RunFolder::names_only(place);
    Trainer trainer(graph, stripes(), mine, folder);
    trainer.run([&] { return should_stop(rank); });
    results[static_cast<std::size_t>(rank)] = {trainer.state().best, trainer.state().weights, trainer.state().metrics};
  };
  if (ranks == 1)
    train(0, nullptr);
  else
    EXPECT_EQ(run_ranks(ranks, [&](std::unique_ptr<ProcessGroup>& group) { train(group->rank(), group.get()); }),
              std::vector<std::string>(static_cast<std::size_t>(ranks)));
  return results;
}

std::vector<double> losses(const std::filesystem::path& log) {
  std::vector<double> values;
  std::istringstream lines(read_file(log));
  for (std::string line; std::getline(lines, line);) values.push_back(nlohmann::json::parse(line).at("loss"));
  return values;
}

void expect_same_bits(const Result& a, const Result& b) {
  EXPECT_EQ(a.best.trainable, b.best.trainable);
  EXPECT_EQ(a.best.statistics, b.best.statistics);
  EXPECT_EQ(a.last.trainable, b.last.trainable);
  EXPECT_EQ(a.last.statistics, b.last.statistics);
}

class DistributedTrainer : public testing::Test {
 protected:
  static void SetUpTestSuite() { Progress::set_quiet(true); }
  TestFolder place_, other_;
  Graph plain_ = small_network(1, kClasses);
};

TEST_F(DistributedTrainer, FollowsTheLossOfOneProcessStepByStep) {
  TrainerOptions o = options();
  o.recipe.augment = {.pad = 1, .flip = true};
  o.recipe.train.clip_norm = 1;
  o.recipe.train.label_smoothing = 0.1;
  o.step_log = place_.path() / "alone.jsonl";
  const Result alone = train_on(1, plain_, other_.path() / "alone", o).front();
  const std::vector<double> expected = losses(o.step_log);
  ASSERT_EQ(expected.size(), 50u);
  EXPECT_GT(expected.front() - expected.back(), 0.3) << "the test needs a loss that moves";
  for (const int ranks : {2, 3}) {
    o.step_log = place_.path() / "together.jsonl";
    const std::vector<Result> together = train_on(ranks, plain_, other_.path() / std::to_string(ranks), o);
    EXPECT_THAT(losses(o.step_log), testing::Pointwise(testing::DoubleNear(1e-4), expected)) << ranks << " ranks";
    ASSERT_EQ(together.front().metrics.size(), alone.metrics.size());
    for (std::size_t i = 0; i < alone.metrics.size(); ++i)
      EXPECT_NEAR(together.front().metrics[i].validation_loss, alone.metrics[i].validation_loss, 1e-4);
  }
}

TEST_F(DistributedTrainer, HoldsTheSameStateOnEveryRank) {
  for (const Graph& graph : {plain_.clone(), batch_norm_network()}) {
    const TestFolder place;
    const std::vector<Result> results = train_on(3, graph, place.path());
    expect_same_bits(results[1], results[0]);
    expect_same_bits(results[2], results[0]);
  }
}

TEST_F(DistributedTrainer, StopsEveryRankWhenOneIsAskedToAndGoesOnToTheSameBits) {
  for (const Graph& graph : {plain_.clone(), batch_norm_network()}) {
    const TestFolder whole, stopped;
    const Result expected = train_on(2, graph, whole.path()).front();
    std::atomic<int> asked = 0;
    train_on(2, graph, stopped.path(), options(), [&](int rank) { return rank == 1 && asked++ == 7; });
    EXPECT_EQ(asked, 8) << "rank 1 alone knew";
    const Result resumed = train_on(2, graph, stopped.path()).front();
    expect_same_bits(resumed, expected);
  }
}

TEST_F(DistributedTrainer, LearnsWithBatchNormOnEveryRanksShare) {
  const Result result = train_on(2, batch_norm_network(), place_.path()).front();
  EXPECT_GT(result.metrics.back().validation_top1, 90);
}

TEST_F(DistributedTrainer, GoesOnOnlyWithAsManyProcesses) {
  train_on(2, plain_, place_.path());
  const RunFolder folder(place_.path());
  try {
    Trainer trainer(plain_, stripes(), options(), folder);
    FAIL() << "went on alone";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("processes was 2, is 1"));
  }
}

}  // namespace
}  // namespace bitloom::train
