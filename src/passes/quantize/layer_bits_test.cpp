#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "passes/lower/integer_form.h"
#include "passes/lower/lower.h"
#include "passes/quantize/insert_fake_quantizers.h"
#include "passes/quantize/placement.h"
#include "passes/quantize/quantize_model.h"
#include "passes/quantize/settle.h"
#include "passes/random_network.h"
#include "passes/test_networks.h"

/// Layers with widths of their own, and layers that stay in float.
namespace bitloom {
namespace {

using namespace test_networks;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr LayerBits kInFloat{LayerBits::kFloat, LayerBits::kFloat};

std::vector<std::string> quantizers_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node* node : graph.nodes_of<Quantize>()) names.push_back(node->name());
  return names;
}

Graph quantized(const Graph& graph, std::map<std::string, LayerBits> layers, QuantizeOptions options = {}) {
  RandomStream random({7});
  const std::vector<Tensor> images = random_images(graph, random, 4);
  options.layers = std::move(layers);
  Graph qdq = quantize_model(graph, feed(images), options);
  verify(qdq);
  return qdq;
}

int bits_of_weights(const Graph& qdq, const std::string& name) {
  for (const Node* node : qdq.nodes())
    if (node->name() == name) return node->producer(1)->input(0)->type().element.bits;
  return 0;
}

TEST(LayerBits, AreThoseOfTheLayersWeightsAndOfWhatItReads) {
  QuantizeOptions options;
  options.weight_bits = options.activation_bits = 4;
  const Graph qdq = quantized(small_cnn(), {{"conv_2", {3, 6}}, {"fc", {2, 0}}}, options);
  EXPECT_EQ(bits_of_weights(qdq, "conv"), 4);
  EXPECT_EQ(bits_of_weights(qdq, "conv_2"), 3);
  EXPECT_EQ(bits_of_weights(qdq, "fc"), 2);
  std::vector<int> activations;
  for (const Node* node : qdq.nodes_of<Quantize>()) activations.push_back(node->as<Quantize>()->element.bits);
  EXPECT_THAT(activations, ElementsAre(8, 6, 4));
}

TEST(LayerBits, OfOneAreAtTheScaleOfTheLeastSquaredErrorThoughTheOthersOnlyNeedExtremes) {
  const auto scale_of_relu = [](const Graph& qdq) {
    for (const Node* node : qdq.nodes_of<Quantize>())
      if (node->name() == "relu.quantize") return node->as<Quantize>()->quantization.scales.front();
    return 0.0f;
  };
  QuantizeOptions options;
  const float of_extremes = scale_of_relu(quantized(small_cnn(), {}, options));
  const float of_own_bit = scale_of_relu(quantized(small_cnn(), {{"conv_2", {4, 1}}}, options));
  options.activation_bits = 1;
  EXPECT_EQ(of_own_bit, scale_of_relu(quantized(small_cnn(), {}, options)));
  EXPECT_LT(of_own_bit, 0.9f * 255 * of_extremes);
}

/// Three layers that read one value.
Graph three_readers() {
  RandomStream random({3});
  Builder net(random, {1, 2, 6, 6});
  net.conv(4, 3).then(Relu{});
  Value* x = net.current();
  net.conv(4, 3);
  Value* a = net.current();
  net.becomes(x).conv(4, 3).plus(a);
  Value* b = net.current();
  net.becomes(x).conv(4, 3).plus(b);
  return net.gemm(3).finish();
}

TEST(LayerBits, OfLayersThatReadOneValueEachGiveAQuantizerToThoseThatWantTheSame) {
  const Graph qdq = quantized(three_readers(), {{"conv_2", {8, 4}}, {"conv_3", {8, 4}}, {"conv_4", {8, 6}}});
  std::map<std::string, int> read;
  for (const Node* node : qdq.nodes_of<Conv2d>()) read[node->name()] = node->producer(0)->input(0)->type().element.bits;
  EXPECT_EQ(read, (std::map<std::string, int>{{"conv", 8}, {"conv_2", 4}, {"conv_3", 4}, {"conv_4", 6}}));
  EXPECT_THAT(quantizers_of(qdq), ElementsAre("image.quantize", "relu.quantize", "relu.narrow.quantize", "conv_2.quantize", "conv_3.quantize",
                                              "add.quantize", "conv_4.quantize", "add_2.quantize"));
}

