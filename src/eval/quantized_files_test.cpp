// What quantize_model makes, through a file: ONNX's QDQ for 8 bits, QONNX for all else.
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "data/dataset.h"
#include "eval/recipe_choice.h"
#include "onnx/onnx.h"
#include "passes/every_operator_network.h"
#include "passes/lower/lower.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;

TEST(QuantizedFiles, OfEveryFormatReadBackAsTheSameIntegerNetwork) {
  const TestFolder folder;
  int lowered = 0;
  for (int weight_bits = 1; weight_bits <= 16; ++weight_bits)
    for (int activation_bits = 1; activation_bits <= 16; ++activation_bits) {
      SCOPED_TRACE(testing::Message() << "w" << weight_bits << " a" << activation_bits);
      RandomStream random({static_cast<std::uint64_t>(weight_bits), static_cast<std::uint64_t>(activation_bits)});
      QuantizeOptions options;
      options.weight_bits = weight_bits;
      options.activation_bits = activation_bits;
      options.symmetric_weights = weight_bits == 1 || between(random, 0, 1);
      options.symmetric_activations = between(random, 0, 1);
      options.unsigned_activations = between(random, 0, 1);
      options.per_channel = between(random, 0, 2) > 0;
      options.group = options.per_channel ? between(random, 1, 3) : 1;
      options.power_of_two = between(random, 0, 1);
      const Graph graph = every_operator_network(random);
      const Graph qdq = quantize_model(graph, feed(random_images(graph, random, 2)), options);
      write_onnx(qdq, folder.path() / "m.onnx");
      const Graph read = read_onnx(folder.path() / "m.onnx");
      ASSERT_EQ(to_text(read), to_text(qdq));
      std::string integers;
      if (!refusal([&] { integers = to_text(lower(qdq)); }).empty()) continue;  // sums that int32 does not hold
      ++lowered;
      ASSERT_EQ(to_text(lower(read)), integers);
    }
  EXPECT_GE(lowered, 150);
}

TEST(InitialGraph, GivesEachBatchNormStatisticsOfItsOwn) {
  const TestFolder folder;
  RandomStream random({3});
  Graph graph = Builder(random, {1, 1, 28, 28}).conv(4, 3).batch_norm().then(Relu{}).conv(4, 3).batch_norm().then(Relu{}).gemm(10).finish();
  const std::vector<Node*> norms = graph.nodes_of<BatchNorm>();
  for (const int operand : {1, 3, 4}) graph.set_input(norms[1], operand, norms[0]->input(operand));
  write_onnx(graph, folder.path() / "m.onnx");
  Recipe recipe;
  recipe.network.model = (folder.path() / "m.onnx").string();
  const Graph initial = initial_graph(recipe, *data::open_dataset("digits", {}).train);
  const std::vector<Node*> read = initial.nodes_of<BatchNorm>();
  EXPECT_EQ(read[0]->input(1), read[1]->input(1)) << "gamma is shared as the file says";
  for (const int statistic : {3, 4}) {
    EXPECT_NE(read[0]->input(statistic), read[1]->input(statistic));
    EXPECT_EQ(read[0]->input(statistic)->constant(), read[1]->input(statistic)->constant());
  }
}

}  // namespace
}  // namespace bitloom
