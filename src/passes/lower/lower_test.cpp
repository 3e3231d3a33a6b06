#include "passes/lower/lower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "ir/ops/gather.h"
#include "ir/ops/multi_threshold.h"
#include "ir/ops/slice.h"
#include "ir/ops/unary.h"
#include "passes/lower/qdq_network.h"
#include "passes/lower/value_range.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;
using testing::ElementsAre;
using testing::HasSubstr;

Graph quantized(const Graph& graph, const QuantizeOptions& options = {}) {
  RandomStream random({7});
  const std::vector<Tensor> images = random_images(graph, random, 8);
  return quantize_model(graph, feed(images), options);
}

TEST(Lower, TurnsTheSmallNetworkIntoIntegersOnly) {
  const Graph integer = lower(quantized(small_cnn()));
  EXPECT_THAT(kinds_of(integer), ElementsAre("Conv2d", "Requantize", "MaxPool2d", "Conv2d", "Requantize", "MaxPool2d", "Flatten", "Gemm"));
  EXPECT_EQ(integer.inputs().front()->type().element, ElementType::uint8());
  EXPECT_EQ(integer.outputs().front()->type().element, ElementType::int32());
  EXPECT_FALSE(integer.outputs().front()->type().quantization->per_channel());
  EXPECT_EQ(integer.macs(), small_cnn().macs());
  EXPECT_EQ(integer.parameters(), small_cnn().parameters());
}

TEST(Lower, IsDeterministic) {
  const Graph qdq = quantized(small_cnn());
  EXPECT_EQ(to_text(lower(qdq)), to_text(lower(qdq.clone())));
}

TEST(Lower, ARawPixelIsTheIntegerNetworksInput) {
  Graph graph = small_cnn();
  graph.preprocessing = {0, 1, {0.1307f}, {0.3081f}};
  for (const bool power_of_two : {false, true}) {
    QuantizeOptions options;
    options.power_of_two = power_of_two;
    const Graph integer = lower(quantized(graph, options));
    std::vector<std::uint8_t> pixels(256);
    std::iota(pixels.begin(), pixels.end(), std::uint8_t{0});
    const Tensor q = quantize_input(integer, preprocess(integer, pixels));
    for (std::size_t i = 0; i < 256; ++i) EXPECT_EQ(q.integers()[i], pixels[i]);
  }
}

TEST(Lower, AReluBecomesTheLowerEndOfTheClamp) {
  QuantizeOptions options;
  options.unsigned_activations = false;
  const Graph integer = lower(quantized(small_cnn(), options));
  const Requantize& op = *integer.nodes_of<Requantize>().front()->as<Requantize>();
  EXPECT_EQ(op.low, op.quantization.zero_point);
  EXPECT_EQ(op.low, -128);
  EXPECT_EQ(op.high, 127);

  const Graph without = lower(Qdq({1, 1, 4, 4}).quantize(kStep, 8).conv(1).quantize(kStep, 100).finish());
  EXPECT_EQ(without.nodes_of<Requantize>().front()->as<Requantize>()->low, 0);
}

TEST(Lower, PowersOfTwoRequantizeByShiftsAlone) {
  QuantizeOptions options;
  options.power_of_two = true;
  for (const bool per_channel : {false, true}) {
    options.per_channel = per_channel;
    const Graph integer = lower(quantized(small_cnn(), options));
    for (const Node* node : integer.nodes_of<Requantize>()) {
      const auto& factors = node->as<Requantize>()->factors;
      for (const FixedMultiplier& factor : factors) EXPECT_EQ(factor.multiplier, 1);
      if (!per_channel) {
        EXPECT_EQ(factors.size(), 1u);
      }
    }
  }
}

TEST(Lower, TheFactorIsTheQuotientOfFloat32Scales) {
  const float x = 0.0173f, y = 0.0931f;
  const Graph integer = lower(Qdq({1, 1, 4, 4}).quantize(x).conv(2).quantize(y).finish());
  const float sum = x * 0.25f, factor = sum / y;
  EXPECT_THAT(integer.nodes_of<Requantize>().front()->as<Requantize>()->factors, ElementsAre(fixed_multiplier(factor)));
}

