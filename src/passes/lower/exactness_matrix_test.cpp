#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "passes/every_operator_network.h"
#include "passes/lower/expect_exact.h"
#include "passes/test_networks.h"

/// Every format times every operator: the integer graph equals a second evaluation in 128-bit integers, bit for bit.
namespace bitloom {
namespace {

using namespace test_networks;

/// As lower/integer_form.cpp knows them, besides quantizers, which stand everywhere. Functions of one element are all
/// tables: two stand for them.
constexpr const char* kOperators[] = {
    "Conv2d",    "Gemm",    "AveragePool2d", "Add",       "Mul",          "Concat",       "Relu",   "Clip",
    "MaxPool2d", "Flatten", "Reshape",       "Transpose", "DepthToSpace", "SpaceToDepth", "Slice",  "Pad",
    "Expand",    "Tile",    "Resize",        "Gather",    "ReduceMax",    "Sub",          "Div",    "Pow",
    "Min",       "Max",     "PRelu",         "Tanh",      "Sigmoid",      "LeakyRelu",    "Softmax"};

enum class Scales { kTensor, kChannel, kGroup };

/// A row of the matrix: all but the bits.
struct Row {
  bool symmetric_weights, symmetric_activations, unsigned_activations, power_of_two;
  Scales scales;

  QuantizeOptions options(int weight_bits, int activation_bits) const {
    QuantizeOptions o;
    o.weight_bits = weight_bits;
    o.activation_bits = activation_bits;
    o.symmetric_weights = symmetric_weights;
    o.symmetric_activations = symmetric_activations;
    o.unsigned_activations = unsigned_activations;
    o.power_of_two = power_of_two;
    o.per_channel = scales != Scales::kTensor;
    o.group = scales == Scales::kGroup ? 2 : 1;
    return o;
  }
  std::string name() const {
    return fmt::format("{} weights, {} {} activations, per {}, {} scales", symmetric_weights ? "symmetric" : "affine",
                       symmetric_activations ? "symmetric" : "affine", unsigned_activations ? "unsigned" : "signed",
                       scales == Scales::kTensor    ? "tensor"
                       : scales == Scales::kChannel ? "channel"
                                                    : "group",
                       power_of_two ? "power of two" : "free");
  }
};

std::vector<Row> rows() {
  std::vector<Row> all;
  for (const Scales scales : {Scales::kTensor, Scales::kChannel, Scales::kGroup})
    for (int flags = 0; flags < 16; ++flags) all.push_back({(flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0, scales});
  return all;
}

/// Names of operators, of bipolar activations and of weights with zero points that were met.
void add_met(const Graph& qdq, std::set<std::string>& met) {
  for (const Node* node : qdq.nodes()) {
    met.emplace(node->op().name());
    if (!node->is<Dequantize>()) continue;
    const Value& integers = *node->input(0);
    const Quantization& quantization = *integers.type().quantization;
    if (!integers.is_constant() && integers.type().element.is_bipolar()) met.emplace("bipolar activation");
    if (integers.is_constant() && integers.type().element.is_bipolar()) met.emplace("bipolar weights");
    if (integers.is_constant() && (quantization.zero_point != 0 || !quantization.zero_points.empty())) met.emplace("weights with a zero point");
  }
}

void expect_met(const std::set<std::string>& met, int weight_bits, int activation_bits, const Row& row) {
  for (const char* name : kOperators) EXPECT_TRUE(met.contains(name)) << name;
  EXPECT_EQ(met.contains("bipolar weights"), weight_bits == 1);
  EXPECT_EQ(met.contains("bipolar activation"), activation_bits == 1);
  EXPECT_EQ(met.contains("weights with a zero point"), !row.symmetric_weights);
}

class ExactnessMatrix : public testing::TestWithParam<int> {};

TEST_P(ExactnessMatrix, TheIntegersEqualAWideEvaluationForEveryOperatorInEveryRow) {
  const int weight_bits = GetParam();
  std::uint64_t seed = 0;
  for (const Row& row : rows())
    for (int activation_bits = 1; activation_bits <= 8; ++activation_bits) {
      if (weight_bits == 1 && !row.symmetric_weights) continue;  // refused: signs have no zero point
      SCOPED_TRACE(testing::Message() << "w" << weight_bits << " a" << activation_bits << ", " << row.name());
      RandomStream random({++seed, static_cast<std::uint64_t>(weight_bits)});
      const Graph graph = every_operator_network(random);
      const std::vector<Tensor> images = random_images(graph, random, 2);
      const Graph qdq = quantize_model(graph, feed(images), row.options(weight_bits, activation_bits)), integer = lower(qdq);
      verify(integer);
      std::set<std::string> met;
      add_met(qdq, met);
      expect_met(met, weight_bits, activation_bits, row);
      expect_equal(qdq, integer, random_images(graph, random, 1).front());
      if (testing::Test::HasFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(WeightBits, ExactnessMatrix, testing::Range(1, 9));

}  // namespace
}  // namespace bitloom
