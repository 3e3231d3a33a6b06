#include "fpga/stream/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "fpga/stream/design_json.h"
#include "fpga/stream/units.h"
#include "fpga/testing/networks.h"
#include "passes/lower/lower.h"

namespace bitloom::fpga {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// The paper's network at a quarter of its size: two convolutions, a pool, a classifier.
Graph small_network() {
  return lower(quantized(TestNetwork("small", 1, 14, 14, 1)
                             .conv(12, TestNetwork::square(3))
                             .relu()
                             .conv(12, TestNetwork::square(3))
                             .relu()
                             .max_pool(TestNetwork::square(2, 2))
                             .flatten()
                             .gemm(10)
                             .finish()));
}

const Unit& unit_of(const StreamDesign& design, std::string_view node, std::string_view block) {
  for (const Unit& unit : design.units)
    if (unit.node == node && unit.block == block) return unit;
  throw std::out_of_range(std::string(node));
}

TEST(PlanStream, EachUnitFeedsTheNextAndBeatsCoverTheMap) {
  const StreamDesign design = plan_stream(small_network(), find_part("xczu3eg"));
  StreamFormat stream = design.input;
  for (const Unit& unit : design.units) {
    EXPECT_EQ(unit.input, stream) << unit.name;
    EXPECT_GE(unit.ideal_cycles, std::max(unit.input_beats, unit.output_beats)) << unit.name;
    stream = unit.output;
  }
  EXPECT_EQ(stream, design.output);
  EXPECT_EQ(design.units.back().output_beats * design.output.lanes, 10);
  EXPECT_TRUE(fits(design.estimate, budget(design.part)));
}

TEST(PlanStream, IdealCyclesAreOutputPixelsTimesWindowOverSimdTimesOutputsOverPe) {
  PlanOptions options;
  options.folding = {{"conv1", {4, 3}}, {"conv3", {3, 6}}, {"fc7", {2, 10}}};
  const StreamDesign design = plan_stream(small_network(), find_part("xczu3eg"), options);
  EXPECT_EQ(unit_of(design, "conv1", "matrix_vector").ideal_cycles, 12 * 12 * (9 / 3) * (12 / 4));
  EXPECT_EQ(unit_of(design, "conv1", "parallel_window").parameter("Positions"), 3);
  EXPECT_EQ(unit_of(design, "conv3", "matrix_vector").ideal_cycles, 10 * 10 * (9 * 12 / 6) * (12 / 3));
  EXPECT_EQ(unit_of(design, "conv3", "sliding_window").parameter("Lanes"), 6);
  EXPECT_EQ(unit_of(design, "fc7", "matrix_vector").ideal_cycles, 300 / 10 * (10 / 2));
  EXPECT_EQ(design.ideal_cycles(), 7200);
}

TEST(PlanStream, AFoldingThatDoesNotDivideNamesTheNodeAndTheValidValues) {
  PlanOptions options;
  options.folding["conv1"] = {5, 0};
  EXPECT_THAT([&] { plan_stream(small_network(), find_part("xczu3eg"), options); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("node 'conv1' (Conv2d)"), HasSubstr("12 outputs cannot be split over pe = 5"),
                                              HasSubstr("pe = 1, 2, 3, 4, 6, 12"))));
  options.folding["conv1"] = {0, 2};
  EXPECT_THAT([&] { plan_stream(small_network(), find_part("xczu3eg"), options); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("9 inputs cannot be split over simd = 2"), HasSubstr("simd = 1, 3, 9;"))));
}

TEST(PlanStream, AFoldingForANodeThatDoesNotExistSuggestsTheNearest) {
  PlanOptions options;
  options.folding["conv2"] = {1, 1};
  EXPECT_THAT([&] { plan_stream(small_network(), find_part("xczu3eg"), options); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("'conv2'"), HasSubstr("no convolution or Gemm"), HasSubstr("'conv1'"))));
}

TEST(PlanStream, ASmallerPartGetsASlowerDesignAndAFasterOneIsNeverPossibleWithinTheBudget) {
  const Graph network = small_network();
  const StreamDesign large = plan_stream(network, find_part("xczu7ev")), small = plan_stream(network, find_part("xc7z010"));
  EXPECT_LT(large.ideal_cycles(), small.ideal_cycles());
  EXPECT_TRUE(fits(small.estimate, budget(small.part)));
  EXPECT_FALSE(fits(large.estimate, budget(small.part)));
}

TEST(PlanStream, UnitsThatNeedNotBeFastAreSmall) {
  const StreamDesign design = plan_stream(small_network(), find_part("xc7z010"));
  const Unit& gemm = unit_of(design, "fc7", "matrix_vector");
  std::int64_t fewest = 3000;  // products with which the layer keeps the pace of the slowest unit
  for (const int pe : divisors(10))
    for (const int simd : divisors(300))
      if (300 / simd * (10 / pe) <= design.ideal_cycles()) fewest = std::min<std::int64_t>(fewest, pe * simd);
  EXPECT_LE(gemm.parameter("Pe") * gemm.parameter("Simd"), 2 * fewest);  // a little more may save a width_converter
}

TEST(PlanStream, IsDeterministic) {
  const Graph network = small_network();
  EXPECT_EQ(to_json(plan_stream(network, find_part("xczu3eg"))), to_json(plan_stream(network, find_part("xczu3eg"))));
}

TEST(PlanStream, ANetworkTooBigForThePartSaysByHowMuchAndWhatWouldFit) {
  const Graph big = lower(quantized(TestNetwork("big", 1, 28, 28, 1).flatten().gemm(64).relu().gemm(10).finish(), shift_only()));
  EXPECT_THAT([&] { plan_stream(big, find_part("ice40up5k")); },
              ThrowsMessage<CheckError>(AllOf(HasSubstr("big on ice40up5k"), HasSubstr("EBRs of 30"), HasSubstr("too many"), HasSubstr("'fc2' alone takes"),
                                              HasSubstr("stream:xc7z010 would fit it"))));
}

TEST(PlanStream, RequantizationThatNeedsMultipliersIsRefusedOnIce40WithTheWayOut) {
  const Graph network = lower(quantized(TestNetwork("multiplies", 1, 8, 8, 1)
                                            .conv(4, TestNetwork::square(3))
                                            .relu()
                                            .conv(4, TestNetwork::square(3))
                                            .relu()
                                            .conv(4, TestNetwork::square(3))
                                            .relu()
                                            .flatten()
                                            .gemm(10)
                                            .finish()));
  EXPECT_THAT([&] { plan_stream(network, find_part("ice40up5k")); },
              ThrowsMessage<CheckError>(AllOf(HasSubstr("DSPs of 8"), HasSubstr("power_of_two"))));
}

TEST(PlanStream, OnIce40NoMoreProductsThanDspsAreInDsps) {
  const Graph network = lower(quantized(TestNetwork("tiny", 1, 8, 8, 1)
                                            .conv(8, TestNetwork::square(3, 1, 1))
                                            .relu()
                                            .max_pool(TestNetwork::square(2, 2))
                                            .flatten()
                                            .gemm(10)
                                            .finish(),
                                        shift_only()));
  const StreamDesign design = plan_stream(network, find_part("ice40up5k"));
  EXPECT_LE(design.estimate.dsp, 8);
  EXPECT_LE(design.estimate.bram, 30);
  EXPECT_EQ(design.input.lanes, 1);
  EXPECT_EQ(design.output.lanes, 1);
}

}  // namespace
}  // namespace bitloom::fpga
