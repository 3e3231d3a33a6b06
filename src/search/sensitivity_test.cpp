#include "search/sensitivity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/dataset.h"
#include "data/views.h"
#include "passes/lower/integer_form.h"
#include "passes/test_networks.h"
#include "search/layer_cost.h"
#include "search/mixed_precision.h"

namespace bitloom::search {
namespace {

using namespace test_networks;
using testing::ElementsAre;
using testing::HasSubstr;

/// Noise on a few random images, on the references; top-1 stays 0.
class Noise {
 public:
  explicit Noise(const Graph& graph) : images_(random(graph)), graph_(graph) {}

  Judgement operator()(const Graph& changed) const {
    double error = 0, power = 0;
    for (const Tensor& image : images_) {
      const Tensor wanted = Interpreter(graph_).run(image), given = Interpreter(changed).run(image);
      for (std::size_t i = 0; i < wanted.floats().size(); ++i) {
        error += std::pow(double{given.floats()[i]} - wanted.floats()[i], 2);
        power += std::pow(double{wanted.floats()[i]}, 2);
      }
    }
    return {error / power, 0};
  }

  const std::vector<Tensor>& images() const { return images_; }

 private:
  static std::vector<Tensor> random(const Graph& graph) {
    RandomStream stream({5});
    return random_images(graph, stream, 4);
  }
  std::vector<Tensor> images_;
  const Graph& graph_;
};

Graph logits(Graph graph) {
  graph.set_outputs({final_softmax(graph)->input(0)});
  graph.erase_dead_nodes();
  return graph;
}

std::vector<LayerSensitivity> sensitivity_of(const Graph& graph, const std::vector<int>& widths) {
  const Noise noise(graph);
  return measure_sensitivity(graph, feed(noise.images()), widths, {}, noise, run_on_reference);
}

TEST(Sensitivity, OfEveryLayerFallsWithTheBits) {
  const Graph graph = logits(small_cnn());
  const std::vector<LayerSensitivity> layers = sensitivity_of(graph, {2, 4, 8});
  ASSERT_EQ(layers.size(), 3u);
  EXPECT_EQ(layers[0].layer, "conv");
  EXPECT_EQ(layers[0].weights, 4 * 5 * 5);
  EXPECT_EQ(layers[0].macs, 4 * 5 * 5 * 16 * 16);
  for (const LayerSensitivity& layer : layers) {
    ASSERT_EQ(layer.of_weights.size(), 3u);
    EXPECT_GT(layer.of_weights[0].judgement.noise, 4 * layer.of_weights[1].judgement.noise) << layer.layer;
    EXPECT_GT(layer.of_weights[1].judgement.noise, 30 * layer.of_weights[2].judgement.noise) << layer.layer;
    EXPECT_GT(layer.of_weights[2].judgement.noise, 0);
  }
}

TEST(Sensitivity, OfALayerThatReadsPixelsKnowsOnlyTheirEightBits) {
  const std::vector<LayerSensitivity> layers = sensitivity_of(logits(small_cnn()), {2, 4});
  ASSERT_EQ(layers[0].of_activations.size(), 1u);
  EXPECT_EQ(layers[0].of_activations[0].bits, 8);
  EXPECT_LT(layers[0].of_activations[0].judgement.noise, 1e-6);
  EXPECT_EQ(layers[1].of_activations.size(), 2u);
}

/// The second layer's weights are so uneven that few bits leave little of them.
TEST(Sensitivity, PutsTheLayerFirstThatHelpsMostInFloat) {
  Graph graph = logits(small_cnn());
  Node* layer = graph.nodes_of<Conv2d>()[1];
  Tensor uneven = layer->input(1)->constant();
  for (std::size_t i = 0; i < uneven.floats().size(); i += 36) uneven.floats()[i] *= 30;
  layer->input(1)->set_constant(std::move(uneven));
  const Noise noise(graph);
  QuantizeOptions options;
  options.weight_bits = 4;
  EXPECT_EQ(most_sensitive_first(graph, feed(noise.images()), options, noise, run_on_reference).front(), "conv_2");
}

TEST(Sensitivity, AsksOnlyOfLayersThatAreNotInFloatAnyhow) {
  const Graph graph = logits(small_cnn());
  const Noise noise(graph);
  QuantizeOptions options;
  options.layers["fc"] = {LayerBits::kFloat, LayerBits::kFloat};
  EXPECT_THAT(most_sensitive_first(graph, feed(noise.images()), options, noise, run_on_reference), testing::UnorderedElementsAre("conv", "conv_2"));
  options.layers["conv"] = {LayerBits::kFloat, LayerBits::kFloat};
  EXPECT_THAT(most_sensitive_first(graph, feed(noise.images()), options, noise, run_on_reference), ElementsAre());
}

TEST(Sensitivity, InDecibels) {
  EXPECT_DOUBLE_EQ(decibels(0.01), 20);
  EXPECT_DOUBLE_EQ(decibels(0), 200);
}

TEST(MixedPrecision, PredictsTheNoiseOfTheNetworkThatIsMadeOfIt) {
  const Graph graph = logits(small_cnn());
  const Noise noise(graph);
  const std::vector<LayerSensitivity> layers = sensitivity_of(graph, {2, 3, 4, 6, 8});
  for (const double share : {0.4, 0.6, 0.8}) {
    const MixedPrecision mixed = assign_bits(graph, layers, weight_bytes, share);
    EXPECT_LE(mixed.cost, share * mixed.cost_of_8_bits);
    EXPECT_EQ(mixed.cost_of_8_bits, static_cast<double>(4 * 25 + 6 * 4 * 9 + 10 * 6 * 16));
    QuantizeOptions options;
    options.layers = mixed.layers;
    const double measured = noise(quantize_model(graph, feed(noise.images()), options)).noise;
    EXPECT_LT(std::abs(decibels(measured) - decibels(mixed.noise)), 3) << "at " << share;
  }
}

TEST(MixedPrecision, IsNoWorseThanAllLayersAlikeAtTheirCost) {
  const Graph graph = logits(small_cnn());
  const std::vector<LayerSensitivity> layers = sensitivity_of(graph, {2, 4, 8});
  for (const LayerCost& cost : {LayerCost(weight_bytes), LayerCost(bit_operations)}) {
    const MixedPrecision all = assign_bits(graph, layers, cost, 1);
    ASSERT_EQ(all.uniform.size(), 3u);
    for (const MixedPrecision::Point& uniform : all.uniform) {
      const MixedPrecision mixed = assign_bits(graph, layers, cost, uniform.cost / all.cost_of_8_bits * (1 + 1e-12));
      EXPECT_LE(mixed.noise, uniform.noise * (1 + 1e-12)) << uniform.bits << " bits";
    }
  }
}

TEST(MixedPrecision, CountsLayersWhoseWidthsAreStated) {
  const Graph graph = logits(small_cnn());
  std::vector<LayerSensitivity> layers = sensitivity_of(graph, {2, 8});
  std::erase_if(layers, [](const LayerSensitivity& layer) { return layer.layer == "fc"; });
  const MixedPrecision mixed = assign_bits(graph, layers, weight_bytes, 1.8, {{"fc", {16, 8}}});
  EXPECT_EQ(mixed.cost_of_8_bits, static_cast<double>(4 * 25 + 6 * 4 * 9 + 10 * 6 * 16));
  EXPECT_EQ(mixed.layers.size(), 2u);
  for (const MixedPrecision::Point& point : {mixed.front.front(), mixed.uniform.front()}) EXPECT_EQ(point.cost, 2 * 960 + (100 + 216) / 4.0);
  EXPECT_THAT(refusal([&] { assign_bits(graph, layers, weight_bytes, 1, {{"fc", {16, 8}}}); }), HasSubstr("the narrowest widths cost 1.567 of 8 bits"));
}

/// What a padded convolution reads without a Relu before it may be negative and 0: two bits at least.
TEST(MixedPrecision, ComparesWithOneBitWhereOneIsPossible) {
  RandomStream random({1});
  const Graph graph = Builder(random, {1, 1, 16, 16}).conv(4, 5, 2).conv(6, 3, 1).then(Relu{}).gemm(10).finish();
  const std::vector<LayerSensitivity> layers = sensitivity_of(graph, {1, 8});
  const MixedPrecision mixed = assign_bits(graph, layers, bit_operations, 1);
  const double pixels = 4 * 25 * 256 * 8, padded = 6 * 36 * 256 * 2, behind_relu = 10 * 6 * 256;
  EXPECT_EQ(mixed.uniform.front().bits, 1);
  EXPECT_EQ(mixed.uniform.front().cost, pixels + padded + behind_relu);
}

TEST(MixedPrecision, TakesAnyCostOfALayer) {
  const Graph graph = logits(small_cnn());
  const std::vector<LayerSensitivity> layers = sensitivity_of(graph, {2, 8});
  const LayerCost only_fc_counts = [](const Node& layer, const LayerBits& bits) { return layer.name() == "fc" && bits.weights == 8 ? 1.0 : 0.0; };
  const MixedPrecision mixed = assign_bits(graph, layers, only_fc_counts, 0);
  EXPECT_EQ(mixed.layers.at("conv"), (LayerBits{8, 8}));
  EXPECT_EQ(mixed.layers.at("conv_2"), (LayerBits{8, 8}));
  EXPECT_EQ(mixed.layers.at("fc"), (LayerBits{2, 8}));
}

TEST(MixedPrecision, RefusesABudgetThatNoWidthKeepsTo) {
  const Graph graph = logits(small_cnn());
  const std::vector<LayerSensitivity> layers = sensitivity_of(graph, {4, 8});
  EXPECT_THAT(refusal([&] { assign_bits(graph, layers, weight_bytes, 0.4); }),
              HasSubstr("the narrowest widths cost 0.500 of 8 bits, and the budget is 0.4; allow fewer bits, or a larger budget"));
}

TEST(MixedPrecision, KnowsBeforeAnythingIsMeasuredWhatNoWidthKeepsTo) {
  const Graph graph = logits(small_cnn());
  const std::vector<std::string> layers{"conv", "conv_2"};
  const std::map<std::string, LayerBits> stated{{"fc", {16, 8}}};
  EXPECT_NO_THROW(check_budget(graph, layers, 2, weight_bytes, 1.8, stated));
  EXPECT_THAT(refusal([&] { check_budget(graph, layers, 2, weight_bytes, 1, stated); }), HasSubstr("the narrowest widths cost 1.567 of 8 bits"));
  EXPECT_THAT(refusal([&] { check_budget(graph, {}, 2, weight_bytes, 1, stated); }), HasSubstr("no layer is left to choose bits for"));
}

TEST(MixedPrecision, RefusesToChooseForNoLayer) {
  EXPECT_THAT(refusal([] { assign_bits(small_cnn(), {}, weight_bytes, 1); }), HasSubstr("no layer is left to choose bits for"));
}

TEST(Judge, CountsRightAnswersAndNoise) {
  data::OpenOptions open;
  const data::Splits splits = data::open_dataset("digits", open);
  const auto images = data::subset(splits.validation, {0, 1, 2, 3, 4, 5, 6, 7});
  RandomStream random({3});
  const data::ImageShape shape = images->shape();
  Graph graph = Builder(random, {1, shape.channels, shape.height, shape.width}).gemm(10).then(Softmax{}).finish();
  const Judge judge(graph, *images);
  EXPECT_EQ(judge.images(), 8);
  EXPECT_EQ(judge(graph).noise, 0);
  EXPECT_EQ(judge(graph).top1, judge.of_float().top1);
  Graph doubled = graph.clone();
  Node* layer = doubled.nodes_of<Gemm>().front();
  for (const int operand : {1, 2}) {
    Tensor twice = layer->input(operand)->constant();
    for (float& w : twice.floats()) w *= 2;
    layer->input(operand)->set_constant(std::move(twice));
  }
  EXPECT_DOUBLE_EQ(judge(doubled).noise, 1) << "the error is as large as the output before the Softmax";
  EXPECT_EQ(judge(doubled).top1, judge.of_float().top1);
}

}  // namespace
}  // namespace bitloom::search
