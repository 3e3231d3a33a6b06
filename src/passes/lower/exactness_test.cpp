#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "ir/ops/multi_threshold.h"
#include "ir/ops/quantization.h"
#include "passes/lower/expect_exact.h"
#include "passes/lower/lower.h"
#include "passes/quantize/insert_fake_quantizers.h"
#include "passes/quantize/settle.h"
#include "passes/random_network.h"
#include "passes/test_networks.h"

/// The integer graph means what the QDQ graph means, bit for bit against a second, wide-integer evaluation.
namespace bitloom {
namespace {

using namespace test_networks;

/// Formats of these bits, all else being drawn.
QuantizeOptions random_options(RandomStream& random, int weight_bits, int activation_bits) {
  QuantizeOptions options;
  options.weight_bits = weight_bits;
  options.activation_bits = activation_bits;
  options.symmetric_weights = weight_bits == 1 || between(random, 0, 1);
  options.per_channel = between(random, 0, 2) > 0;
  options.group = options.per_channel ? between(random, 1, 3) : 1;
  options.power_of_two = between(random, 0, 1);
  options.unsigned_activations = between(random, 0, 1);
  options.symmetric_activations = between(random, 0, 1);
  return options;
}

TEST(Lower, EqualsAWideIntegerEvaluationForEveryNumberOfBitsOnRandomNetworks) {
  for (int weight_bits = 1; weight_bits <= 8; ++weight_bits)
    for (int activation_bits = 1; activation_bits <= 8; ++activation_bits)
      for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        SCOPED_TRACE(testing::Message() << "w" << weight_bits << " a" << activation_bits << " seed " << seed);
        RandomStream random({static_cast<std::uint64_t>(weight_bits), static_cast<std::uint64_t>(activation_bits), seed});
        const QuantizeOptions options = random_options(random, weight_bits, activation_bits);
        const Graph graph = random_network(random);
        const std::vector<Tensor> images = random_images(graph, random, 3);
        const Graph qdq = quantize_model(graph, feed(images), options), integer = lower(qdq);
        verify(integer);
        for (const Tensor& image : random_images(graph, random, 2)) {
          expect_equal(qdq, integer, image);
          if (testing::Test::HasFatalFailure()) return;
        }
      }
}

TEST(Lower, EqualsAWideIntegerEvaluationOfNineToSixteenBitsWhereSumsFit) {
  int fitting = 0, too_wide = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomStream random({seed, 79});
    const bool wide_weights = between(random, 0, 1);
    const QuantizeOptions options = random_options(random, wide_weights ? between(random, 9, 16) : between(random, 1, 12),
                                                   wide_weights ? between(random, 1, 12) : between(random, 9, 16));
    const Graph graph = random_network(random);
    const std::vector<Tensor> images = random_images(graph, random, 3);
    const Graph qdq = quantize_model(graph, feed(images), options);
    Graph integer;
    const std::string refused = refusal([&] { integer = lower(qdq); });
    if (!refused.empty()) {
      ++too_wide;
      EXPECT_TRUE(refused.find("outside int32; inputs of ") != std::string::npos ||
                  refused.find("at most 28 bits together") != std::string::npos)
          << refused;
      continue;
    }
    ++fitting;
    for (const Tensor& image : random_images(graph, random, 2)) {
      expect_equal(qdq, integer, image);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  RecordProperty("fitting", fitting);
  RecordProperty("too_wide", too_wide);
  EXPECT_GE(fitting, 100);
  EXPECT_GE(too_wide, 10);
}

TEST(Lower, EqualsAWideIntegerEvaluationWhereLayersWantFewerBitsThanSums) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomStream random({seed, 78});
    QuantizeOptions options;
    options.weight_bits = between(random, 1, 4);
    options.activation_bits = between(random, 1, 4);
    options.sum_bits = between(random, 1, 8);
    options.first_last_bits = between(random, 0, 1) * 8;
    options.power_of_two = between(random, 0, 1);
    FakeQuantizeOptions training;
    training.activations = between(random, 0, 1) ? Estimator::kLsq : Estimator::kLsqPlus;
    const Graph graph = random_network(random);
    const std::vector<Tensor> images = random_images(graph, random, 3);
    const bool is_trained = between(random, 0, 1);
    const Graph qdq = is_trained ? settle(insert_fake_quantizers(graph, feed(images), options, training)) : quantize_model(graph, feed(images), options);
    const Graph integer = lower(qdq);
    for (const Tensor& image : random_images(graph, random, 2)) {
      expect_equal(qdq, integer, image);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

/// How often Truncs and MultiThresholds stand behind what, as "Trunc behind Conv2d".
void count_quantizers(const Graph& qdq, std::map<std::string, int>& counts) {
  for (const Node* node : qdq.nodes())
    if (node->is<Trunc>() || node->is<MultiThreshold>())
      ++counts[fmt::format("{} behind {}", node->op().name(), source_of(*node).op().name())];
}

TEST(Lower, EqualsAWideIntegerEvaluationWithTruncsAndMultiThresholds) {
  std::map<std::string, int> counts;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomStream random({seed, 77});
    const int weight_bits = between(random, 1, 8), activation_bits = between(random, 1, 8);
    const QuantizeOptions options = random_options(random, weight_bits, activation_bits);
    const Graph graph = random_network(random);
    const std::vector<Tensor> images = random_images(graph, random, 3);
    const Graph qdq = with_other_quantizers(quantize_model(graph, feed(images), options), random), integer = lower(qdq);
    verify(integer);
    count_quantizers(qdq, counts);
    for (const Tensor& image : random_images(graph, random, 2)) {
      expect_equal(qdq, integer, image);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  for (const char* op : {"Trunc", "MultiThreshold"})
    for (const char* source : {"Conv2d", "Gemm", "AveragePool2d", "Add", "Mul", "Dequantize", "Tanh", "Concat"})
      EXPECT_GE(counts[fmt::format("{} behind {}", op, source)], 10) << op << " behind " << source;
  for (const auto& [what, count] : counts) RecordProperty(what, count);
}

}  // namespace
}  // namespace bitloom
