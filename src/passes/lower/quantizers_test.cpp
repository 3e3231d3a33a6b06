// Truncs and MultiThresholds, which QONNX has beside its Quant, as integers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/ops/multi_threshold.h"
#include "ir/ops/rearrange.h"
#include "passes/lower/integer_form.h"
#include "passes/lower/lower.h"
#include "passes/lower/qdq_network.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;
using testing::ElementsAre;
using testing::HasSubstr;

/// QONNX Trunc of version 1: the scale stays, nothing is clamped.
Trunc dropping(int bits, float scale, Rounding rounding = Rounding::kFloor, std::int32_t zero_point = 0) {
  Trunc op;
  op.input = op.quantization = {{scale}, zero_point, -1};
  op.shift = bits;
  op.rounding = rounding;
  op.element = ElementType::int32();
  return op;
}

AveragePool2d mean_of_3x3() {
  AveragePool2d pool;
  pool.window = {3, 3, 1, 1};
  return pool;
}

Qdq& times(Qdq& network, float number) {
  network.current = network.graph.add("", Mul{}, {network.current, network.graph.add_constant("number", Tensor({1}, {number}))});
  return network;
}

MultiThreshold along(int axis, int bits = 4) {
  MultiThreshold op;
  op.axis = axis;
  op.element = ElementType::integer(bits, true), op.bias = -2;
  op.quantization = {{0.5f}, 0, -1};
  return op;
}

Qdq& thresholds(Qdq& network, const MultiThreshold& op, const Tensor& reals) {
  network.current = network.graph.add("", op, {network.current, network.graph.add_constant("thresholds", reals)});
  return network.then(Dequantize{});
}

TEST(LowerTrunc, TheMeanThatBrevitasWritesIsASumAndAShift) {
  Qdq network({1, 1, 4, 4});
  times(network.quantize(0.1f, 8).then(mean_of_3x3()), 9).then(dropping(3, 0.1f)).then(Dequantize{}).conv(1);
  const Graph integer = lower(network.finish());
  EXPECT_THAT(kinds_of(integer), ElementsAre("SumPool2d", "Requantize", "Conv2d"));
  const Node& node = *integer.nodes_of<Requantize>().front();
  EXPECT_THAT(node.as<Requantize>()->factors, ElementsAre(FixedMultiplier{1, 3}));
  EXPECT_EQ(node.as<Requantize>()->rounding, Rounding::kFloor);
  // Sums of 9 times -8 .. 247, over 8: no image can give more, and a Conv2d reads at most 16 bits.
  EXPECT_EQ(to_string(node.output()->type().element), "int10");
  EXPECT_EQ(node.as<Requantize>()->low, -9);
  EXPECT_EQ(node.as<Requantize>()->high, 277);
  expect_same(network.graph, ramp());
}

TEST(LowerTrunc, AReluAndAClipBeforeTheSumIsScaledCutWhatItStandsFor) {
  Qdq network({1, 1, 4, 4});
  Clip clip;
  clip.low = -0.25f, clip.high = 0.5f;
  times(network.quantize(kStep, 8).then(mean_of_3x3()).then(clip), 9)
      .then(dropping(2, kStep, Rounding::kHalfUp))
      .then(Dequantize{})
      .conv(1);
  const Graph integer = lower(network.finish());
  EXPECT_THAT(kinds_of(integer), ElementsAre("SumPool2d", "Requantize", "Conv2d"));
  const Requantize& op = *integer.nodes_of<Requantize>().front()->as<Requantize>();
  EXPECT_EQ(op.low, -4);  // -9/4 is -18 eighths, a quarter of which is -4.5
  EXPECT_EQ(op.high, 9);
}

TEST(LowerTrunc, OfAnInputItIsATableInEveryRounding) {
  for (int rounding = 0; rounding <= static_cast<int>(Rounding::kHalfToOdd); ++rounding) {
    SCOPED_TRACE(to_string(static_cast<Rounding>(rounding)));
    Qdq network({1, 1, 4, 4});
    // Another scale and zero point than the input's: the table is what the float graph computes.
    network.quantize(kStep, 8).then(dropping(2, kStep / 2, static_cast<Rounding>(rounding), 3)).then(Dequantize{}).conv(1);
    EXPECT_THAT(kinds_of(lower(network.finish())), ElementsAre("LookupTable", "Conv2d"));
    expect_same(network.graph, ramp());
  }
}

