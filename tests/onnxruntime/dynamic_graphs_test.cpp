// Random networks whose layers find the ranges of what they read while they run, as `bitloom quantize --dynamic` writes
// them: the results of ONNX Runtime, and ours.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "ir/interpreter.h"
#include "onnx_runtime.h"
#include "passes/quantize/dynamic_ranges.h"
#include "passes/random_network.h"
#include "passes/test_networks.h"
#include "spoilt_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;

constexpr std::uint64_t kGraphs = 200;

Graph random_dynamic_network(RandomStream& random) {
  Graph graph = random_network(random);
  while (onnx_runtime::spoils(graph)) graph = random_network(random);
  QuantizeOptions options;
  options.per_channel = between(random, 0, 1);
  options.symmetric_weights = options.per_channel || between(random, 0, 1);  // its ConvInteger takes one zero point of all weights
  return quantize_dynamically(graph, options);
}

/// The largest difference, over the largest result.
double difference(const Tensor& ours, const Tensor& theirs) {
  double largest = 1e-6, apart = 0;
  for (std::size_t i = 0; i < ours.floats().size(); ++i) {
    largest = std::max(largest, std::fabs(double{ours.floats()[i]}));
    apart = std::max(apart, std::fabs(double{ours.floats()[i]} - theirs.floats()[i]));
  }
  return apart / largest;
}

TEST(OnnxRuntime, ComputesRandomDynamicallyQuantizedNetworksAsWeDo) {
  BITLOOM_NEEDS_ONNX_RUNTIME();
  std::vector<onnx_runtime::Job> jobs;
  for (std::uint64_t trial = 0; trial < kGraphs; ++trial) {
    RandomStream random({onnx_runtime::test_seed(), trial, 3});
    Graph graph = random_dynamic_network(random);
    Tensor image = random_images(graph, random, 1).front();
    jobs.push_back({std::move(graph), {std::move(image)}});
  }
  const std::vector<onnx_runtime::Result> results = onnx_runtime::run(jobs);
  std::uint64_t equal = 0, refused = 0;
  for (std::uint64_t trial = 0; trial < kGraphs; ++trial) {
    if (!results[trial].error.empty()) {
      ++refused;
      fmt::print("trial {} not run by ONNX Runtime: {}\n", trial, results[trial].error.substr(0, 200));
      continue;
    }
    const double apart = difference(Interpreter(jobs[trial].graph).run(Tensor(jobs[trial].inputs.front())), results[trial].outputs.front());
    EXPECT_LT(apart, 0.05) << "BITLOOM_TEST_SEED=" << onnx_runtime::test_seed() << " trial " << trial;  // a step, where a value lies at a tie
    equal += apart < 1e-5;
  }
  fmt::print("{} networks, {} refused there, {} equal but for rounding, the others differ by a step\n", kGraphs, refused, equal);
  EXPECT_LE(refused, kGraphs / 50);
  EXPECT_GE(equal, (kGraphs - refused) * 9 / 10);
}

}  // namespace
}  // namespace bitloom
