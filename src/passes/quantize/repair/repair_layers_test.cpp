#include "passes/quantize/repair/repair_layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "passes/lower/lower.h"
#include "passes/quantize/repair/channel_moments.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;
using testing::Each;
using testing::HasSubstr;
using testing::SizeIs;

constexpr std::uint64_t kSeed = 20261121;

QuantizeOptions three_bits() {
  QuantizeOptions options;
  options.weight_bits = 3;
  options.rounding_steps = 300;
  return options;
}

std::vector<const Value*> layer_outputs(const Graph& graph) {
  std::vector<const Value*> outputs;
  for (const Node* node : graph.nodes())
    if (node->is<Conv2d>() || node->is<Gemm>()) outputs.push_back(node->output());
  return outputs;
}

/// Mean square of the difference of the layers' outputs, of each layer.
std::vector<double> errors(const Graph& a, const Graph& b, const std::vector<Tensor>& images) {
  std::vector<std::vector<Tensor>> of_a;
  run_on_reference(a, layer_outputs(a), feed(images), [&](ObservedBatch batch) { of_a.insert(of_a.end(), batch.begin(), batch.end()); });
  std::vector<double> sums(of_a.front().size());
  std::size_t image = 0;
  run_on_reference(b, layer_outputs(b), feed(images), [&](ObservedBatch batch) {
    for (const auto& values : batch) {
      for (std::size_t v = 0; v < values.size(); ++v)
        for (std::size_t i = 0; i < values[v].floats().size(); ++i) sums[v] += std::pow(values[v].floats()[i] - of_a[image][v].floats()[i], 2);
      ++image;
    }
  });
  return sums;
}

TEST(RepairLayers, CorrectedBiasesGiveEveryChannelItsMeanBack) {
  const Graph graph = small_cnn();
  RandomStream random({kSeed});
  const std::vector<Tensor> images = random_images(graph, random, 12);
  QuantizeOptions options = three_bits();
  const Graph plain = quantize_model(graph, feed(images), options);
  options.correct_bias = true;
  Notes notes;
  const Graph corrected = quantize_model(graph, feed(images), options, &notes);
  EXPECT_THAT(notes, SizeIs(3));
  EXPECT_THAT(notes, Each(HasSubstr("biases corrected by up to")));
  const ChannelMoments wanted = channel_moments(graph, layer_outputs(graph), feed(images), run_on_reference);
  const ChannelMoments before = channel_moments(plain, layer_outputs(plain), feed(images), run_on_reference);
  const ChannelMoments after = channel_moments(corrected, layer_outputs(corrected), feed(images), run_on_reference);
  for (std::size_t layer = 0; layer < 3; ++layer) {
    double largest_before = 0;
    const float finest = layer == 0 ? 1e-3f : 5e-3f;  // half a step of a bias
    for (std::size_t c = 0; c < wanted.means(layer).size(); ++c) {
      largest_before = std::max(largest_before, std::fabs(before.means(layer)[c] - wanted.means(layer)[c]));
      EXPECT_NEAR(after.means(layer)[c], wanted.means(layer)[c], finest) << "layer " << layer << ", channel " << c;
    }
    EXPECT_GT(largest_before, 4 * finest);
  }
}

TEST(RepairLayers, CorrectsOnlyTheChannelWhoseWeightsWereRoundedWhereAnImageHasRows) {
  RandomStream random({kSeed + 4});
  Graph graph = Builder(random, {1, 1, 4, 4}).then(reshape({8, 2})).gemm(2).then(reshape({1, 16})).gemm(3).finish();
  const Node* layer = graph.nodes_of<Gemm>().front();
  layer->input(1)->set_constant(Tensor({2, 2}, {1, 1, 1, 0.3f}));  // at 2 bits the second channel loses its 0.3
  const std::vector<Tensor> images = random_images(graph, random, 8);
  QuantizeOptions options;
  options.weight_bits = 2;
  const auto biases = [&] {
    const Graph quantized = quantize_model(graph, feed(images), options);
    const Tensor& bias = quantized.nodes_of<Gemm>().front()->producer(2)->input(0)->constant();
    const std::vector<float>& scales = bias.type().quantization->scales;
    return std::vector<double>{bias.integers()[0] * double{scales[0]}, bias.integers()[1] * double{scales[1]}};
  };
  const std::vector<double> plain = biases();
  options.correct_bias = true;
  const std::vector<double> corrected = biases();
  EXPECT_EQ(corrected[0], plain[0]);
  EXPECT_NEAR(corrected[1] - plain[1], 0.15, 0.03);  // 0.3 of the pixels' mean
}

