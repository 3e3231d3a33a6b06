#include "ir/ops/fake_quantize.h"

#include <cmath>
#include <limits>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::FloatEq;
using testing::HasSubstr;

Tensor scalar(float value) { return Tensor(Shape{}, std::vector<float>{value}); }

FakeQuantize to(ElementType element, std::int32_t zero_point = 0) {
  FakeQuantize op;
  op.element = element;
  op.zero_point = zero_point;
  return op;
}

TEST(FakeQuantize, IsQuantizeAndDequantizeBehindEachOther) {
  RandomStream random({20261121});
  for (int bits = 2; bits <= 8; ++bits)
    for (const bool is_signed : {false, true})
      for (const bool narrow : {false, true}) {
        std::vector<float> values(24);
        for (float& value : values) value = static_cast<float>(random.normal() * 3);
        const Tensor x({4, 6}, values);
        FakeQuantize op = to(ElementType::integer(bits, is_signed), 1);
        op.narrow = narrow;
        op.per_channel = true;
        Quantize quantize;
        quantize.element = op.element;
        quantize.quantization = {{0.5f, 0.25f, 0.0371f, 2}, 1, 0};
        quantize.narrow = narrow;
        const Tensor q = run(quantize, {x});
        EXPECT_EQ(values_of(run(op, {x, Tensor({4}, quantize.quantization.scales)})), values_of(run(Dequantize{}, {q})));
      }
}

TEST(FakeQuantize, AnOffsetIsTheRealValueOfIntegerZeroRoundedToAWholeZeroPoint) {
  FakeQuantize op = to(ElementType::integer(4, false));
  op.estimator = Estimator::kLsqPlus;
  // -(-1.1) / 0.5 = 2.2, so the zero point is 2 and the range -1 to 6.5.
  EXPECT_THAT(values_of(run(op, {Tensor({4}, {-9, -0.3f, 0, 9}), scalar(0.5f), scalar(-1.1f)})), ElementsAre(-1, -0.5f, 0, 6.5f));
  // A positive one would put 0 outside the range; the nearest zero point that the type has is 0.
  EXPECT_THAT(values_of(run(op, {Tensor({2}, {-9, 0.6f}), scalar(0.5f), scalar(3)})), ElementsAre(0, 0.5f));
}

TEST(FakeQuantize, AnOffsetGivesAnEvenZeroPointWhereTheTypeHasNotEightBits) {
  FakeQuantize op = to(ElementType::integer(2, false));
  op.estimator = Estimator::kLsqPlus;
  const auto zero_point = [&](float offset) {
    const Tensor operand = scalar(offset);
    return op.quantizer(scalar(1), &operand).quantization.zero_point;
  };
  EXPECT_EQ(zero_point(-1.2f), 2);  // 0.6 pairs
  EXPECT_EQ(zero_point(-0.8f), 0);
  EXPECT_EQ(zero_point(-9), 2);     // 3 is the largest integer
  op.element = ElementType::integer(3, true);
  op.narrow = true;
  EXPECT_EQ(zero_point(9), -2);     // -3 is the smallest
  op.element = ElementType::uint8();
  EXPECT_EQ(zero_point(-1.2f), 1);
}

TEST(FakeQuantize, GroupsOfChannelsShareAScaleAndAZeroPoint) {
  FakeQuantize op = to(ElementType::integer(2, false));
  op.per_channel = true;
  op.group = 2;
  const Tensor scales({2}, {0.5f, 2}), offsets({2}, {0, -4});  // zero points 0 and 2
  const Tensor x({3, 2}, {-9, 9, 0.3f, -0.3f, -9, 9});
  const Tensor q = op.integers(x, scales, &offsets);
  EXPECT_THAT(q.type().quantization->scales, ElementsAre(0.5f, 0.5f, 2));
  EXPECT_THAT(q.type().quantization->zero_points, ElementsAre(0, 0, 2));
  EXPECT_THAT(q.integers(), ElementsAre(0, 3, 1, 0, 0, 3));
  EXPECT_THAT(values_of(run(op, {x, scales, offsets})), ElementsAre(0, 1.5f, 0.5f, 0, -4, 2));
  op.group = 3;
  EXPECT_EQ(op.integers(x, Tensor({1}, {1}), nullptr).type().quantization->zero_point, 0);
}

