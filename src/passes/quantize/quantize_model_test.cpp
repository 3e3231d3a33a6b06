#include "passes/quantize/quantize_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;
using testing::ElementsAre;
using testing::HasSubstr;

Graph quantize(const Graph& graph, const QuantizeOptions& options = {}, Notes* notes = nullptr) {
  RandomStream random({7});
  const std::vector<Tensor> images = random_images(graph, random, 8);
  Graph qdq = quantize_model(graph, feed(images), options, notes);
  verify(qdq);
  return qdq;
}

/// "conv.quantize": the nodes of kind T, by name.
template <class T>
std::vector<std::string> names_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node* node : graph.nodes_of<T>()) names.push_back(node->name());
  return names;
}

TEST(QuantizeModel, QuantizesTheInputAndAfterEachReluAndLeavesTheClassifierItsAccumulators) {
  const Graph qdq = quantize(small_cnn());
  EXPECT_THAT(names_of<Quantize>(qdq), ElementsAre("image.quantize", "relu.quantize", "relu_2.quantize"));
  EXPECT_THAT(names_of<Dequantize>(qdq), ElementsAre("image.dequantize", "conv.weight.dequantize", "conv.bias.dequantize",
                                                     "relu.dequantize", "conv.weight_2.dequantize", "conv.bias_2.dequantize",
                                                     "relu_2.dequantize", "fc.weight.dequantize", "fc.bias.dequantize"));
  EXPECT_TRUE(qdq.outputs().front()->producer()->is<Softmax>());
  EXPECT_EQ(qdq.nodes_of<Gemm>().front()->single_consumer(), qdq.outputs().front()->producer());
  EXPECT_EQ(qdq.parameters(), small_cnn().parameters());
}

TEST(QuantizeModel, KeepsNamesPreprocessingAndClasses) {
  Graph graph = small_cnn();
  graph.preprocessing = {0, 1, {0.25f}, {0.5f}};
  graph.class_names = {"a", "b"};
  const Graph qdq = quantize(graph);
  EXPECT_EQ(qdq.name(), "net");
  EXPECT_EQ(qdq.preprocessing, graph.preprocessing);
  EXPECT_EQ(qdq.class_names, graph.class_names);
  EXPECT_EQ(qdq.inputs().front()->name(), "image");
}

TEST(QuantizeModel, WeightsHaveAScalePerOutputButTheClassifiersShareOne) {
  for (const bool per_channel : {true, false}) {
    QuantizeOptions options;
    options.per_channel = per_channel;
    const Graph qdq = quantize(small_cnn(), options);
    for (const Node* conv : qdq.nodes_of<Conv2d>()) EXPECT_EQ(conv->producer(1)->input(0)->type().quantization->per_channel(), per_channel);
    EXPECT_FALSE(qdq.nodes_of<Gemm>().front()->producer(1)->input(0)->type().quantization->per_channel());
  }
}

TEST(QuantizeModel, QuantizesBeforeAndAfterTanhAndAfterAnAveragePool) {
  RandomStream random({1});
  AveragePool2d pool;
  pool.window = {2, 2, 2, 2};
  const Graph qdq = quantize(Builder(random, {1, 1, 8, 8}).conv(3, 3).then(Tanh{}).then(pool).gemm(4).then(Sigmoid{}).gemm(3).finish());
  EXPECT_THAT(names_of<Quantize>(qdq),
              ElementsAre("image.quantize", "conv.quantize", "tanh.quantize", "averagepool2d.quantize", "fc.quantize", "sigmoid.quantize"));
}

TEST(QuantizeModel, AConvolutionReadByReluAndByAnotherLayerIsQuantizedItself) {
  RandomStream random({1});
  Builder builder(random, {1, 1, 8, 8});
  builder.conv(3, 3);
  Value* conv = builder.current();
  builder.then(Relu{}).gemm(4).then(Tanh{});
  const Graph graph = builder.finish();
  EXPECT_THAT(names_of<Quantize>(quantize(graph)), ElementsAre("image.quantize", "relu.quantize", "fc.quantize", "tanh.quantize"));
  Graph branching = graph.clone();
  branching.add("unused", Relu{}, {branching.nodes_of<Conv2d>().front()->output()});
  EXPECT_THAT(names_of<Quantize>(quantize(branching)), ElementsAre("image.quantize", "conv.quantize", "fc.quantize", "tanh.quantize"));
  EXPECT_EQ(conv->name(), "conv");
}

TEST(QuantizeModel, SaysSoWhenRawPixelsCannotBeTheirOwnValues) {
  Graph graph = small_cnn();
  Notes notes;
  quantize(graph, {}, &notes);
  EXPECT_THAT(notes, ElementsAre());
  graph.preprocessing.low = -1;
  const Graph qdq = quantize(graph, {}, &notes);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("net: input 'image': range calibrated")));
  EXPECT_NEAR(qdq.nodes_of<Quantize>().front()->as<Quantize>()->quantization.scales[0], 2.0 / 255, 1e-4);
}

TEST(QuantizeModel, SaysSoWhenTheNetworkHasNoClassifier) {
  RandomStream random({1});
  Notes notes;
  const Graph qdq = quantize(Builder(random, {1, 1, 8, 8}).conv(3, 3).then(Relu{}).finish(), {}, &notes);
  EXPECT_TRUE(qdq.outputs().front()->producer()->is<Dequantize>());
  EXPECT_THAT(notes, ElementsAre(HasSubstr("does not end in a Conv2d or Gemm")));
}

