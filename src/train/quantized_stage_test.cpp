#include "train/quantized_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/progress.h"
#include "base/test_folder.h"
#include "ir/interpreter.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/fake_quantize.h"
#include "passes/lower/lower.h"
#include "passes/quantize/settle.h"
#include "train/test_graphs.h"
#include "train/trainer.h"

namespace bitloom::train {
namespace {

constexpr int kClasses = 3;

/// conv 1 -> 6, BatchNorm, ReLU, max pool, fully connected.
Graph network_with_norm(int classes = kClasses) {
  TestGraph t(3);
  Value* x = t.conv(t.image({1, 1, 8, 8}), 6, 3);
  x = t.graph.add("", BatchNorm{}, {x, t.constant({6}, 0.5, 1.5), t.constant({6}), t.constant({6}), t.constant({6}, 0.5, 1.5)});
  x = t.max_pool(t.graph.add("", Relu{}, {x}), kHalf);
  return t.finish(t.gemm(t.graph.add("", Flatten{}, {x}), classes));
}

struct Result {
  Graph graph;
  TrainingState state;
};

class QuantizedStage : public testing::Test {
 protected:
  static void SetUpTestSuite() { Progress::set_quiet(true); }

  static Recipe recipe(int bits) {
    Recipe recipe;
    recipe.data.set = "stripes";
    recipe.train = {.batch = 50, .keep = "last", .threads = 1};
    recipe.quantize.weight_bits = recipe.quantize.activation_bits = bits;
    recipe.quantize.images = 20;
    recipe.quantized_training = {.epochs = 2, .learning_rate = 0.05, .schedule = "constant"};
    return recipe;
  }

  /// @param steps_a_process  after so many the training is stopped, and another Trainer goes on
  /// @param run  its folder; empty: none that stays
  static Result train(const Recipe& recipe, int steps_a_process = 1'000'000, const std::filesystem::path& run = {}) {
    const TestFolder place;
    const Images images = striped_images(300, kClasses, 1);
    const Graph network = network_with_norm();
    Graph graph = quantized_training_graph(network, images, recipe, nullptr);
    if (const auto earlier = training_to_begin_from(recipe, network)) begin_from(graph, *earlier, recipe);
    const RunFolder folder(run.empty() ? place.path() : run / kQuantizedFolder);
    TrainerOptions options{.recipe = quantized_recipe(recipe), .deploy = Deployment(graph, images, recipe, {}, nullptr)};
    for (int processes = 0; processes < 100; ++processes) {
      int asked = 0;
      Trainer trainer(graph, {images, striped_images(100, kClasses, 2)}, options, folder);
      if (trainer.run([&] { return asked++ == steps_a_process; }) == Trainer::Outcome::kStopped) continue;
      trainer.write_best(graph);
      return {std::move(graph), trainer.state()};
    }
    ADD_FAILURE() << "does not come to an end";
    return {std::move(graph), {}};
  }