TEST(FakeQuantize, ReachesBothEndsOfARange) {
  FakeQuantize op = to(ElementType::integer(2, false));  // 0 to 3
  EXPECT_EQ(op.reach_of(-1, 6, false).scale, 2);         // 0 is where a fixed zero point puts the lower end
  op.zero_point = 2;
  EXPECT_EQ(op.reach_of(-1, 6, false).scale, 6);
  EXPECT_EQ(op.reach_of(-20, 6, false).scale, 10);
  const FakeQuantize::Reach reach = op.reach_of(-3, 6, true);
  EXPECT_EQ(reach.scale, 3);
  EXPECT_EQ(reach.offset, -3);
  EXPECT_EQ(to(ElementType::int8()).reach_of(-1, 254, true).offset, 127);  // -128 * 1 + 127 = -1
}

TEST(FakeQuantize, TakesTheNearestPowerOfTwo) {
  FakeQuantize op = to(ElementType::int8());
  op.power_of_two = 1;
  EXPECT_EQ(op.effective_scale(0.25f), 0.25f);
  EXPECT_EQ(op.effective_scale(0.35f), 0.25f);  // below the square root of 1/8
  EXPECT_EQ(op.effective_scale(0.36f), 0.5f);
  op.power_of_two = 3;
  EXPECT_EQ(op.effective_scale(0.8f), 0.75f);
}

TEST(FakeQuantize, HasAUsableScaleWhateverTrainingMadeOfIt) {
  const FakeQuantize op = to(ElementType::int8());
  for (const float scale : {0.0f, -1.0f, std::numeric_limits<float>::quiet_NaN()}) EXPECT_EQ(op.effective_scale(scale), 0x1p-40f);
}

TEST(FakeQuantize, DorefaBoundsWeightsByATanhSoThatTheLargestIsTheLargestInteger) {
  FakeQuantize op = to(ElementType::integer(3, true));
  op.narrow = op.per_channel = true;
  op.estimator = Estimator::kDorefa;
  const Tensor w({2, 3}, {5, 0.5f, -0.1f, 0, 0, 0}), scales({2}, {0.5f, 1});
  const Tensor q = op.integers(w, scales, nullptr);
  const auto share = [](double x) { return static_cast<int>(std::nearbyint(3 * std::tanh(x) / std::tanh(5.0))); };
  EXPECT_THAT(q.integers(), ElementsAre(3, share(0.5), share(-0.1), 0, 0, 0));
  EXPECT_THAT(values_of(run(op, {w, scales})), ElementsAre(1.5f, 0.5f * static_cast<float>(share(0.5)), 0, 0, 0, 0));
}

TEST(FakeQuantize, RoundsToPowersOfTwoHalfwayBetweenThem) {
  FakeQuantize op = to(ElementType::integer(5, true));
  op.narrow = true;
  op.estimator = Estimator::kIncremental;
  // In steps of 1/8: 0, 1, 2, 4 and 8, which change at 1/2, 3/2, 3 and 6 (arXiv:1702.03044, equation 4).
  const Tensor x({3, 5}, {0.0624f, 0.0625f, 0.1874f, 0.1875f, 0.3749f, 0.375f, -0.7499f, -0.75f, 1.4f, 99, 0, -0.0625f, -0.01f, 0.25f, -1});
  EXPECT_THAT(op.integers(x, scalar(0.125f), nullptr).integers(), ElementsAre(0, 1, 1, 2, 2, 4, -4, -8, 8, 8, 0, -1, 0, 2, -8));
  EXPECT_EQ(op.power_of_two_level(std::numeric_limits<float>::infinity()), 8);
  EXPECT_EQ(op.power_of_two_level(std::numeric_limits<float>::quiet_NaN()), 0);
  op.element = ElementType::integer(2, true);  // 0 and 1 only
  EXPECT_THAT(op.integers(x, scalar(0.125f), nullptr).integers(), ElementsAre(0, 1, 1, 1, 1, 1, -1, -1, 1, 1, 0, -1, 0, 1, -1));
  op.element = ElementType::integer(3, true);  // and 2
  EXPECT_THAT(op.integers(x, scalar(0.125f), nullptr).integers(), ElementsAre(0, 1, 1, 2, 2, 2, -2, -2, 2, 2, 0, -1, 0, 2, -2));
}