TEST(Lower, EveryEntryOfATanhTableIsTheSimulatedComputation) {
  const Quantization in{{0.03f}, 77, -1}, out{{1 / 128.0f}, 3, -1};
  Qdq network({1, 1, 16, 16});
  network.quantize(in.scales[0], in.zero_point).then(Tanh{}).quantize(out.scales[0], out.zero_point, ElementType::int8());
  const Graph& qdq = network.finish();
  const Graph integer = lower(qdq);
  EXPECT_THAT(kinds_of(integer), ElementsAre("LookupTable"));
  Tensor image({1, 1, 16, 16}, std::vector<float>(256));
  for (int q = 0; q < 256; ++q) image.floats()[static_cast<std::size_t>(q)] = 0.03f * static_cast<float>(q - 77);
  std::vector<std::int32_t> simulated;
  Interpreter(qdq).run({image}, [&](const Value&, const Tensor& tensor) {
    if (!tensor.is_float()) simulated.assign(tensor.integers().begin(), tensor.integers().end());
  });
  EXPECT_EQ(integer.nodes_of<LookupTable>().front()->as<LookupTable>()->table, simulated);
}

TEST(Lower, AnAveragePoolIsASumAndARequantize) {
  AveragePool2d pool;
  pool.window = {2, 2, 2, 2, 1, 1, 1, 1};
  pool.count_include_pad = true;
  Qdq network({1, 1, 4, 4});
  const Graph& qdq = network.quantize(kStep, 8).then(pool).quantize(kStep / 4, 100).finish();
  EXPECT_THAT(kinds_of(lower(qdq)), ElementsAre("SumPool2d", "Requantize"));
  expect_same(qdq, ramp());
}

TEST(Lower, AQuantizeThatChangesNothingCostsNothing) {
  Qdq network({1, 1, 4, 4});
  const Graph& qdq = network.quantize(kStep, 8).then(max_pool(2)).quantize(kStep, 8).conv(1).finish();
  EXPECT_THAT(kinds_of(lower(qdq)), ElementsAre("MaxPool2d", "Conv2d"));
  expect_same(qdq, ramp());
}

TEST(Lower, AQuantizeToAnotherScaleIsATable) {
  Qdq network({1, 1, 4, 4});
  const Graph& qdq = network.quantize(kStep, 8).then(max_pool(2)).quantize(kStep * 4, 3, ElementType::integer(4, true)).conv(1).finish();
  EXPECT_THAT(kinds_of(lower(qdq)), ElementsAre("MaxPool2d", "LookupTable", "Conv2d"));
  expect_same(qdq, ramp());
}

TEST(Lower, AReluWithoutAQuantizeBehindItWorksOnIntegers) {
  Qdq network({1, 1, 4, 4});
  const Graph& qdq = network.quantize(kStep, 8).then(Relu{}).conv(1).finish();
  EXPECT_THAT(kinds_of(lower(qdq)), ElementsAre("Relu", "Conv2d"));
  expect_same(qdq, ramp());
}

TEST(Lower, APoolAndAFlattenBetweenASumAndItsQuantizeComeFirst) {
  Qdq network({1, 1, 4, 4});
  const Graph& qdq = network.quantize(kStep, 8).conv(2).then(Relu{}).then(max_pool(2)).then(Flatten{}).quantize(kStep, 2).finish();
  EXPECT_THAT(kinds_of(lower(qdq)), ElementsAre("Conv2d", "MaxPool2d", "Flatten", "Requantize"));
  expect_same(qdq, ramp());
}

TEST(Lower, ANetworkThatEndsInReluCutsItsAccumulators) {
  Qdq network({1, 1, 4, 4});
  const Graph& qdq = network.quantize(kStep, 8).conv(1).then(Relu{}).finish();
  EXPECT_THAT(kinds_of(lower(qdq)), ElementsAre("Conv2d", "Relu"));
  expect_same(qdq, ramp());
}

