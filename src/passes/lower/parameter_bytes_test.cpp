#include <gtest/gtest.h>

#include "passes/lower/lower.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;

TensorType integers(Shape shape, ElementType element) { return {std::move(shape), element, Quantization{{1}, 0, -1}}; }

/// x -> Gemm(3 bit weights [5, 7], int32 bias [5]) -> Requantize
std::int64_t bytes_with(std::vector<FixedMultiplier> factors) {
  Graph graph;
  Value* x = graph.add_input("x", integers({1, 7}, ElementType::uint8()));
  Value* w = graph.add_constant("w", Tensor(integers({5, 7}, ElementType::integer(3, true))));
  Value* b = graph.add_constant("b", Tensor(integers({5}, ElementType::int32())));
  Requantize op;
  op.factors = std::move(factors);
  op.quantization = {{1}, 0, -1};
  graph.set_outputs({graph.add("", op, {graph.add("fc", Gemm{}, {x, w, b})})});
  return parameter_bytes(graph);
}

constexpr std::int64_t kWeightsAndBiases = 14 + 20;  // 35 * 3 bits rounded up to bytes, 5 * 4 bytes

TEST(ParameterBytes, ASharedPowerOfTwoIsFree) { EXPECT_EQ(bytes_with({{1, 9}}), kWeightsAndBiases); }

TEST(ParameterBytes, FactorsTakeTheWidthOfTheLargestMultiplierAndShift) {
  EXPECT_EQ(bytes_with({{1000, 33}}), kWeightsAndBiases + 2);                                // 10 + 6 bits
  EXPECT_EQ(bytes_with({{1, 9}, {3, 9}, {5, 10}, {7, 8}, {9, 15}}), kWeightsAndBiases + 5);  // 5 * (4 + 4) bits
  EXPECT_EQ(bytes_with({{1, 9}, {1, 9}, {1, 10}, {1, 8}, {1, 15}}), kWeightsAndBiases + 3);  // 5 * 4 bits
}

TEST(ParameterBytes, CountsFloatsAtFourBytesAndTablesAtTheirWidth) {
  EXPECT_EQ(parameter_bytes(small_cnn()), 4 * small_cnn().parameters());
  Graph graph;
  LookupTable op;
  op.table.assign(16, 0);
  op.element = ElementType::integer(6, true);
  op.quantization = {{1}, 0, -1};
  graph.set_outputs({graph.add("", op, {graph.add_input("x", integers({1, 4}, ElementType::integer(4, false)))})});
  EXPECT_EQ(parameter_bytes(graph), 12);
}

TEST(ParameterBytes, EightBitWeightsShrinkANetworkNearlyFourTimes) {
  RandomStream random({1});
  const Graph graph = Builder(random, {1, 1, 28, 28}).conv(12, 5).then(Relu{}).then(max_pool(2)).gemm(10).finish();
  const std::vector<Tensor> images = random_images(graph, random, 2);
  const Graph integer = lower(quantize_model(graph, feed(images), {}));
  EXPECT_GT(parameter_bytes(graph), 3.9 * static_cast<double>(parameter_bytes(integer)));
}

}  // namespace
}  // namespace bitloom