TEST(FakeQuantize, FindsTheExponentToWhosePowerANumberIsRounded) {
  for (const int n : {-40, -3, 0, 5}) {
    EXPECT_EQ(exponent_of_rounded(std::ldexp(0.75f, n)), n);
    EXPECT_EQ(exponent_of_rounded(std::ldexp(1.0f, n)), n);
    EXPECT_EQ(exponent_of_rounded(std::nextafter(std::ldexp(1.5f, n), 0.0f)), n);
  }
}

TEST(FakeQuantize, TrainsItsScaleWhereTheEstimatorDoes) {
  for (const Estimator estimator : {Estimator::kStraightThrough, Estimator::kLsq, Estimator::kLsqPlus, Estimator::kPact, Estimator::kDorefa, Estimator::kIncremental}) {
    FakeQuantize op;
    op.estimator = estimator;
    const bool is_trained = estimator == Estimator::kLsq || estimator == Estimator::kLsqPlus || estimator == Estimator::kPact;
    EXPECT_EQ(op.operands()[1].role, is_trained ? OperandRole::kParameter : OperandRole::kStatistic) << to_string(estimator);
  }
}

/// What inferring says of a tensor 3x2 with `scales`.
std::string refusal_of(FakeQuantize op, Tensor scales) {
  try {
    run(op, {Tensor({3, 2}, std::vector<float>(6)), std::move(scales)});
    return {};
  } catch (const InputError& error) {
    return error.what();
  }
}

TEST(FakeQuantize, OfOneSignedBitGivesTheSignTimesTheScale) {
  const Tensor y = run(to(ElementType::bipolar()), {Tensor({2, 2}, {-3, -0.01f, 0, 7}), scalar(0.5f)});
  EXPECT_THAT(y.floats(), ElementsAre(-0.5f, -0.5f, 0.5f, 0.5f));
}

TEST(FakeQuantize, RefusesScalesAndTypesThatDoNotFit) {
  FakeQuantize op = to(ElementType::int8());
  EXPECT_THAT(refusal_of(op, Tensor({2}, {1, 1})), HasSubstr("node 'node' (FakeQuantize): scales 2 for a tensor 3x2; give scalar"));
  op.per_channel = true;
  EXPECT_THAT(refusal_of(op, Tensor({2}, {1, 1})), HasSubstr("scales 2 for a tensor 3x2; give 3"));
  EXPECT_THAT(refusal_of(to(ElementType::bipolar(), 1), scalar(1)),
              HasSubstr("zero point 1 lies outside bipolar; choose one that the type has"));
  op.observer_share = 0.1f;
  EXPECT_THAT(refusal_of(op, Tensor({3}, {1, 1, 1})), HasSubstr("observes a range that is learned, or one a channel"));
  op.observer_share = 0;
  op.group = 2;
  EXPECT_THAT(refusal_of(op, Tensor({3}, {1, 1, 1})), HasSubstr("scales 3 for a tensor 3x2; give 2"));
  op.estimator = Estimator::kDorefa;
  EXPECT_THAT(refusal_of(op, Tensor({2}, {1, 1})), HasSubstr("group = 2 of scales that are not per channel, or of dorefa; use 1"));
  EXPECT_THAT(refusal_of(to(ElementType::integer(17, true)), scalar(1)), HasSubstr("simulates int17"));
  EXPECT_THAT(refusal_of(to(ElementType::integer(2, true), 2), scalar(1)), HasSubstr("zero point 2 lies outside int2"));
}

}  // namespace
}  // namespace bitloom