TEST(Lower, WeightsMayBeFloatsBehindAQuantize) {
  Qdq network({1, 1, 4, 4});
  network.quantize(kStep, 8);
  Quantize op;
  op.quantization = {{0.5f}, 0, -1};
  Value* w = network.graph.add_constant("w", Tensor({1, 1, 1, 1}, {1.7f}));
  w = network.graph.add("w_dq", Dequantize{}, {network.graph.add("w_q", op, {w})});
  network.current = network.graph.add("conv", Conv2d{}, {network.current, w});
  const Graph& qdq = network.finish();
  const Graph integer = lower(qdq);
  EXPECT_EQ(integer.nodes_of<Conv2d>().front()->input(1)->constant().integers()[0], 3);
  expect_same(qdq, ramp());
}

TEST(Lower, LeavesOutTheFinalSoftmaxAndSaysSo) {
  Notes notes;
  lower(quantized(small_cnn()), &notes);
  EXPECT_THAT(notes, ElementsAre("net: node 'softmax' (Softmax): left out, because the largest integer names the same class"));
}

TEST(Lower, ANetworkWithoutClassifierEndsInItsQuantizedOutput) {
  RandomStream random({1});
  const Graph integer = lower(quantized(Builder(random, {1, 1, 8, 8}).conv(3, 3).then(Relu{}).finish()));
  EXPECT_EQ(integer.outputs().front()->type().element, ElementType::uint8());
}

TEST(Lower, TakesWeightsThatAreQuantizedTwice) {
  Qdq network({1, 2, 3, 3});
  network.quantize(kStep, 8).conv(2);
  Node& conv = *network.graph.nodes_of<Conv2d>().front();
  Quantize coarser;
  coarser.element = ElementType::int8();
  coarser.quantization = {{0.5f}, 0, -1};
  Node* quantize = network.graph.insert_node(&conv, "again", std::make_unique<Quantize>(coarser), {conv.input(1)});
  network.graph.set_input(&conv, 1, network.graph.insert_node(&conv, "again_dq", std::make_unique<Dequantize>(), {quantize->output()})->output());
  RandomStream random({3});
  expect_same(network.finish(), random_floats(random, {1, 2, 3, 3}));
}

TEST(Lower, RefusesByNameWhatIsNotQuantized) {
  EXPECT_THAT(refusal([] {
                lower(Qdq({1, 1, 4, 4}).conv(1).finish());
              }),
              HasSubstr("qdq: node 'conv' (Conv2d): 'image' is not quantized; put a Quantize and a Dequantize before it"));
  EXPECT_THAT(refusal([] {
                lower(Qdq({1, 1, 4, 4}).quantize(1).conv(1).conv(1).finish());
              }),
              HasSubstr("qdq: node 'conv_2' (Conv2d): 'conv' is not quantized"));
  EXPECT_THAT(refusal([] {
                lower(Qdq({1, 1, 4, 4}).quantize(1).conv(1).then(Tanh{}).quantize(1).finish());
              }),
              HasSubstr("(Tanh): 'conv' is not quantized"));
  EXPECT_THAT(refusal([] {
                lower(Qdq({1, 1, 4, 4}).quantize(1).then(Tanh{}).finish());
              }),
              HasSubstr("(Tanh): the network ends in a function of real numbers"));
  EXPECT_THAT(refusal([] { lower(small_cnn()); }), HasSubstr("net: node 'conv' (Conv2d): 'image' is not quantized"));
}

TEST(Lower, RefusesTensorsWithoutElements) {
  EXPECT_THAT(refusal([] { lower(Qdq({1, 0, 4, 4}).quantize(1).finish()); }), HasSubstr("'image' is 1x0x4x4, without elements"));
}

