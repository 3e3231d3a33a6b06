#include "train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/test_folder.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/softmax.h"
#include "passes/set_parameter.h"
#include "train/tensorboard/event_file.h"
#include "train/test_graphs.h"
#include "train/training_graph.h"

namespace bitloom::train {
namespace {

constexpr int kClasses = 3;

/// Small enough for a test, with a last batch that is not full: 300 images in steps of 64 are 4 and a rest of 44.
TrainerOptions options() {
  TrainerOptions o;
  o.recipe.data.set = "stripes";
  o.recipe.train = {.epochs = 3, .batch = 64, .learning_rate = 0.01, .schedule = "cosine", .threads = 1};
  return o;
}

TrainingData stripes() { return {striped_images(300, kClasses, 1), striped_images(100, kClasses, 2)}; }

const auto kNever = [] { return false; };

/// Weights of a finished training and the metrics it wrote, without those that a clock gave.
struct Result {
  Weights best, last;
  std::string metrics;
};

Result result_of(const Trainer& trainer, const RunFolder& folder) {
  std::string metrics;
  std::istringstream lines(read_file(folder.metrics()));
  for (std::string line; std::getline(lines, line);) {
    nlohmann::json epoch = nlohmann::json::parse(line);
    epoch.erase("seconds");
    epoch.erase("images_per_s");
    epoch.erase("finished_at");
    epoch.erase("loading_seconds");
    metrics += epoch.dump() + "\n";
  }
  return {trainer.state().best, trainer.state().weights, metrics};
}

void expect_same_bits(const Result& a, const Result& b) {
  EXPECT_EQ(a.best.trainable, b.best.trainable);
  EXPECT_EQ(a.best.statistics, b.best.statistics);
  EXPECT_EQ(a.last.trainable, b.last.trainable);
  EXPECT_EQ(a.metrics, b.metrics);
}

Result train_without_a_stop(const Graph& graph, const TrainerOptions& o = options()) {
  const TestFolder place;
  const RunFolder folder(place.path());
  Trainer trainer(graph, stripes(), o, folder);
  EXPECT_EQ(trainer.run(kNever), Trainer::Outcome::kFinished);
  return result_of(trainer, folder);
}

class TrainerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { Progress::set_quiet(true); }
  TestFolder place_;
  RunFolder folder_{place_.path()};
  Graph graph_ = small_network(1, kClasses);
};

TEST_F(TrainerTest, LearnsWhatTheImagesShowAndWritesALineAnEpoch) {
  TrainerOptions o = options();
  o.recipe.train.epochs = 20;
  Trainer trainer(graph_, stripes(), o, folder_);
  trainer.run(kNever);
  const auto& metrics = trainer.state().metrics;
  ASSERT_EQ(metrics.size(), 20u);
  EXPECT_GT(metrics.back().validation_top1, 95);
  EXPECT_LT(metrics.back().validation_loss, metrics.front().validation_loss);
  EXPECT_EQ(read_file(folder_.metrics()), to_json_lines(metrics));
  EXPECT_EQ(read_file(folder_.events()), to_event_file(metrics));
}

TEST_F(TrainerTest, EndsInTheSameBitsWhereverItWasStopped) {
  const Result expected = train_without_a_stop(graph_);
  for (const int stop_at : {0, 1, 4, 5, 7, 14}) {
    const TestFolder place;
    const RunFolder folder(place.path());
    int asked = 0;
    {
      Trainer trainer(graph_, stripes(), options(), folder);
      ASSERT_EQ(trainer.run([&] { return asked++ == stop_at; }), Trainer::Outcome::kStopped);
    }
    Trainer trainer(graph_, stripes(), options(), folder);
    EXPECT_EQ(trainer.state().step, stop_at);
    EXPECT_EQ(trainer.run(kNever), Trainer::Outcome::kFinished);
    SCOPED_TRACE(stop_at);
    expect_same_bits(result_of(trainer, folder), expected);
  }
}

Graph network_with_statistics() {
  TestGraph t(3);
  Value* x = t.conv(t.image({1, 1, 8, 8}), 4, 3);
  x = t.graph.add("", BatchNorm{}, {x, t.constant({4}, 0.5, 2), t.constant({4}), t.constant({4}), t.constant({4}, 0.5, 2)});
  return t.finish(t.gemm(t.graph.add("", Flatten{}, {x}), kClasses));
}

TEST_F(TrainerTest, EndsInTheSameBitsAfterEveryStepWasASeparateProcess) {
  const Graph with_statistics = network_with_statistics();
  const Result expected = train_without_a_stop(with_statistics);
  for (int processes = 0;; ++processes) {
    ASSERT_LE(processes, 16);
    int asked = 0;
    Trainer trainer(with_statistics, stripes(), options(), folder_);
    if (trainer.run([&] { return asked++ == 1; }) == Trainer::Outcome::kStopped) continue;
    expect_same_bits(result_of(trainer, folder_), expected);
    return;
  }
}

/// All that a recipe can ask for at once.
TrainerOptions everything() {
  TrainerOptions o = options();
  o.recipe.augment = {.pad = 1, .flip = true, .rotation = 5, .scale = 0.1, .jitter = 0.1, .cutout = 2, .mixup = 0.2};
  o.recipe.train.optimizer = "sgd";
  o.recipe.train.nesterov = true;
  o.recipe.train.weight_decay = 1e-3;
  o.recipe.train.decay_all = false;
  o.recipe.train.schedule = "plateau";
  o.recipe.train.patience = 0;
  o.recipe.train.warmup_epochs = 0.5;
  o.recipe.train.label_smoothing = 0.1;
  o.recipe.train.clip_norm = 0.5;
  o.recipe.train.average = 0.9;
  return o;
}

TEST_F(TrainerTest, EndsInTheSameBitsOnAnyNumberOfLoaderThreads) {
  const Graph with_statistics = network_with_statistics();
  TrainerOptions one = everything(), three = everything();
  one.recipe.data.loader_threads = 1;
  three.recipe.data.loader_threads = 3;
  expect_same_bits(train_without_a_stop(with_statistics, three), train_without_a_stop(with_statistics, one));
}

TEST_F(TrainerTest, EndsInTheSameBitsWithEveryOptionStoppedOrNotOnAnyNumberOfThreads) {
  const Result expected = train_without_a_stop(graph_, everything());
  TrainerOptions threads = everything();
  threads.recipe.train.threads = 3;
  expect_same_bits(train_without_a_stop(graph_, threads), expected);
  for (int processes = 0;; ++processes) {
    ASSERT_LE(processes, 16);
    int asked = 0;
    Trainer trainer(graph_, stripes(), everything(), folder_);
    if (trainer.run([&] { return asked++ == 1; }) == Trainer::Outcome::kStopped) continue;
    expect_same_bits(result_of(trainer, folder_), expected);
    return;
  }
}

TEST_F(TrainerTest, EveryOptionChangesWhatIsLearnt) {
  const Result plain = train_without_a_stop(graph_);
  const auto differs = [&](auto change) {
    TrainerOptions o = options();
    change(o.recipe);
    return train_without_a_stop(graph_, o).best.trainable != plain.best.trainable;
  };
  EXPECT_TRUE(differs([](Recipe& r) { r.augment.pad = 1; }));
  EXPECT_TRUE(differs([](Recipe& r) { r.augment.mixup = 0.2; }));
  EXPECT_TRUE(differs([](Recipe& r) { r.train.precision = "bfloat16"; }));
  EXPECT_TRUE(differs([](Recipe& r) { r.train.label_smoothing = 0.1; }));
  EXPECT_TRUE(differs([](Recipe& r) { r.train.clip_norm = 0.01; }));
  EXPECT_TRUE(differs([](Recipe& r) { r.train.average = 0.5; }));
  EXPECT_TRUE(differs([](Recipe& r) { r.train.warmup_epochs = 1; }));
  EXPECT_TRUE(differs([](Recipe& r) { r.train.optimizer = "adamw"; r.train.weight_decay = 0.1; }));
  EXPECT_TRUE(differs([](Recipe& r) { r.train.weight_decay = 0.1; }));
}

TEST_F(TrainerTest, KeepsTheLastEpochWhereTheRecipeSaysSo) {
  TrainerOptions o = options();
  o.recipe.train.keep = "last";
  o.recipe.train.epochs = 20;
  o.recipe.train.schedule = "constant";
  Trainer trainer(graph_, stripes(), o, folder_);
  EXPECT_EQ(trainer.run(kNever), Trainer::Outcome::kFinished);
  EXPECT_EQ(trainer.state().best_epoch, 20);
  EXPECT_EQ(trainer.state().best.trainable, trainer.state().weights.trainable);
  o.recipe.train.keep = "best";
  const Result best = train_without_a_stop(graph_, o);
  EXPECT_NE(best.best.trainable, best.last.trainable) << "the test needs a training whose last epoch is not its best";
}

TEST_F(TrainerTest, StopsEarlyAndKeepsTheBest) {
  TrainerOptions o = options();
  o.recipe.train.epochs = 200;
  o.recipe.train.stop_after = 3;
  Trainer trainer(graph_, stripes(), o, folder_);
  EXPECT_EQ(trainer.run(kNever), Trainer::Outcome::kFinished);
  ASSERT_LT(trainer.state().metrics.size(), 200u);
  EXPECT_EQ(static_cast<int>(trainer.state().metrics.size()), trainer.state().best_epoch + 3);
  Trainer again(graph_, stripes(), o, folder_);
  EXPECT_EQ(again.run([]() -> bool { throw std::logic_error("made a step"); }), Trainer::Outcome::kFinished);
}

TEST_F(TrainerTest, DropsWhatAKilledProcessDidAfterItsLastCheckpoint) {
  const Result expected = train_without_a_stop(graph_);
  struct Killed {};
  {
    int asked = 0;
    Trainer trainer(graph_, stripes(), options(), folder_);
    EXPECT_THROW(trainer.run([&]() -> bool { return asked++ == 8 ? throw Killed() : false; }), Killed);
  }
  write_file(folder_.metrics(), "{\"epoch\":1}\n{\"epoch\":2}\n{\"epoch\":3}\n");
  Trainer trainer(graph_, stripes(), options(), folder_);
  EXPECT_EQ(trainer.state().step, 5) << "the checkpoint at the end of the first epoch";
  trainer.run(kNever);
  expect_same_bits(result_of(trainer, folder_), expected);
}

TEST_F(TrainerTest, OfAFinishedTrainingHasNothingLeftToDo) {
  Trainer(graph_, stripes(), options(), folder_).run(kNever);
  Trainer again(graph_, stripes(), options(), folder_);
  EXPECT_EQ(again.run([]() -> bool { throw std::logic_error("made a step"); }), Trainer::Outcome::kFinished);
}

TEST_F(TrainerTest, GoesOnOnlyWithTheSameRecipeAndTheSameImages) {
  { Trainer trainer(graph_, stripes(), options(), folder_); }
  TrainerOptions slower = options();
  slower.recipe.train.learning_rate = 0.005;
  TrainingData other = stripes();
  other.train.pixels[17] ^= 1;
  const auto reason = [&](TrainingData data, const TrainerOptions& o) -> std::string {
    try {
      Trainer trainer(graph_, std::move(data), o, folder_);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(reason(stripes(), slower), testing::HasSubstr("train.learning_rate was 0.01, is 0.005"));
  EXPECT_THAT(reason(std::move(other), options()), testing::HasSubstr("training images was"));
  graph_.preprocessing.mean = {0.5f};
  EXPECT_THAT(reason(stripes(), options()), testing::HasSubstr("preprocessing was range [0, 1] mean [] std [], is range [0, 1] mean [0.5] std []"));
  graph_.preprocessing.mean.clear();
  TrainerOptions frozen = options();
  frozen.recipe.network.freeze = "features";
  const TestFolder place;
  const RunFolder folder(place.path());
  { Trainer trainer(graph_, stripes(), frozen, folder); }
  Tensor weights = graph_.nodes().front()->input(1)->constant();
  weights.floats()[0] += 1;
  Graph changed = small_network(1, kClasses);
  set_parameter(changed, changed.nodes().front(), 1, "", weights);
  EXPECT_THROW(Trainer(changed, stripes(), frozen, folder), InputError) << "a weight that stays as it is";
  EXPECT_EQ(reason(stripes(), options()), "accepted");
}

TEST_F(TrainerTest, KeepsTheEarliestOfTheBestEpochs) {
  TrainerOptions o = options();
  o.recipe.train.epochs = 6;
  Trainer trainer(graph_, stripes(), o, folder_);
  trainer.run(kNever);
  const auto& metrics = trainer.state().metrics;
  const auto best = std::ranges::max_element(metrics, {}, &EpochMetrics::validation_top1);  // the first of equals
  ASSERT_GT(std::ranges::count(metrics, best->validation_top1, &EpochMetrics::validation_top1), 1) << "the test needs a tie";
  EXPECT_EQ(trainer.state().best_epoch, best->epoch);
  EXPECT_NE(trainer.state().best.trainable, trainer.state().weights.trainable);
}

TEST_F(TrainerTest, WritesTheBestWeightsIntoTheGraphItWasGiven) {
  TestGraph t(4);
  Graph graph = t.finish(t.graph.add("", Softmax{}, {t.gemm(t.graph.add("", Flatten{}, {t.image({1, 1, 8, 8})}), kClasses)}));
  const Tensor before = graph.constants().front()->constant();
  Trainer trainer(graph, stripes(), options(), folder_);
  trainer.run(kNever);
  trainer.write_best(graph);
  EXPECT_TRUE(graph.outputs().front()->producer()->is<Softmax>()) << "left out in training only";
  EXPECT_NE(graph.constants().front()->constant(), before);
  EXPECT_EQ(Parameters(graph).trainable, trainer.state().best.trainable);
}

TEST_F(TrainerTest, SaysThatItDiverged) {
  TrainerOptions o = options();
  o.recipe.train.optimizer = "sgd";
  o.recipe.train.learning_rate = 1e30;
  Trainer trainer(graph_, stripes(), o, folder_);
  try {
    trainer.run(kNever);
    FAIL() << "went on with an infinite loss";
  } catch (const CheckError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("lower train.learning_rate"));
  }
}

TEST(CheckData, RefusesASetWithoutImagesToTrainWithOrToChooseBy) {
  EXPECT_NO_THROW(check_data(stripes(), "stripes"));
  EXPECT_THROW(check_data({{}, striped_images(10, kClasses, 1)}, "stripes"), InputError);
  EXPECT_THROW(check_data({striped_images(10, kClasses, 1), {}}, "stripes"), InputError);
}

TEST(TrainingGraph, RefusesAGraphWithNothingToTrain) {
  TestGraph t(5);
  const Graph graph = t.finish(t.graph.add("", Flatten{}, {t.image({1, 1, 2, 2})}));
  EXPECT_THROW(training_graph(graph), InputError);
}

}  // namespace
}  // namespace bitloom::train