TEST(LowerTrunc, SumsThatAreNeverNegativeMayRoundTowardsZero) {
  const auto rounding_of = [](Rounding rounding) {
    Qdq network({1, 1, 4, 4});
    times(network.quantize(kStep, 0).then(mean_of_3x3()), 9).then(dropping(3, kStep, rounding)).then(Dequantize{}).conv(1);
    expect_same(network.finish(), ramp());
    return lower(network.graph).nodes_of<Requantize>().front()->as<Requantize>()->rounding;
  };
  EXPECT_EQ(rounding_of(Rounding::kTowardsZero), Rounding::kFloor);
  EXPECT_EQ(rounding_of(Rounding::kHalfAwayFromZero), Rounding::kHalfUp);
  EXPECT_EQ(rounding_of(Rounding::kHalfToEven), Rounding::kHalfToEven);
}

TEST(LowerTrunc, RefusesByNameWhatNoShiftOfASumIs) {
  const auto refusal_of = [](const Trunc& trunc) {
    return refusal([&] { lower(Qdq({1, 1, 4, 4}).quantize(kStep, 8).conv(2).then(trunc).then(Dequantize{}).conv(1).finish()); });
  };
  const float scale = kStep * 0.25f;
  EXPECT_EQ(refusal_of(dropping(4, scale)), "");
  EXPECT_EQ(refusal_of(dropping(4, scale / 3)), "");
  EXPECT_THAT(
      refusal_of(dropping(4, scale * 0.7f)),
      HasSubstr("qdq: node 'trunc' (Trunc): its input scale 0.021875 does not divide 0.03125, the scale of the sum before it; give it"));
  EXPECT_THAT(refusal_of(dropping(4, scale, Rounding::kTowardsZero)), HasSubstr("(Trunc): rounds towards_zero sums from -16 on"));
  EXPECT_THAT(refusal_of(dropping(4, scale, Rounding::kFloor, 16)), HasSubstr("zero points 16 before and 16 behind 4 dropped bits; use"));
  Trunc per_channel = dropping(4, scale);
  per_channel.input = per_channel.quantization = {{scale, scale}, 0, 1};
  EXPECT_THAT(refusal_of(per_channel), HasSubstr("truncates an activation per channel"));
}

TEST(LowerMultiThreshold, OfASumHasTheLeastIntegersThatReachTheReals) {
  Qdq network({1, 1, 4, 4});
  // Sums of channel 0 are -8 .. 247 thirty-seconds, of channel 1 twice that; a sum that equals a threshold reaches it.
  thresholds(network.quantize(kStep, 8).conv(2), along(1), Tensor({2, 3}, {-0.0625f, 0.1f, 100, -100, 0.5f, 0.53125f})).conv(1);
  const Graph integer = lower(network.finish());
  EXPECT_THAT(kinds_of(integer), ElementsAre("Conv2d", "MultiThreshold", "Conv2d"));
  const Tensor& t = integer.nodes_of<MultiThreshold>().front()->input(1)->constant();
  EXPECT_THAT(t.integers(), ElementsAre(-2, 4, 495, -16, 16, 17));  // 495 lies above and -16 is the least sum
  EXPECT_EQ(to_string(t.type().element), "int10");
  expect_same(network.graph, ramp());
}

