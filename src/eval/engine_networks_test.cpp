// Whole networks on the engine against the operators' references.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/engine.h"
#include "ir/interpreter.h"
#include "onnx/random_graph.h"
#include "passes/lower/lower.h"
#include "passes/random_network.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;

constexpr std::uint64_t kSeed = 20261121;

Tensor run_engine(const engine::Engine& engine, const Tensor& input) {
  engine::Engine::Workspace workspace(engine);
  return engine.run({input}, workspace).front();
}

TEST(EngineNetworks, IntegerNetworksGiveTheReferencesBits) {
  std::size_t kernels = 0, references = 0;
  for (std::uint64_t trial = 0; trial < 150; ++trial) {
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", trial " << trial);
    RandomStream random({kSeed, trial});
    const Graph graph = random_network(random);
    const std::vector<Tensor> images = random_images(graph, random, 3);
    QuantizeOptions options;
    options.weight_bits = between(random, 1, 8);
    options.activation_bits = between(random, 1, 8);
    options.symmetric_weights = options.weight_bits == 1 || random.below(2);
    options.per_channel = random.below(2);
    options.unsigned_activations = random.below(2);
    const Graph qdq = quantize_model(graph, feed(images), options);
    const Graph integer = trial % 3 == 0 ? lower(with_other_quantizers(qdq, random)) : lower(qdq);
    const engine::Engine engine(integer);
    for (const auto& step : engine.steps()) ++(step.kernel == "reference" ? references : kernels);
    for (const Tensor& image : images) {
      const Tensor input = quantize_input(integer, image);
      ASSERT_EQ(run_engine(engine, input), Interpreter(integer).run(Tensor(input))) << to_text(integer);
    }
  }
  EXPECT_GT(kernels, references);  // or this test would compare the reference with itself
}

TEST(EngineNetworks, NetworksOfNineToSixteenBitsGiveTheReferencesBits) {
  int fitting = 0;
  for (std::uint64_t trial = 0; trial < 60; ++trial) {
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", trial " << trial);
    RandomStream random({kSeed, trial, 16});
    const Graph graph = random_network(random);
    const std::vector<Tensor> images = random_images(graph, random, 3);
    QuantizeOptions options;
    options.weight_bits = between(random, 1, 16);
    options.activation_bits = between(random, 9, options.weight_bits > 12 ? 12 : 16);
    options.symmetric_weights = options.weight_bits == 1 || random.below(2);
    const Graph qdq = quantize_model(graph, feed(images), options);
    Graph integer;
    if (!refusal([&] { integer = lower(qdq); }).empty()) continue;  // sums that int32 does not hold
    ++fitting;
    const engine::Engine engine(integer);
    for (const Tensor& image : images) {
      const Tensor input = quantize_input(integer, image);
      ASSERT_EQ(run_engine(engine, input), Interpreter(integer).run(Tensor(input))) << to_text(integer);
    }
  }
  EXPECT_GE(fitting, 20);
}

/// The share of elements that differ by more than float32 sums of another order explain. Behind a rounding (a quantizer, the place of a
/// maximum) or a division by almost nothing (a norm of equal values) the last bit may decide.
double share_of_far(const Tensor& given, const Tensor& expected) {
  float largest = 1e-3f;
  for (const float y : expected.floats()) largest = std::isfinite(y) ? std::max(largest, std::abs(y)) : largest;
  double far = 0;
  for (std::size_t i = 0; i < expected.floats().size(); ++i) far += std::abs(given.floats()[i] - expected.floats()[i]) > 1e-4f * largest;
  return expected.elements() == 0 ? 0 : far / static_cast<double>(expected.elements());
}

TEST(EngineNetworks, FloatAndQdqNetworksAgreeWithTheReference) {
  constexpr std::uint64_t kTrials = 300;
  std::uint64_t agreeing = 0, refused = 0;
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", trial " << trial);
    const Graph graph = onnx_format::random_graph(kSeed, trial);
    RandomStream random({kSeed, trial});
    std::vector<Tensor> inputs;
    for (const Value* input : graph.inputs()) inputs.push_back(random_floats(random, input->shape()));
    const engine::Engine engine(graph);
    engine::Engine::Workspace workspace(engine);
    std::vector<Tensor> expected;
    try {
      expected = Interpreter(graph).run(inputs);
    } catch (const InputError&) {  // a quantizer was given no number
      EXPECT_THROW(engine.run(inputs, workspace), InputError);
      ++refused;
      continue;
    }
    const std::vector<Tensor> given = engine.run(inputs, workspace);
    double far = 0;
    for (std::size_t o = 0; o < expected.size(); ++o) {
      ASSERT_EQ(given[o].type(), expected[o].type());
      if (expected[o].is_float()) far = std::max(far, share_of_far(given[o], expected[o]));
    }
    agreeing += far <= 0.02;
  }
  EXPECT_LT(refused, 20u);
  EXPECT_GE(agreeing + refused, kTrials * 98 / 100);
}

}  // namespace
}  // namespace bitloom