TEST(Lower, RefusesFloatParametersByName) {
  Qdq network({1, 1, 4, 4});
  network.quantize(1).conv(1);
  network.graph.set_input(network.graph.nodes_of<Conv2d>().front(), 2, network.graph.add_constant("b", Tensor({1}, {0.5f})));
  EXPECT_THAT(refusal([&] { lower(network.finish()); }),
              HasSubstr("(Conv2d): parameter 'b' is not quantized; give it as an int32 constant"));
}

TEST(Lower, WeightsCountFromTheirZeroPoints) {
  expect_same(Qdq({1, 1, 4, 4}).quantize(kStep, 8).conv(2, 3).finish(), ramp());
  const Graph integer = lower(Qdq({1, 1, 4, 4}).quantize(kStep, 8).conv(1, 3).quantize(kStep).finish());
  const std::int64_t weight = 1 - 3;  // of inputs -8 .. 247
  EXPECT_EQ(value_range(*integer.nodes_of<Conv2d>().front()->output()), (IntegerRange{weight * 247, weight * -8}));
}

Quantize to_signs(float scale) {
  Quantize op;
  op.element = ElementType::bipolar();
  op.quantization = {{scale}, 0, -1};
  return op;
}

TEST(Lower, SignsOfASumAreAThresholdAt0) {
  Qdq network({1, 1, 4, 4});
  network.quantize(kStep, 8).conv(2).then(to_signs(0.5f)).then(Dequantize{}).conv(1);
  const Graph integer = lower(network.finish());
  EXPECT_THAT(kinds_of(integer), ElementsAre("Conv2d", "MultiThreshold", "Conv2d"));
  EXPECT_THAT(integer.nodes_of<MultiThreshold>().front()->input(1)->constant().integers(), ElementsAre(0));
  expect_same(network.graph, ramp());
  Clip below;
  below.low = -2, below.high = -1;
  EXPECT_THAT(refusal([&] { lower(Qdq({1, 1, 4, 4}).quantize(kStep, 8).conv(2).then(below).then(to_signs(1)).then(Dequantize{}).finish()); }),
              HasSubstr("(Quantize): makes signs of what a Clip keeps below 0, and all are -1; leave out the Clip"));
}

TEST(Lower, SignsOfATwoTensorSumAreThoseOfTheExactOne) {
  Qdq network({1, 1, 4, 4});
  Value* x = network.quantize(kStep, 8).current;
  network.conv(1).quantize(0.1f, 100);  // another scale: 0.7 of it would round to 0
  network.current = network.graph.add("sum", Add{}, {network.current, x});
  network.then(to_signs(1)).then(Dequantize{}).conv(1);
  EXPECT_THAT(kinds_of(lower(network.finish())), ElementsAre("Conv2d", "Requantize", "RescaledAdd", "MultiThreshold", "Conv2d"));
  expect_same(network.graph, ramp());
}

TEST(Lower, RefusesAZeroAmongSigns) {
  Pad pad;
  pad.before = pad.after = {0, 0, 1, 1};
  EXPECT_THAT(refusal([&] { lower(Qdq({1, 1, 4, 4}).quantize(kStep).conv(1).then(to_signs(1)).then(Dequantize{}).then(pad).conv(1).finish()); }),
              HasSubstr("(Pad): gives 0, and 'conv.requantize' is bipolar: -1 or +1; quantize that to 2 bits"));
  EXPECT_THAT(refusal([&] {
                lower(Qdq({1, 1, 4, 4})
                          .quantize(kStep)
                          .conv(1)
                          .then(to_signs(1))
                          .then(Dequantize{})
                          .then(Relu{})
                          .conv(1)
                          .finish());
              }),
              HasSubstr("(Relu): gives 0, and"));
}

