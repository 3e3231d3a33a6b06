#include "train/quantized_stage.h"

#include <gtest/gtest.h>

#include <algorithm>

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
Graph network_with_norm() {
  TestGraph t(3);
  Value* x = t.conv(t.image({1, 1, 8, 8}), 6, 3);
  x = t.graph.add("", BatchNorm{}, {x, t.constant({6}, 0.5, 1.5), t.constant({6}), t.constant({6}), t.constant({6}, 0.5, 1.5)});
  x = t.max_pool(t.graph.add("", Relu{}, {x}), kHalf);
  return t.finish(t.gemm(t.graph.add("", Flatten{}, {x}), kClasses));
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

  static Result train(const Recipe& recipe) {
    const TestFolder place;
    const Images images = striped_images(300, kClasses, 1);
    Graph graph = quantized_training_graph(network_with_norm(), images, recipe, nullptr);
    const RunFolder folder(place.path());
    TrainerOptions options{.recipe = quantized_recipe(recipe), .deploy = [](const Graph& trained) { return settle(trained); }};
    Trainer trainer(graph, {images, striped_images(100, kClasses, 2)}, options, folder);
    EXPECT_EQ(trainer.run([] { return false; }), Trainer::Outcome::kFinished);
    trainer.write_best(graph);
    return {std::move(graph), trainer.state()};
  }

  /// Of the constants that are operand `index` of the graph's quantizers, one behind the other.
  static std::vector<float> operands(const Graph& graph, int index) {
    std::vector<float> all;
    for (const Node* node : graph.nodes_of<FakeQuantize>())
      if (node->input(index)->is_constant()) {
        const auto values = node->input(index)->constant().floats();
        all.insert(all.end(), values.begin(), values.end());
      }
    return all;
  }
};

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

TEST_F(QuantizedStage, LearnsByEveryMethod) {
  for (const char* method : {"lsq", "lsq+", "pact", "dorefa", "straight-through"})
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