TEST(LowerMultiThreshold, OfInputsIsATableUnlessChannelsDiffer) {
  Qdq network({1, 1, 4, 4});
  thresholds(network.quantize(kStep, 8), along(1), Tensor({1, 3}, {-0.5f, 0, 0.3f})).conv(1);
  EXPECT_THAT(kinds_of(lower(network.finish())), ElementsAre("LookupTable", "Conv2d"));
  expect_same(network.graph, ramp());

  Qdq rows({1, 1, 4, 4});
  thresholds(rows.quantize(kStep, 8), along(2), Tensor({4, 1}, {-1, -0.3f, 0.5f, 9})).conv(1);
  const Graph integer = lower(rows.finish());
  EXPECT_THAT(kinds_of(integer), ElementsAre("MultiThreshold", "Conv2d"));
  EXPECT_THAT(integer.nodes_of<MultiThreshold>().front()->input(1)->constant().integers(), ElementsAre(0, 6, 12, 80));
  expect_same(rows.graph, ramp());
}

TEST(LowerMultiThreshold, OfWideIntegersComparesThemAsTheyLie) {
  Qdq network({1, 1, 4, 4});
  thresholds(network.quantize(kStep / 1024, 0, ElementType::integer(20, true)), along(1), Tensor({1, 2}, {-0.5f, 0.3f}));
  const Graph integer = lower(network.finish());
  EXPECT_THAT(kinds_of(integer), ElementsAre("MultiThreshold"));
  EXPECT_THAT(integer.nodes_of<MultiThreshold>().front()->input(1)->constant().integers(), ElementsAre(-4096, 2458));
  expect_same(network.graph, ramp());

  Qdq widest({1, 1, 4, 4});
  thresholds(widest.quantize(1, 0, ElementType::int32()), along(1), Tensor({1, 1}, {0}));
  EXPECT_THAT(refusal([&] { lower(widest.finish()); }), HasSubstr("(MultiThreshold): 'image' may be as large as int32 is"));
}

TEST(LowerMultiThreshold, WithoutThresholdsIsItsBias) {
  Qdq network({1, 1, 4, 4});
  thresholds(network.quantize(kStep, 8).conv(2), along(1), Tensor({2, 0}, std::vector<float>{}));
  expect_same(network.finish(), ramp());
}

TEST(LowerMultiThreshold, RefusesByName) {
  Qdq skip({1, 1, 4, 4});
  Value* other = skip.quantize(kStep, 8).conv(1).quantize(kStep).current;
  skip.conv(1).quantize(0.2f);
  skip.current = skip.graph.add("sum", Add{}, {skip.current, other});
  thresholds(skip, along(1), Tensor({1, 1}, {0.5f}));
  EXPECT_THAT(
      refusal([&] { lower(skip.finish()); }),
      HasSubstr("qdq: node 'sum' (Add): adds integers of scales 0.2 and 0.125, whose sum is none of either; quantize both with one scale"));

  Qdq function({1, 1, 4, 4});
  thresholds(function.quantize(kStep, 8).then(Tanh{}), along(2), Tensor({4, 1}, {0, 0, 0, 0.5f}));
  EXPECT_THAT(refusal([&] { lower(function.finish()); }),
              HasSubstr("(MultiThreshold): what it makes of 'image' differs from channel to channel"));

  Qdq computed({1, 1, 4, 4});
  Value* row = computed.quantize(kStep, 8).current;
  Reshape reshape;
  reshape.shape = {1, 16};
  row = computed.graph.add("row", reshape, {row});
  computed.current = computed.graph.add("", along(1, 8), {computed.current, row});
  EXPECT_THAT(nodes_without_integer_form(computed.finish()),
              ElementsAre(HasSubstr("has no integer form: its thresholds 'row' are computed")));
}

TEST(Lower, RefusesASumTimesANumberAsTheNetworksOutput) {
  Qdq network({1, 1, 4, 4});
  times(network.quantize(kStep, 8).conv(1), 3);
  EXPECT_THAT(refusal([&] { lower(network.finish()); }), HasSubstr("(Mul): the network ends in a sum times a number"));
}

TEST(Lower, RefusesATableOfMoreThan16Bits) {
  EXPECT_THAT(refusal([] {
                lower(Qdq({1, 1, 4, 4}).quantize(kStep, 0, ElementType::int32()).then(Tanh{}).quantize(kStep).finish());
              }),
              HasSubstr("follows 'image' of int32, and a table reads 1 unsigned to 16 bits"));
}

}  // namespace
}  // namespace bitloom
