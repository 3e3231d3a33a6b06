#include "passes/quantize/settle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "ir/ops/batch_norm.h"
#include "ir/ops/fake_quantize.h"
#include "passes/fold/fold_batch_norm.h"
#include "passes/lower/lower.h"
#include "passes/quantize/insert_fake_quantizers.h"
#include "passes/quantize/placement.h"
#include "passes/random_network.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;

QuantizeOptions bits(int weights, int activations) {
  QuantizeOptions options;
  options.weight_bits = weights;
  options.activation_bits = activations;
  return options;
}

Graph inserted(const Graph& graph, const QuantizeOptions& options, const FakeQuantizeOptions& training = {}) {
  RandomStream random({7});
  const std::vector<Tensor> images = random_images(graph, random, 4);
  Graph result = insert_fake_quantizers(graph, feed(images), options, training);
  verify(result);
  return result;
}

template <class T>
std::vector<std::string> names_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node* node : graph.nodes_of<T>()) names.push_back(node->name());
  return names;
}

/// Scales, offsets and weights as some steps of training leave them.
void move_parameters(Graph& graph, RandomStream& random) {
  for (const Node* node : graph.nodes_of<FakeQuantize>())
    for (Value* operand : node->inputs()) {
      if (!operand || !operand->is_constant()) continue;
      Tensor moved = operand->constant();
      for (float& x : moved.floats()) x = static_cast<float>(x * (1 + 0.2 * random.normal()));
      operand->set_constant(std::move(moved));
    }
}

/// Gives a BatchNorm the beta with which it adds `shift` to each channel.
void set_shift(const Node& norm, const Tensor& shift, const Node& layer) {
  const ChannelAffine affine = affine_of(norm);
  Tensor beta = norm.input(2)->constant();
  for (std::size_t c = 0; c < beta.floats().size(); ++c) {
    const double bias = layer.input(2) ? layer.input(2)->constant().floats()[c] : 0;
    beta.floats()[c] = static_cast<float>(shift.floats()[c] - bias * affine.scale[c] + (beta.floats()[c] - affine.shift[c]));
  }
  norm.input(2)->set_constant(std::move(beta));
}

/// Gives the layers of `trained`, or the BatchNorms behind them, the biases that settling rounded.
void take_biases(Graph& trained, const Graph& settled) {
  std::map<std::string, const Node*> layers;
  for (const Node* node : settled.nodes()) layers[node->name()] = node;
  for (Node* node : trained.nodes()) {
    if (!(node->is<Conv2d>() || node->is<Gemm>()) || !node->input(2)) continue;
    const Node* dequantize = layers.at(node->name())->producer(2);
    const Tensor* integers[] = {&dequantize->input(0)->constant()};
    Tensor reals(dequantize->output()->type());
    dequantize->op().evaluate(integers, {&reals, 1});
    if (const Node* user = node->single_consumer(); user && user->is<BatchNorm>())
      set_shift(*user, reals, *node);
    else
      node->input(2)->set_constant(std::move(reals));
  }
}

/// What stands behind each quantizer of activations, in order.
std::vector<std::vector<float>> simulated(const Graph& graph, const Tensor& image) {
  std::vector<std::vector<float>> values;
  const Tensor output = Interpreter(graph).run({image}, [&](const Value& value, const Tensor& tensor) {
    const Node* node = value.producer();
    const bool is_quantized = node && (node->is<FakeQuantize>() || node->is<Dequantize>()) && !node->input(0)->is_constant();
    if (is_quantized && node->output() == &value) values.emplace_back(tensor.floats().begin(), tensor.floats().end());
  }).front();
  values.emplace_back(output.floats().begin(), output.floats().end());
  return values;
}

constexpr Estimator kEstimators[] = {Estimator::kStraightThrough, Estimator::kLsq, Estimator::kLsqPlus, Estimator::kPact, Estimator::kDorefa};

FakeQuantizeOptions drawn_training(RandomStream& random) {
  FakeQuantizeOptions training;
  training.activations = kEstimators[between(random, 0, 3)];
  constexpr Estimator kOfWeights[] = {Estimator::kLsq, Estimator::kLsq, Estimator::kDorefa, Estimator::kIncremental};
  training.weights = kOfWeights[between(random, 0, 3)];
  return training;
}

QuantizeOptions drawn_options(RandomStream& random) {
  QuantizeOptions options = bits(between(random, 1, 8), between(random, 1, 8));
  options.first_last_bits = between(random, 0, 1) * 8;
  options.sum_bits = between(random, 0, 1) * 8;
  options.per_channel = between(random, 0, 1);
  options.power_of_two = between(random, 0, 2) == 0;
  options.unsigned_activations = between(random, 0, 3);
  return options;
}