TEST(Lower, RefusesOperatorsWithoutAnIntegerForm) {
  Qdq skip({1, 1, 4, 4});
  skip.quantize(1);
  skip.current = skip.graph.add("sum", Add{}, {skip.current, skip.current});
  EXPECT_THAT(refusal([&] { lower(skip.finish()); }), HasSubstr("qdq: node 'sum' (Add): the network ends where integers of several scales come together; quantize its output"));
  AveragePool2d pool;
  pool.window = {2, 2, 2, 2, 1, 1, 1, 1};
  EXPECT_THAT(refusal([&] {
                lower(Qdq({1, 1, 4, 4}).quantize(1).then(pool).quantize(1).finish());
              }),
              HasSubstr("set count_include_pad = 1 or pads to 0"));
  const Graph integer = lower(quantized(small_cnn()));
  EXPECT_THAT(refusal([&] { lower(integer); }), HasSubstr("is not quantized"));
}

TEST(Lower, RefusesASumThatCouldLeaveInt32WithItsBound) {
  Graph graph("wide");
  const std::int64_t inputs = 70000;
  Quantize op;
  op.element = ElementType::uint8();
  op.quantization = {{1}, 0, -1};
  Value* x = graph.add_input("x", {{1, inputs}, ElementType::float32(), {}});
  x = graph.add("", Dequantize{}, {graph.add("", op, {x})});
  const TensorType type{{1, inputs}, ElementType::int8(), Quantization{{1}, 0, -1}};
  Value* w = graph.add_constant("w", Tensor(type, std::vector<std::int32_t>(static_cast<std::size_t>(inputs), 127)));
  graph.set_outputs({graph.add("fc", Gemm{}, {x, graph.add("", Dequantize{}, {w})})});
  EXPECT_THAT(refusal([&] { lower(graph); }),
              HasSubstr("wide: node 'fc' (Gemm): its sum can reach 0..2266950000, outside int32; inputs of 8 bits and "
                        "weights of 8 are 1 too many: "
                        "use as many fewer, or fewer inputs per output"));
}

TEST(Lower, RefusesAFactorOutOfReachAndNamesTheQuantize) {
  EXPECT_THAT(refusal([] {
                lower(Qdq({1, 1, 4, 4}).quantize(1e-20f).conv(1).quantize(1e10f).finish());
              }),
              HasSubstr("qdq: node 'quantize_2' (Quantize): requantization factor"));
}

TEST(Lower, RefusesAnInputQuantizedInTwoWays) {
  Qdq network({1, 1, 4, 4});
  Value* image = network.current;
  network.quantize(1).conv(1).quantize(1);
  Quantize op;
  op.quantization = {{2}, 0, -1};
  network.graph.add("other", op, {image});
  EXPECT_THAT(refusal([&] { lower(network.finish()); }),
              HasSubstr("node 'other' (Quantize): quantizes the network's input in a second way"));
}

TEST(Lower, RefusesAnInputThatIsNotRoundedAsImagesAre) {
  const auto refusal_of = [](auto change) {
    Quantize op;
    op.element = ElementType::int8();
    op.quantization = {{kStep}, 0, -1};
    change(op);
    return refusal([&] { lower(Qdq({1, 1, 4, 4}).then(op).then(Dequantize{}).conv(1).finish()); });
  };
  EXPECT_EQ(refusal_of([](Quantize&) {}), "");
  EXPECT_THAT(refusal_of([](Quantize& op) { op.narrow = true; }), HasSubstr("quantizes the network's input to a narrow range; round images to"));
  EXPECT_THAT(refusal_of([](Quantize& op) { op.rounding = Rounding::kFloor; }), HasSubstr("quantizes the network's input rounding floor"));
}

TEST(Lower, RefusesAnInputThatALayerReadsInFloatInEitherOrder) {
  for (const bool float_first : {false, true}) {
    Qdq network({1, 1, 4, 4});
    Value *image = network.current, *sum = nullptr;
    const auto in_float = [&] { sum = network.graph.add("", Conv2d{}, {image, network.graph.add_constant("v", Tensor({1, 1, 1, 1}, {0.5f}))}); };
    if (float_first) in_float();
    network.quantize(kStep, 8).conv(1);
    if (!float_first) in_float();
    network.current = network.graph.add("", Add{}, {network.current, sum});
    EXPECT_THAT(refusal([&] { lower(network.finish()); }), HasSubstr("quantizes the network's input, which a layer in float reads as it is")) << float_first;
  }
}