TEST(LayerBits, LeaveALayerInFloatAndWhatOnlyItReads) {
  const Graph qdq = quantized(small_cnn(), {{"conv_2", kInFloat}});
  EXPECT_THAT(quantizers_of(qdq), ElementsAre("image.quantize", "relu_2.quantize"));
  EXPECT_TRUE(qdq.nodes_of<Conv2d>()[1]->input(1)->constant().is_float());
  EXPECT_THAT(quantizers_of(quantized(small_cnn(), {{"conv", kInFloat}})), ElementsAre("relu.quantize", "relu_2.quantize"));
  EXPECT_THAT(quantizers_of(quantized(three_readers(), {{"conv_2", kInFloat}})),
              ElementsAre("image.quantize", "relu.quantize", "conv_2.quantize", "conv_3.quantize", "add.quantize", "conv_4.quantize", "add_2.quantize"));
}

TEST(LayerBits, OfANameThatIsNoLayerAreRefusedWithTheNearest) {
  EXPECT_THAT(refusal([] { quantized(small_cnn(), {{"conv_3", {4, 4}}}); }), HasSubstr("'conv_3', which is no Conv2d or Gemm; did you mean 'conv"));
  EXPECT_THAT(refusal([] { quantized(small_cnn(), {{"conv", {17, 4}}}); }), HasSubstr("bits of layer 'conv' = 17 for weights"));
  EXPECT_THAT(refusal([] { quantized(small_cnn(), {{"conv", {32, 4}}}); }), HasSubstr("32 for both"));
  EXPECT_THAT(refusal([] { quantized(small_cnn(), {{"conv", kInFloat}, {"conv_2", kInFloat}, {"fc", kInFloat}}); }),
              HasSubstr("every layer is left in float; leave one of them to be quantized"));
}

std::map<std::string, LayerBits> random_layers(const Graph& graph, RandomStream& random) {
  std::map<std::string, LayerBits> layers;
  for (const Node* node : graph.nodes()) {
    if (!has_weights(*node)) continue;
    const int kind = between(random, 0, 2);
    if (kind == 1) layers[node->name()] = {between(random, 2, 8), between(random, 2, 8)};
    if (kind == 2) layers[node->name()] = kInFloat;
  }
  const auto weighted = std::ranges::count_if(graph.nodes(), [](const Node* node) { return has_weights(*node); });
  const bool all_in_float = std::ranges::all_of(layers, [](const auto& layer) { return layer.second.is_float(); }) && std::ssize(layers) == weighted;
  if (all_in_float) layers.clear();  // refused
  return layers;
}

bool has_average(const Graph& graph) { return !graph.nodes_of<AveragePool2d>().empty(); }

/// All scales are powers of two, so that float32 computes a quantized layer exactly, too, and every integer must be the same.
TEST(Lower, KeepsFloatLayersAmongIntegersAndChangesNoValue) {
  int partly = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomStream random({seed, 79});
    Graph graph = random_network(random);
    graph.preprocessing = {0, 255.0f / 256, {}, {}};
    if (has_average(graph)) continue;  // divides by what is no power of two
    if (const Node* softmax = final_softmax(graph)) {  // the integers are those before it
      graph.set_outputs({softmax->input(0)});
      graph.erase_dead_nodes();
    }
    QuantizeOptions options;
    options.power_of_two = true;
    options.sum_bits = between(random, 0, 1) * 8;
    options.layers = random_layers(graph, random);
    const std::vector<Tensor> images = random_images(graph, random, 3);
    const bool is_trained = between(random, 0, 1);
    const Graph qdq = is_trained ? settle(insert_fake_quantizers(graph, feed(images), options, {})) : quantize_model(graph, feed(images), options);
    if (qdq.nodes_of<Quantize>().empty()) continue;
    const Graph integer = lower(qdq);
    verify(integer);
    partly += !integer.outputs().front()->type().element.is_float || !integer.inputs().front()->type().element.is_float;
    for (const Tensor& image : random_images(graph, random, 2)) {
      const Tensor expected = Interpreter(qdq).run(image), y = Interpreter(integer).run(quantize_input(integer, image));
      std::vector<float> reals(y.is_float() ? y.floats().begin() : expected.floats().begin(), y.is_float() ? y.floats().end() : expected.floats().begin());
      if (!y.is_float())
        for (const std::int32_t q : y.integers())
          reals.push_back(y.type().quantization->scales.front() * static_cast<float>(q - y.type().quantization->zero_point));
      ASSERT_EQ(reals, std::vector<float>(expected.floats().begin(), expected.floats().end()));
    }
  }
  EXPECT_GT(partly, 50);
}

TEST(Lower, NotesTheLayersThatStayInFloat) {
  Notes notes;
  lower(quantized(small_cnn(), {{"conv_2", kInFloat}}), &notes);
  EXPECT_THAT(notes, testing::Contains(HasSubstr("node 'conv_2' (Conv2d): stays in float, because its weights are float")));
}

}  // namespace
}  // namespace bitloom