void draw_weight_formats(QuantizeOptions& options, RandomStream& random) {
  options.symmetric_weights = options.weight_bits == 1 || between(random, 0, 1);
  if (options.per_channel) options.group = between(random, 1, 3);
}

int largest_size(std::span<const std::int32_t> integers) {
  int largest = 0;
  for (const std::int32_t q : integers) largest = std::max(largest, std::abs(q));
  return largest;
}

TEST(InsertFakeQuantizers, GivesLayersThePowersOfTwoThatTheirLargestWeightAsksFor) {
  const Graph graph = small_cnn();
  for (const int weight_bits : {2, 3, 4}) {
    const Graph trained = inserted(graph, bits(weight_bits, 8), {.weights = Estimator::kIncremental, .activations = Estimator::kStraightThrough});
    int layers = 0;
    for (const Node* node : trained.nodes_of<FakeQuantize>()) {
      if (!node->input(0)->is_constant()) continue;
      ++layers;
      const FakeQuantize& op = *node->as<FakeQuantize>();
      const Tensor &weights = node->input(0)->constant(), &scale = node->input(1)->constant();
      double largest = 0;
      for (const float w : weights.floats()) largest = std::max(largest, std::abs(double{w}));
      const double n1 = std::floor(std::log2(4 * largest / 3)), n2 = n1 + 1 - std::exp2(weight_bits - 1) / 2;
      EXPECT_EQ(scale.floats()[0], static_cast<float>(std::exp2(n2)));
      EXPECT_EQ(op.element, ElementType::integer(weight_bits == 4 ? 5 : weight_bits, true));
      EXPECT_EQ(largest_size(op.integers(weights, scale, nullptr).integers()), static_cast<int>(std::exp2(n1 - n2)));
    }
    EXPECT_GT(layers, 1);
    const Graph settled = settle(trained);
    for (const Node* node : settled.nodes()) {
      if (!has_weights(*node)) continue;
      for (const std::int32_t q : node->producer(1)->input(0)->constant().integers()) EXPECT_EQ(std::abs(q) & (std::abs(q) - 1), 0) << q;
    }
  }
}

/// Where a checkpoint keeps a scale follows from the order of constants, so two processes have to agree on it.
TEST(InsertFakeQuantizers, MakesTheScalesOfActivationsInTheOrderOfTheNodes) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RandomStream random({seed, 9});
    const Graph graph = inserted(random_network(random), bits(4, 4));
    std::vector<std::string> of_nodes, of_constants;
    for (const Node* node : graph.nodes_of<FakeQuantize>())
      if (!node->input(0)->is_constant()) of_nodes.push_back(node->input(1)->name());
    for (const Value* constant : graph.constants())
      if (std::ranges::find(of_nodes, constant->name()) != of_nodes.end()) of_constants.push_back(constant->name());
    EXPECT_EQ(of_constants, of_nodes) << "seed " << seed;
  }
}

TEST(InsertFakeQuantizers, LearnsNoOffsetWhereActivationsAreToHaveNoZeroPoint) {
  const FakeQuantizeOptions lsq_plus{.activations = Estimator::kLsqPlus};
  const auto offsets = [&](const QuantizeOptions& options) {
    const Graph graph = inserted(small_cnn(), options, lsq_plus);
    return std::ranges::count_if(graph.nodes_of<FakeQuantize>(), [](const Node* node) { return node->input(2) != nullptr; });
  };
  QuantizeOptions options = bits(4, 4);
  EXPECT_GT(offsets(options), 0);
  options.symmetric_activations = true;
  EXPECT_EQ(offsets(options), 0);
}

TEST(InsertFakeQuantizers, GivesOuterLayersOfMoreBitsPlainIntegersBesidePowersOfTwo) {
  QuantizeOptions options = bits(4, 8);
  options.first_last_bits = 8;
  const Graph trained = inserted(small_cnn(), options, {.weights = Estimator::kIncremental, .activations = Estimator::kStraightThrough});
  int plain = 0, powers = 0;
  for (const Node* node : trained.nodes_of<FakeQuantize>()) {
    if (!node->input(0)->is_constant()) continue;
    const FakeQuantize& op = *node->as<FakeQuantize>();
    ++(op.estimator == Estimator::kIncremental ? powers : plain);
    EXPECT_EQ(op.element.bits, op.estimator == Estimator::kIncremental ? 5 : 8);
  }
  EXPECT_EQ(plain, 2);
  EXPECT_GT(powers, 0);
}