TEST(Lower, RefusesToEndInSumsThatCannotBeCompared) {
  const auto lowered = [](std::vector<float> scales) {
    Qdq network({1, 2});
    network.quantize(kStep, 8);
    Value* w = network.graph.add_constant("w", Tensor({{2, 2}, ElementType::int8(), Quantization{std::move(scales), 0, 0}}, std::vector<std::int32_t>{1, 2, 3, 4}));
    network.current = network.graph.add("fc", Gemm{}, {network.current, network.graph.add("", Dequantize{}, {w})});
    return refusal([&] { lower(network.finish()); });
  };
  EXPECT_EQ(lowered({0.5f, 0.5f}), "");
  EXPECT_THAT(lowered({0.5f, 0.25f}), HasSubstr("node 'fc' (Gemm): the network ends in sums of several scales, which cannot be compared; give the last layer one"));
}

TEST(Lower, ATableIsNotAskedForValuesThatCannotCome) {
  Qdq network({1, 1, 4, 4});
  network.quantize(kStep, 8).conv(1).then(Relu{}).quantize(kStep, 0, ElementType::int8()).then(Sqrt{}).quantize(kStep).conv(1);
  EXPECT_THAT(kinds_of(lower(network.finish())), ElementsAre("Conv2d", "Requantize", "LookupTable", "Conv2d"));
  expect_same(network.graph, ramp());
  EXPECT_THAT(refusal([] { lower(Qdq({1, 1, 4, 4}).quantize(kStep, 8).then(Sqrt{}).quantize(kStep).conv(1).finish()); }),
              HasSubstr("qdq: node 'quantize_2' (Quantize): Quantize: a value to quantize is not a number"));
}

TEST(Lower, AConstantThatTheFloatPartReadsTooKeepsNothingInFloat) {
  Qdq network({1, 2, 4, 4});
  Value* order = network.graph.add_constant("order", Tensor::int64({2}, {1, 0}));
  Gather shuffle;
  shuffle.axis = 1;
  network.quantize(kStep, 8).conv(2);
  Value* v = network.graph.add_constant("v", Tensor({2, 2, 1, 1}, {1, 2, 3, 4}));
  network.current = network.graph.add("", Conv2d{}, {network.current, v});
  network.current = network.graph.add("", shuffle, {network.current, order});
  network.quantize(kStep);
  network.current = network.graph.add("", shuffle, {network.current, order});
  const Graph mixed = lower(network.conv(1).finish());
  EXPECT_EQ(mixed.nodes().back()->output()->type().element, ElementType::int32());
  EXPECT_FALSE(mixed.nodes_of<Gather>().back()->output()->type().element.is_float);
}

TEST(Lower, PaddingKeepsZerosBehindAClipAndSignsWhereItGivesNone) {
  Pad pad;
  pad.before = pad.after = {0, 0, 1, 1};
  const auto clipped = [&](float low) {
    Clip clip;
    clip.low = low, clip.high = 6;
    Qdq network({1, 1, 4, 4});
    network.quantize(kStep, 8).conv(1).then(clip).then(pad).quantize(kStep, 8).conv(1);
    return network.finish().clone();
  };
  expect_same(clipped(-0.5f), ramp());
  EXPECT_THAT(refusal([&] { lower(clipped(0.5f)); }), HasSubstr("(Pad): gives 0, which the Clip before it cuts off; quantize what the Clip gives"));
  pad.mode = PadMode::kReflect;
  expect_same(clipped(0.5f), ramp());
  Qdq signs({1, 1, 4, 4});
  expect_same(signs.quantize(kStep, 8).conv(1).then(to_signs(1)).then(Dequantize{}).then(pad).conv(1).finish(), ramp());
}

}  // namespace
}  // namespace bitloom