TEST(RepairLayers, LearnedRoundingBringsOutputsCloserOnOtherImagesAndKeepsScales) {
  const Graph graph = small_cnn(2);
  RandomStream random({kSeed + 1});
  const std::vector<Tensor> images = random_images(graph, random, 64), others = random_images(graph, random, 16);
  for (const bool symmetric : {true, false}) {
    SCOPED_TRACE(symmetric ? "symmetric weights" : "weights with zero points");
    QuantizeOptions options = three_bits();
    options.symmetric_weights = symmetric;
    const Graph plain = quantize_model(graph, feed(images), options);
    options.rounding = WeightRounding::kAdaRound;
    Notes notes;
    const Graph learned = quantize_model(graph, feed(images), options, &notes);
    verify(learned);
    EXPECT_THAT(notes, SizeIs(3));
    EXPECT_THAT(notes, Each(HasSubstr("weights not rounded to the nearest, squared error of the output")));
    const std::vector<double> before = errors(graph, plain, others), after = errors(graph, learned, others);
    EXPECT_LT(after.front(), 0.7 * before.front());
    EXPECT_LT(after.back(), 0.7 * before.back());
    for (std::size_t i = 0; i < plain.constants().size(); ++i)
      EXPECT_EQ(learned.constants()[i]->type(), plain.constants()[i]->type());
    EXPECT_NO_THROW(verify(lower(learned)));
  }
}

TEST(RepairLayers, RoundingAndBiasesTogether) {
  const Graph graph = small_cnn(3);
  RandomStream random({kSeed + 2});
  const std::vector<Tensor> images = random_images(graph, random, 24);
  QuantizeOptions options = three_bits();
  options.rounding = WeightRounding::kAdaRound;
  options.correct_bias = true;
  options.power_of_two = true;
  Notes notes;
  verify(lower(quantize_model(graph, feed(images), options, &notes)));
  EXPECT_THAT(notes, Each(testing::AllOf(HasSubstr("not rounded to the nearest"), HasSubstr("; biases corrected"))));
}

TEST(RepairLayers, ALayerWithoutBiasGetsOneOfZerosToCorrect) {
  RandomStream random({kSeed + 3});
  Graph graph = Builder(random, {1, 1, 8, 8}).conv(3, 3).then(Relu{}).gemm(4).finish();
  Graph without("without");
  Value* x = without.add_input("image", graph.inputs().front()->type());
  without.set_outputs({without.add("fc", Gemm{}, {without.add("flat", Flatten{}, {x}), without.add_constant("w", random_floats(random, {4, 64}))})});
  Notes notes;
  QuantizeOptions options;
  options.correct_bias = true;
  const std::vector<Tensor> images = random_images(without, random, 3);
  quantize_model(without, feed(images), options, &notes);
  EXPECT_THAT(notes, testing::ElementsAre(HasSubstr("node 'fc' (Gemm): has no bias to correct")));
  EXPECT_EQ(add_zero_biases(without), 1);
  EXPECT_EQ(add_zero_biases(graph), 0);
  verify(without);
  EXPECT_EQ(without.nodes_of<Gemm>().front()->input(2)->constant(), Tensor({4}, std::vector<float>(4)));
}

TEST(RepairLayers, RefusesNoSteps) {
  QuantizeOptions options;
  options.rounding_steps = 0;
  EXPECT_EQ(refusal([&] { quantize_model(small_cnn(), [](const auto&) {}, options); }), "quantize: rounding_steps = 0; use at least 1");
}

}  // namespace
}  // namespace bitloom