TEST(Settle, GivesWhatTheTrainedGraphGivesBitForBitOnceItsBiasesAreRounded) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomStream random({seed, 4});
    const Graph graph = random_network(random);
    QuantizeOptions options = drawn_options(random);
    const FakeQuantizeOptions training = drawn_training(random);
    if (training.weights == Estimator::kLsq) draw_weight_formats(options, random);
    Graph trained = inserted(graph, options, training);
    move_parameters(trained, random);
    const Graph settled = settle(trained);
    verify(settled);
    take_biases(trained, settled);
    EXPECT_TRUE(settled.nodes_of<FakeQuantize>().empty());
    for (const Tensor& image : random_images(graph, random, 2)) ASSERT_EQ(simulated(settled, image), simulated(trained, image));
    verify(lower(settled));
  }
}

Graph network_with_norms(RandomStream& random) {
  Builder builder(random, {1, 2, 8, 8});
  builder.conv(4, 3, 1).batch_norm().then(Relu{});
  Value* skip = builder.current();
  return builder.conv(4, 3, 1).batch_norm().plus(skip).then(Relu{}).then(max_pool(2)).gemm(5).finish();
}

TEST(Settle, FoldsBatchNormsIntoScalesAndLeavesTheIntegersOfTheWeights) {
  for (const int weight_bits : {2, 4}) {
    RandomStream random({static_cast<std::uint64_t>(weight_bits)});
    const Graph graph = network_with_norms(random);
    QuantizeOptions options = bits(weight_bits, 4);
    options.sum_bits = 8;
    Graph trained = inserted(graph, options);
    EXPECT_EQ(trained.nodes_of<BatchNorm>().size(), 2u);
    const Graph settled = settle(trained);
    take_biases(trained, settled);
    EXPECT_TRUE(settled.nodes_of<BatchNorm>().empty());
    std::int64_t values = 0, differing = 0;
    for (const Tensor& image : random_images(graph, random, 20)) {
      const auto before = simulated(trained, image), after = simulated(settled, image);
      ASSERT_EQ(before.size(), after.size());
      for (std::size_t stage = 0; stage + 1 < before.size(); ++stage)
        for (std::size_t i = 0; i < before[stage].size(); ++i, ++values) differing += before[stage][i] != after[stage][i];
    }
    // The floats of the folded network are rounded elsewhere: at ties.
    EXPECT_LE(differing * 1000, values) << weight_bits << " bits: " << differing << " of " << values;
    verify(lower(settled));
  }
}

TEST(Settle, KeepsASumsOperandsWideAndNarrowsThemBeforeLayers) {
  RandomStream random({3});
  QuantizeOptions options = bits(2, 2);
  options.sum_bits = 8;
  options.first_last_bits = 8;
  const Graph trained = inserted(network_with_norms(random), options);
  EXPECT_THAT(names_of<FakeQuantize>(trained),
              testing::UnorderedElementsAre("conv.weight.quantizer", "relu.quantizer", "relu.narrow.quantizer", "conv.weight_2.quantizer",
                                            "conv_2.quantizer", "relu_2.quantizer", "fc.weight.quantizer"));
  const auto type_of = [&](const char* name) {
    for (const Node* node : trained.nodes_of<FakeQuantize>())
      if (node->name() == name) return to_string(node->as<FakeQuantize>()->element);
    return std::string();
  };
  EXPECT_EQ(type_of("conv.weight.quantizer"), "int8");
  EXPECT_EQ(type_of("relu.quantizer"), "uint8");
  EXPECT_EQ(type_of("relu.narrow.quantizer"), "uint2");
  EXPECT_EQ(type_of("conv.weight_2.quantizer"), "int2");
  EXPECT_EQ(type_of("relu_2.quantizer"), "uint8");
}

TEST(Settle, ASmallGammaGivesAChannelTheScaleThatItsBiasNeeds) {
  RandomStream random({9});
  Graph graph = network_with_norms(random);
  const Node* norm = graph.nodes_of<BatchNorm>().front();
  Tensor gamma = norm->input(1)->constant();
  gamma.floats()[0] = 0;
  gamma.floats()[1] = 1e-12f;
  norm->input(1)->set_constant(std::move(gamma));
  const Graph settled = settle(inserted(graph, bits(4, 4)));
  const Tensor& bias = settled.nodes_of<Conv2d>().front()->producer(2)->input(0)->constant();
  EXPECT_LE(std::abs(bias.integers()[0]), 1 << 30);
  EXPECT_LE(std::abs(bias.integers()[1]), 1 << 30);
  verify(lower(settled));
}