TEST(QuantizeModel, EightBitsStayCloseToFloatForEveryFormat) {
  for (int flags = 0; flags < 32; ++flags) {
    SCOPED_TRACE(flags);
    QuantizeOptions options;
    options.unsigned_activations = flags & 1;
    options.symmetric_activations = flags & 2;
    options.power_of_two = flags & 4;
    options.per_channel = flags & 8;
    options.calibration = flags & 16 ? Calibration::kPercentile : Calibration::kMinMax;
    const Graph graph = small_cnn();
    const Graph qdq = quantize(graph, options);
    RandomStream random({7});  // the calibration images
    double error = 0, signal = 0;
    for (const Tensor& image : random_images(graph, random, 8)) {
      float y = 0, q = 0;
      Interpreter(graph).run({image}, [&](const Value& v, const Tensor& t) {
        if (v.name() == "fc") y = t.floats()[0];
      });
      Interpreter(qdq).run({image}, [&](const Value& v, const Tensor& t) {
        if (v.name() == "fc") q = t.floats()[0];
      });
      error += (y - q) * (y - q);
      signal += y * y;
    }
    EXPECT_GT(error, 0);
    EXPECT_LT(std::sqrt(error / signal), 0.05);
  }
}

TEST(QuantizeModel, CalibrationImagesOfNothingButZerosGiveAValidGraph) {
  const Graph graph = small_cnn();
  const std::vector<Tensor> zeros(2, Tensor({graph.inputs().front()->shape(), ElementType::float32(), {}}));
  for (const bool power_of_two : {false, true}) {
    QuantizeOptions options;
    options.power_of_two = power_of_two;
    const Graph qdq = quantize_model(graph, feed(zeros), options);
    verify(qdq);
    EXPECT_NO_THROW(Interpreter(qdq).run(zeros[0]));
  }
}

TEST(QuantizeModel, TellsWhereACalibrationImageMakesAValueInfinite) {
  Graph graph = small_cnn();
  Tensor weights = graph.nodes_of<Gemm>().front()->input(1)->constant();
  for (float& w : weights.floats()) w = 1e38f;
  graph.nodes_of<Gemm>().front()->input(1)->set_constant(weights);
  EXPECT_THAT(refusal([&] { quantize(graph); }), HasSubstr("net: node 'fc' (Gemm): is inf on calibration image 0"));

  const Graph good = small_cnn();
  std::vector<Tensor> images(1, Tensor({good.inputs().front()->shape(), ElementType::float32(), {}}));
  images[0].floats()[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(refusal([&] { quantize_model(good, feed(images), {}); }), HasSubstr("net: input 'image': is nan on calibration image 0"));
}

TEST(QuantizeModel, RefusesWhatHasNoIntegerFormByName) {
  RandomStream random({1});
  EXPECT_THAT(refusal([&] {
                quantize(Builder(random, {1, 1, 8, 8}).conv(3, 3).then(Relu{}).batch_norm().finish());
              }),
              HasSubstr("net: node 'bn' (BatchNorm): has no integer form: it has not been folded"));

  Builder shift(random, {1, 1, 8, 8});
  shift.then(Relu{}).plus(shift.graph.add_constant("shift", random_floats(random, {1, 1, 8, 8})));
  EXPECT_THAT(refusal([&] { quantize(shift.finish()); }), HasSubstr("net: node 'add' (Add): reads the constant 'shift' as data"));

  AveragePool2d pool;
  pool.window = {3, 3, 1, 1, 1, 1, 1, 1};
  EXPECT_THAT(refusal([&] {
                quantize(Builder(random, {1, 1, 8, 8}).conv(3, 3).then(pool).gemm(2).finish());
              }),
              HasSubstr("(AveragePool2d): has no integer form: with padding and count_include_pad = 0"));

  EXPECT_THAT(refusal([&] {
                quantize(Builder(random, {1, 1, 8, 8}).gemm(4).then(Softmax{}).gemm(2).finish());
              }),
              HasSubstr("only a Softmax that ends the network can be left out"));
}

TEST(QuantizeModel, RefusesBadOptionsNoImagesAndAQuantizedGraph) {
  const auto with = [](auto set) {
    QuantizeOptions options;
    set(options);
    return refusal([&] { quantize(small_cnn(), options); });
  };
  EXPECT_EQ(with([](QuantizeOptions& o) { o.weight_bits = 0; }), "quantize: weight_bits = 0; use 1 to 16");
  EXPECT_EQ(with([](QuantizeOptions& o) { o.activation_bits = 17; }), "quantize: activation_bits = 17; use 1 to 16");
  EXPECT_EQ(with([](QuantizeOptions& o) { o.percentile = 101; }), "quantize: percentile = 101; use 50 to 100");
  const auto one_bit = [](QuantizeOptions& o) { o.symmetric_weights = false, o.weight_bits = 1; };
  EXPECT_EQ(with(one_bit), "quantize: asymmetric weights of one bit, which are signs and have no zero point; use symmetric_weights, or 2 bits");
  EXPECT_EQ(with([](QuantizeOptions& o) { o.group = 0; }), "quantize: group = 0; use at least 1");
  EXPECT_EQ(with([](QuantizeOptions& o) { o.group = 2, o.per_channel = false; }),
            "quantize: group = 2 without per_channel, where a layer has one scale anyhow; use per_channel, or leave out group");
  EXPECT_EQ(refusal([] { quantize_model(small_cnn(), [](const auto&) {}, {}); }), "net: no calibration images; give at least one");
  EXPECT_THAT(refusal([] { quantize(quantize(small_cnn())); }), HasSubstr("the graph is quantized already"));
}

}  // namespace
}  // namespace bitloom