  /// Of the constants that are operand `index` of the graph's quantizers, one behind the other.
  static std::vector<float> operands(const Graph& graph, int index) {
    std::vector<float> all;
    for (const Node* node : graph.nodes_of<FakeQuantize>())
      if (node->input(index) && node->input(index)->is_constant()) {
        const auto values = node->input(index)->constant().floats();
        all.insert(all.end(), values.begin(), values.end());
      }
    return all;
  }
};

template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

double accuracy(const Graph& graph, const Images& images) {
  int correct = 0;
  for (std::int64_t i = 0; i < images.size(); ++i) {
    Tensor input = preprocess(graph, images.image(i));
    if (!graph.inputs().front()->type().element.is_float) input = quantize_input(graph, input);
    const Tensor scores = Interpreter(graph).run(std::move(input));
    correct += scores.visit([&](auto all) { return std::ranges::max_element(all) - all.begin(); }) == images.labels[static_cast<std::size_t>(i)];
  }
  return 100.0 * correct / static_cast<double>(images.size());
}

TEST_F(QuantizedStage, LearnsAndValidatesTheNetworkThatComesOut) {
  Recipe three_bits = recipe(3);
  three_bits.quantized_training.epochs = 15;
  const Result trained = train(three_bits);
  EXPECT_LT(trained.state.metrics.back().train_loss, trained.state.metrics.front().train_loss / 2);
  EXPECT_GE(trained.state.metrics.back().validation_top1, 90);
  const Graph settled = settle(trained.graph);
  const Images validation = striped_images(100, kClasses, 2);
  EXPECT_EQ(trained.state.metrics.back().validation_top1, accuracy(settled, validation));
  EXPECT_NEAR(trained.state.metrics.back().validation_top1, accuracy(lower(settled), validation), 1);
}

TEST_F(QuantizedStage, BeginsFromTheWeightsAndScalesOfAnEarlierRun) {
  const TestFolder place;
  Recipe first = recipe(2), more = recipe(2);
  const Result earlier = train(first, 1'000'000, place.path());
  more.quantized_training.from = place.path().string();
  more.quantized_training.epochs = 1;
  Graph graph = quantized_training_graph(network_with_norm(), striped_images(300, kClasses, 1), more, nullptr);
  EXPECT_NE(operands(graph, 1), operands(earlier.graph, 1));
  begin_from(graph, *training_to_begin_from(more, network_with_norm()), more);
  for (const int index : {0, 1}) EXPECT_EQ(operands(graph, index), operands(earlier.graph, index));
  for (int i = 1; i < 5; ++i)  // scale, offset, mean and variance
    EXPECT_EQ(graph.nodes_of<BatchNorm>().front()->input(i)->constant(), earlier.graph.nodes_of<BatchNorm>().front()->input(i)->constant());
  EXPECT_LE(train(more).state.metrics.front().train_loss, earlier.state.metrics.back().train_loss);

  for (Node* node : graph.nodes_of<FakeQuantize>()) {  // as calibration on other images may choose them
    FakeQuantize op = *node->as<FakeQuantize>();
    op.zero_point = op.element.is_signed ? -1 : 1;
    graph.replace_op(node, op.clone());
  }
  begin_from(graph, *training_to_begin_from(more, network_with_norm()), more);
  EXPECT_EQ(to_text(settle(graph)), to_text(settle(earlier.graph))) << "zero points, too";

  Graph other = network_with_norm();
  other.preprocessing.mean = {0.5f};
  EXPECT_THAT(error_of([&] { training_to_begin_from(more, other); }), testing::HasSubstr("preprocessing was range [0, 1] mean [] std [], is range [0, 1] mean [0.5]"));
  const Graph classes = network_with_norm(kClasses + 1);
  Graph more_classes = quantized_training_graph(classes, striped_images(300, kClasses, 1), more, nullptr);
  EXPECT_THAT(error_of([&] { begin_from(more_classes, *training_to_begin_from(more, classes), more); }), testing::HasSubstr("cannot be begun from: operators was"));
  more.quantize.weight_bits = 3;
  EXPECT_THAT(error_of([&] { train(more); }), testing::HasSubstr("cannot be begun from: quantize.weight_bits was 2, is 3"));
  more.quantized_training.from = "nowhere";
  EXPECT_THAT(error_of([&] { train(more); }), testing::HasSubstr("'from' in 'quantized_training': there is no nowhere/quantized/train/checkpoint"));
}

TEST_F(QuantizedStage, LeavesScalesAloneAfterTheEpochThatFreezesThem) {
  Recipe one = recipe(3), two = recipe(3), free = recipe(3);
  one.quantized_training.epochs = 1;
  two.quantized_training.freeze_scales = 1;
  const Graph after_one = train(one).graph, frozen = train(two).graph, trained = train(free).graph;
  EXPECT_EQ(operands(after_one, 1), operands(frozen, 1));
  EXPECT_NE(operands(after_one, 0), operands(frozen, 0));
  EXPECT_NE(operands(after_one, 1), operands(trained, 1));
}

TEST_F(QuantizedStage, LeavesTheStatisticsOfBatchNormAloneAfterTheEpochThatFreezesThem) {
  const auto means = [](const Graph& graph) { return graph.nodes_of<BatchNorm>().front()->input(3)->constant(); };
  Recipe one = recipe(3), two = recipe(3), free = recipe(3);
  one.quantized_training.epochs = 1;
  two.quantized_training.freeze_batch_norm = 1;
  const Graph after_one = train(one).graph, frozen = train(two).graph, trained = train(free).graph;
  EXPECT_EQ(means(after_one), means(frozen));
  EXPECT_NE(means(after_one), means(trained));
}

TEST_F(QuantizedStage, ObserversFollowRangesUntilTheEpochThatFreezesThem) {
  Recipe calibrated = recipe(4);
  calibrated.quantized_training.method = "straight-through";
  Recipe observed = calibrated;
  observed.quantized_training.observers = "moving-average";
  observed.quantized_training.observer_momentum = 0.5;
  Recipe one = observed, two = observed;
  one.quantized_training.epochs = 1;
  two.quantized_training.freeze_scales = 1;
  const Graph after_one = train(one).graph, frozen = train(two).graph, free = train(observed).graph, fixed = train(calibrated).graph;
  EXPECT_EQ(operands(after_one, 1), operands(frozen, 1));
  EXPECT_NE(operands(after_one, 0), operands(frozen, 0));
  EXPECT_NE(operands(free, 1), operands(frozen, 1));
  EXPECT_NE(operands(free, 1), operands(fixed, 1));
  EXPECT_EQ(operands(train(observed, 1).graph, 1), operands(free, 1)) << "each step in a process of its own";
}

TEST_F(QuantizedStage, ValidatesTheNetworkWithTheStatisticsThatItTakesAnew) {
  Recipe plain = recipe(4), anew = plain;
  anew.quantized_training.reestimate_batch_norm = 100;
  const Images images = striped_images(300, kClasses, 1), validation = striped_images(100, kClasses, 2);
  const Result trained = train(anew);
  EXPECT_EQ(operands(trained.graph, 0), operands(train(plain).graph, 0)) << "training itself went another way";
  const Graph settled = Deployment(trained.graph, images, anew, {}, nullptr)(trained.graph);
  EXPECT_NE(to_text(settled), to_text(settle(trained.graph)));
  EXPECT_EQ(to_text(settled), to_text(Deployment(trained.graph, images, anew, {}, nullptr)(trained.graph)));
  EXPECT_EQ(trained.state.metrics.back().validation_top1, accuracy(settled, validation));
}

TEST_F(QuantizedStage, TakesStatisticsOfImagesAugmentedAsInTraining) {
  Recipe plain = recipe(4);
  plain.quantized_training.reestimate_batch_norm = 100;
  Recipe padded = plain;
  padded.augment.pad = 3;
  const Images images = striped_images(300, kClasses, 1);
  const Graph graph = quantized_training_graph(network_with_norm(), images, plain, nullptr);
  EXPECT_NE(to_text(Deployment(graph, images, padded, {}, nullptr)(graph)), to_text(Deployment(graph, images, plain, {}, nullptr)(graph)));
}

TEST_F(QuantizedStage, SaysThatNoBatchNormIsLeftToTakeStatisticsOf) {
  Recipe folded = recipe(4);
  folded.quantized_training.reestimate_batch_norm = 100;
  folded.quantized_training.fold_batch_norm = true;
  const Images images = striped_images(30, kClasses, 1);
  const Graph graph = quantized_training_graph(network_with_norm(), images, folded, nullptr);
  Notes notes;
  const Deployment deploy(graph, images, folded, {}, &notes);
  EXPECT_THAT(notes, testing::ElementsAre(testing::HasSubstr("no BatchNorm is left")));
  EXPECT_EQ(to_text(deploy(graph)), to_text(settle(graph)));
}

TEST_F(QuantizedStage, TrainsZeroPointsOfWeightsAndScalesOfGroups) {
  Recipe grouped = recipe(3);
  grouped.quantize.symmetric_weights = false;
  grouped.quantize.group = 4;
  const Images images = striped_images(300, kClasses, 1), validation = striped_images(100, kClasses, 2);
  const Graph start = quantized_training_graph(network_with_norm(), images, grouped, nullptr);
  const Result trained = train(grouped);
  EXPECT_NE(operands(trained.graph, 2), operands(start, 2)) << "offsets stayed where they were";
  const Graph settled = settle(trained.graph);
  EXPECT_GT(accuracy(settled, validation), 90);
  const Tensor& weights = settled.nodes_of<Conv2d>().front()->producer(1)->input(0)->constant();
  EXPECT_EQ(weights.type().element, ElementType::integer(3, false));
  EXPECT_FALSE(weights.type().quantization->zero_points.empty());
  EXPECT_EQ(to_text(settle(train(grouped, 5).graph)), to_text(settled)) << "stopped and gone on with";
}

TEST_F(QuantizedStage, RefusesZeroPointsOfWeightsThatLieAroundZero) {
  Recipe asymmetric = recipe(4);
  asymmetric.quantize.symmetric_weights = false;
  for (const char* method : {"dorefa", "pact", "inq"}) {
    asymmetric.quantized_training.method = method;
    EXPECT_THAT([&] { check_quantized_training(asymmetric); }, testing::ThrowsMessage<InputError>(testing::HasSubstr("symmetric_weights = false with")));
  }
  Recipe grouped = recipe(4);
  grouped.quantize.group = 2;
  grouped.quantized_training.method = "inq";
  EXPECT_THAT([&] { check_quantized_training(grouped); },
              testing::ThrowsMessage<InputError>(testing::HasSubstr("group = 2 with inq's powers of two, a layer's around 0; train by lsq")));
}

TEST_F(QuantizedStage, RefusesToTakeStatisticsAnewThatItFreezes) {
  Recipe both = recipe(4);
  both.quantized_training.reestimate_batch_norm = 100;
  both.quantized_training.freeze_batch_norm = 1;
  EXPECT_THAT([&] { check_quantized_training(both); },
              testing::ThrowsMessage<InputError>(testing::HasSubstr("would take anew what 'freeze_batch_norm' leaves as it is; set one of them to 0")));
  both.quantized_training.freeze_batch_norm = both.quantized_training.epochs;
  EXPECT_NO_THROW(check_quantized_training(both)) << "nothing is frozen before the end";
}

TEST_F(QuantizedStage, RefusesObserversOfRangesThatAreLearned) {
  Recipe learned = recipe(4);
  learned.quantized_training.observers = "moving-average";
  EXPECT_THAT([&] { check_quantized_training(learned); },
              testing::ThrowsMessage<InputError>(testing::HasSubstr("would move the scales of activations that lsq learns; set it to none")));
}

TEST_F(QuantizedStage, NamesItsOwnRateWhereItDiverges) {
  Recipe too_fast = recipe(4);
  too_fast.quantized_training.optimizer = "sgd";
  too_fast.quantized_training.learning_rate = 1e30;
  try {
    train(too_fast);
    FAIL() << "went on with an infinite loss";
  } catch (const CheckError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("lower quantized_training.learning_rate (1e+30)"));
  }
}

bool is_zero_or_power_of_two(std::int32_t q) { return (std::abs(q) & (std::abs(q) - 1)) == 0; }

TEST_F(QuantizedStage, IncrementalQuantizationEndsInPowersOfTwoWhereverItWasStopped) {
  Recipe four_bits = recipe(4);
  four_bits.quantized_training.method = "inq";
  four_bits.quantized_training.epochs = 4;
  const Result trained = train(four_bits);
  for (const Node* node : trained.graph.nodes_of<FakeQuantize>()) {
    if (!node->input(0)->is_constant()) continue;
    const Tensor &weights = node->input(0)->constant(), &scale = node->input(1)->constant();
    const Tensor integers = node->as<FakeQuantize>()->integers(weights, scale, nullptr);
    for (std::size_t i = 0; i < weights.floats().size(); ++i) {
      EXPECT_EQ(weights.floats()[i], static_cast<float>(integers.integers()[i]) * scale.floats()[0]) << "is not what it is quantized to";
      EXPECT_TRUE(is_zero_or_power_of_two(integers.integers()[i])) << integers.integers()[i];
    }
  }
  const Graph settled = settle(trained.graph);
  EXPECT_EQ(trained.state.metrics.back().validation_top1, accuracy(settled, striped_images(100, kClasses, 2)));
  lower(settled);
  const Result in_steps = train(four_bits, 1);
  EXPECT_EQ(to_text(in_steps.graph), to_text(trained.graph)) << "each step in a process of its own";
  EXPECT_EQ(in_steps.state.quantized, trained.state.quantized);
}

TEST_F(QuantizedStage, RefusesPowersOfTwoThatNoIntegerWeightsHold) {
  Recipe five_bits = recipe(5);
  five_bits.quantized_training.method = "inq";
  EXPECT_THAT([&] { check_quantized_training(five_bits); },
              testing::ThrowsMessage<InputError>(testing::HasSubstr(
                  "'weight_bits' in 'quantize' is 5: its powers of two in 'inq' reach from 1 to 2^7, and integer weights to 127; set it to 4 (1 to 8)")));
  Recipe four_bits = recipe(4);
  four_bits.quantized_training.method = "inq";
  EXPECT_NO_THROW(check_quantized_training(four_bits));
  for (const std::vector<double>& portions : {std::vector<double>{}, {0.5, 0.75}, {0.5, 0.5, 1}, {0, 1}}) {
    four_bits.quantized_training.portions = portions;
    EXPECT_THAT([&] { check_quantized_training(four_bits); }, testing::ThrowsMessage<InputError>(testing::HasSubstr("do not rise from above 0 to 1")));
  }
}

TEST_F(QuantizedStage, LearnsByEveryMethod) {
  for (const char* method : {"lsq", "lsq+", "pact", "dorefa", "straight-through", "inq"})
    for (const bool power_of_two : {false, true}) {
      Recipe four_bits = recipe(4);
      four_bits.quantized_training.method = method;
      four_bits.quantized_training.epochs = 10;
      four_bits.quantize.power_of_two = power_of_two;
      const Result trained = train(four_bits);
      EXPECT_GE(trained.state.metrics.back().validation_top1, 90) << method << " power of two: " << power_of_two;
      lower(settle(trained.graph));
    }
}

}  // namespace
}  // namespace bitloom::train