TEST(Settle, TurnsTheSignsOfWeightsWhoseGammaTrainingMadeNegative) {
  RandomStream random({5});
  Graph trained = inserted(network_with_norms(random), bits(4, 4));
  const auto first_weight = [](const Graph& graph) { return graph.nodes_of<Conv2d>().front()->producer(1)->input(0)->constant(); };
  const Tensor before = first_weight(settle(trained));
  const Node* norm = trained.nodes_of<BatchNorm>().front();
  Tensor gamma = norm->input(1)->constant();
  for (float& g : gamma.floats()) g = -g;
  norm->input(1)->set_constant(std::move(gamma));
  const Tensor after = first_weight(settle(trained));
  for (std::size_t i = 0; i < before.integers().size(); ++i) ASSERT_EQ(after.integers()[i], -before.integers()[i]);
  EXPECT_EQ(after.type(), before.type());
}

/// Unsigned integers have no signs: they are counted from the other end, and so is the zero point, also where all channels had one.
TEST(Settle, TurnsWeightsWithZeroPointsWhoseGammaTrainingMadeNegative) {
  RandomStream random({5});
  QuantizeOptions options = bits(2, 4);
  options.symmetric_weights = false;
  options.sum_bits = 8;
  const Graph graph = network_with_norms(random);
  Graph trained = inserted(graph, options);
  const Node* norm = trained.nodes_of<BatchNorm>().front();
  Tensor gamma = norm->input(1)->constant();
  for (std::size_t c = 0; c < gamma.floats().size(); c += 2) gamma.floats()[c] *= -1;
  norm->input(1)->set_constant(std::move(gamma));
  Notes notes;
  const Graph settled = settle(trained, &notes);
  EXPECT_THAT(notes, testing::IsEmpty());
  take_biases(trained, settled);
  const auto reals = [&](const Graph& g) {
    const Node* conv = g.nodes_of<Conv2d>().front();
    Tensor result(conv->input(1)->type());
    const Node* node = conv->producer(1);
    const Tensor* operands[] = {&node->input(0)->constant(), node->input(1) ? &node->input(1)->constant() : nullptr,
                                node->input(2) ? &node->input(2)->constant() : nullptr};
    node->op().evaluate(std::span(operands, node->is<FakeQuantize>() ? 3 : 1), {&result, 1});
    return result;
  };
  const ChannelAffine affine = affine_of(*norm);
  const Tensor before = reals(trained), after = reals(settled);
  const std::size_t fan_in = before.floats().size() / affine.scale.size();
  for (std::size_t i = 0; i < before.floats().size(); ++i)
    ASSERT_NEAR(after.floats()[i], before.floats()[i] * affine.scale[i / fan_in], 1e-6);
  verify(lower(settled));
}

TEST(Settle, NamesALayerWhoseInputIsNotQuantized) {
  RandomStream random({5});
  Graph graph = small_cnn();
  Node* conv = graph.nodes_of<Conv2d>().front();
  FakeQuantize op;
  Value* scale = graph.add_constant("scale", Tensor(Shape{}, std::vector<float>{0.1f}));
  graph.set_input(conv, 1, graph.insert_node(conv, "q", op.clone(), {conv->input(1), scale})->output());
  EXPECT_EQ(refusal([&] { settle(graph); }), "net: node 'conv' (Conv2d): reads 'image', which is not quantized; settle a graph with its quantizers");
}

TEST(InsertFakeQuantizers, TurnsNegativeGammasBeforeTwoBitsWithoutChangingTheFunction) {
  RandomStream random({5});
  const Graph graph = network_with_norms(random);
  QuantizeOptions options = bits(2, 8);
  Graph trained = inserted(graph, options);
  for (const Node* norm : trained.nodes_of<BatchNorm>())
    for (const float gamma : norm->input(1)->constant().floats()) EXPECT_GE(gamma, 0);
  for (Node* fake : trained.nodes_of<FakeQuantize>()) trained.replace_all_uses(fake->output(), fake->input(0));
  for (const Tensor& image : random_images(graph, random, 3)) {
    const Tensor expected = Interpreter(graph).run(image), actual = Interpreter(trained).run(image);
    for (std::size_t i = 0; i < expected.floats().size(); ++i) EXPECT_NEAR(actual.floats()[i], expected.floats()[i], 0.05f);  // the input's pixels
  }
}

}  // namespace
}  // namespace bitloom
