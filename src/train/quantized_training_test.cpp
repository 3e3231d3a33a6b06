// Networks that are quantized already, trained on and quantized again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "base/error.h"
#include "base/progress.h"
#include "base/test_folder.h"
#include "ir/interpreter.h"
#include "ir/ops/integer_product.h"
#include "ir/ops/quantization.h"
#include "onnx/onnx.h"
#include "passes/lower/lower.h"
#include "passes/quantize/fake_quantize.h"
#include "passes/quantize/quantize_model.h"
#include "train/test_graphs.h"
#include "train/trainer.h"
#include "train/training_graph.h"

namespace bitloom::train {
namespace {

constexpr int kClasses = 3;

Tensor input_of(const Graph& graph, const Images& images, std::int64_t i) {
  return preprocess(graph, images.image(i));
}

/// Of weights and activations of that many bits, as a file has it.
Graph quantized_network(int bits) {
  const Graph graph = small_network(1, kClasses);
  const Images images = striped_images(20, kClasses, 3);
  QuantizeOptions options;
  options.weight_bits = options.activation_bits = bits;
  return quantize_model(
      graph,
      [&](const auto& use) {
        for (std::int64_t i = 0; i < images.size(); ++i) use(input_of(graph, images, i));
      },
      options);
}

std::string without_values(const Graph& graph) {
  return std::regex_replace(to_text(graph), std::regex("digest [0-9a-f]+"), "digest");
}

class QuantizedTraining : public testing::TestWithParam<int> {
 protected:
  static void SetUpTestSuite() { Progress::set_quiet(true); }
};

/// 8 bits travel as QDQ, fewer as QONNX.
TEST_P(QuantizedTraining, MovesTheIntegersOfAFileAndEndsInSuchAFile) {
  const TestFolder place;
  const auto path = place.path() / "q.onnx";
  write_onnx(quantized_network(GetParam()), path);
  const Graph before = read_onnx(path);
  Graph graph = before.clone();
  fake_quantize_parameters(graph);

  TrainerOptions options;
  options.recipe.data.set = "stripes";
  options.recipe.train = {.epochs = 20, .batch = 64, .learning_rate = 0.01, .schedule = "cosine", .threads = 1};
  const RunFolder folder(place.path() / "run");
  Trainer trainer(graph, {striped_images(300, kClasses, 1), striped_images(100, kClasses, 2)}, options, folder);
  ASSERT_EQ(trainer.run([] { return false; }), Trainer::Outcome::kFinished);
  EXPECT_LT(trainer.state().metrics.back().train_loss, trainer.state().metrics.front().train_loss / 2);
  EXPECT_GE(trainer.state().metrics.back().validation_top1, 90);

  trainer.write_best(graph);
  Graph frozen = graph.clone();
  freeze_quantized_parameters(frozen);
  EXPECT_EQ(without_values(frozen), without_values(before));
  write_onnx(frozen, path);
  const Graph after = read_onnx(path);
  EXPECT_EQ(to_text(after), to_text(frozen));
  EXPECT_NE(after.nodes_of<Conv2d>().front()->producer(1)->input(0)->constant(),
            before.nodes_of<Conv2d>().front()->producer(1)->input(0)->constant());
  EXPECT_EQ(to_text(lower(after)), to_text(lower(graph)));
  const Images images = striped_images(50, kClasses, 4);
  for (std::int64_t i = 0; i < images.size(); ++i)
    ASSERT_EQ(Interpreter(after).run(input_of(after, images, i)), Interpreter(graph).run(input_of(graph, images, i)));
}

INSTANTIATE_TEST_SUITE_P(Trainer, QuantizedTraining, testing::Values(8, 4, 3), testing::PrintToStringParamName());

TEST(TrainingGraph, RefusesQuantizedNetworksThatNothingTrains) {
  EXPECT_THAT([] { training_graph(quantized_network(8)); },
              testing::ThrowsMessage<InputError>(testing::HasSubstr(
                  "node 'conv2d' (Conv2d): its parameter 'constant.dequantize' is made of integers, which do not train; train")));
  TestGraph t(5);
  Quantize quantize;
  quantize.quantization = {{0.1f}, 0, -1};
  Value* weights = t.graph.add_constant("w", Tensor({{4, 3}, ElementType::int8(), {}}, std::vector<std::int32_t>(12, 1)));
  Value* sum = t.graph.add("product", MatMulInteger{}, {t.graph.add("", quantize, {t.image({1, 4})}), weights});
  EXPECT_THAT([&] { training_graph(t.finish(sum)); },
              testing::ThrowsMessage<InputError>(testing::HasSubstr("node 'product' (MatMulInteger): multiplies integers as they are")));
}

}  // namespace
}  // namespace bitloom::train
