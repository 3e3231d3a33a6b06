#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <unordered_map>

#include "passes/every_operator_network.h"
#include "passes/lower/expect_exact.h"
#include "passes/test_networks.h"

/// Simulated quantization, the QDQ graph run in floats, against the integers: they differ only where the exact result lies as near to a tie as
/// the roundings of float32 reach (wide_reference.h has the bound, in 128-bit integers).
namespace bitloom {
namespace {

using namespace test_networks;

struct Difference {
  std::int64_t values = 0, differing = 0, near_ties = 0;
};

/// The QDQ graph in floats, node by node; behind every Quantize it goes on from the exact integers, so that each is judged by itself.
class Simulation {
 public:
  Simulation(const Graph& qdq, const Tensor& image) : qdq_(qdq), exact_(qdq, image, /*wants_ties=*/true) {
    values_.emplace(qdq.inputs().front(), image);
  }

  void compare(Difference& difference) {
    std::size_t stage = 0;
    for (const Node* node : qdq_.nodes()) {
      Tensor result = evaluate(*node);
      if (node->is<Quantize>()) compare_stage(*node, stage++, result, difference);
      values_.emplace(node->output(), std::move(result));
      if (testing::Test::HasFailure()) return;
    }
    EXPECT_EQ(stage, exact_.stages.size());
  }

 private:
  Tensor evaluate(const Node& node) const {
    std::vector<const Tensor*> inputs;
    for (const Value* input : node.inputs()) inputs.push_back(input->is_constant() ? &input->constant() : &values_.at(input));
    Tensor outputs[] = {Tensor(node.output()->type())};
    node.evaluate(inputs, outputs);
    return std::move(outputs[0]);
  }

  void compare_stage(const Node& node, std::size_t stage, Tensor& simulated, Difference& difference) const {
    const auto q = simulated.integers();
    const std::int32_t step = node.output()->type().element.is_bipolar() ? 2 : 1;
    ASSERT_EQ(q.size(), exact_.stages[stage].size());
    for (std::size_t i = 0; i < q.size(); ++i, ++difference.values) {
      const std::int32_t exact = exact_.stages[stage][i];
      difference.near_ties += exact_.near_ties[stage][i];
      if (q[i] == exact) continue;
      ++difference.differing;
      ASSERT_EQ(std::abs(q[i] - exact), step) << node.name() << " element " << i;
      ASSERT_TRUE(exact_.near_ties[stage][i]) << node.name() << " element " << i << " is " << q[i] << ", exactly " << exact;
      q[i] = exact;
    }
  }

  const Graph& qdq_;
  wide_reference::Evaluation exact_;
  std::unordered_map<const Value*, Tensor> values_;
};

/// All networks, of all formats; scales free or powers of two.
Difference simulate(bool power_of_two) {
  Difference difference;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomStream random({seed, 80});
    QuantizeOptions options;
    options.weight_bits = between(random, 1, 8);
    options.activation_bits = between(random, 1, 8);
    options.symmetric_weights = options.weight_bits == 1 || between(random, 0, 1);
    options.symmetric_activations = between(random, 0, 1);
    options.unsigned_activations = between(random, 0, 1);
    options.per_channel = between(random, 0, 2) > 0;
    options.group = options.per_channel ? between(random, 1, 2) : 1;
    options.power_of_two = power_of_two;
    const Graph graph = between(random, 0, 1) ? every_operator_network(random) : random_network(random);
    const std::vector<Tensor> images = random_images(graph, random, 4);
    const Graph qdq = quantize_model(graph, feed(images), options);
    for (const Tensor& image : images) {
      Simulation(qdq, image).compare(difference);
      if (testing::Test::HasFailure()) return difference;
    }
  }
  return difference;
}

TEST(LowerSimulation, DiffersFromTheIntegersByOneStepAndOnlyWithinFloatRoundingOfATie) {
  const Difference difference = simulate(/*power_of_two=*/false);
  RecordProperty("differing", fmt::format("{} of {}", difference.differing, difference.values));
  EXPECT_GT(difference.differing, 0);  // or the bound was not tried
  EXPECT_LE(difference.near_ties * 50, difference.values);  // or it forbids little
  EXPECT_LE(difference.differing * 1000, difference.values);
}

TEST(LowerSimulation, WithPowersOfTwoDiffersAtExactTiesOfTheLayersThatReadPixels) {
  const Difference difference = simulate(/*power_of_two=*/true);
  RecordProperty("differing", fmt::format("{} of {}", difference.differing, difference.values));
  EXPECT_LE(difference.differing * 250, difference.values);
}

}  // namespace
}  // namespace bitloom
