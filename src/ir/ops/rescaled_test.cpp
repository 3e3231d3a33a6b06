#include "ir/ops/rescaled.h"

#include <cmath>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

RescaledAdd add_of(float a, float b, float y, std::int32_t zero_point = 0) {
  RescaledAdd op;
  op.factors = {fixed_multiplier(a / y), fixed_multiplier(b / y)};
  op.quantization = {{y}, zero_point, -1};
  return op;
}

Tensor int8s(std::vector<std::int32_t> values, float scale, std::int32_t zero_point = 0) {
  const auto count = static_cast<std::int64_t>(values.size());
  return Tensor(integers({1, count}, ElementType::int8(), {scale}, zero_point), std::move(values));
}

TEST(RescaledAdd, AddsWhatTheIntegersStandForAndRoundsOnce) {
  // 0.5 a + 0.25 b in steps of 1: halves go to the even neighbour, and two halves of a step make one.
  const Tensor a = int8s({1, 3, 1, -1, 127}, 0.5f), b = int8s({0, 0, 2, -2, 127}, 0.25f);
  EXPECT_THAT(integers_of(run(add_of(0.5f, 0.25f, 1), {a, b})), ElementsAre(0, 2, 1, -1, 95));
}

TEST(RescaledAdd, SubtractsItsOperandsZeroPointsAndAddsItsOwn) {
  const Tensor a = int8s({10, 11}, 1, 10), b = int8s({-5, -3}, 1, -5);
  EXPECT_THAT(integers_of(run(add_of(1, 1, 1, 7), {a, b})), ElementsAre(7, 10));
}

TEST(RescaledAdd, SaturatesAtItsRange) {
  RescaledAdd op = add_of(1, 1, 1, 3);
  op.low = 3;
  EXPECT_THAT(integers_of(run(op, {int8s({-9, 100}, 1), int8s({1, 100}, 1)})), ElementsAre(3, 127));
}

TEST(RescaledAdd, IsExactForRandomScales) {
  RandomStream random({5});
  for (int trial = 0; trial < 200; ++trial) {
    const auto scale = [&] { return static_cast<float>(std::exp(random.uniform(-6, 2))); };
    const float sa = scale(), sb = scale(), sy = scale();
    const RescaledAdd op = add_of(sa, sb, sy, static_cast<std::int32_t>(random.below(11)) - 5);
    const Tensor a = random_integers(random, integers({1, 20}, ElementType::int8(), {sa}, 4)),
                 b = random_integers(random, integers({1, 20}, ElementType::int8(), {sb}, -7));
    const Tensor y = run(op, {a, b});
    for (std::size_t i = 0; i < 20; ++i) {
      // Ratios of float32 are doubles without error here, and so is their sum to well below half a step.
      const long double sum = static_cast<long double>(sa / sy) * (a.integers()[i] - 4) + static_cast<long double>(sb / sy) * (b.integers()[i] + 7);
      const long double expected = std::fmin(std::fmax(std::nearbyint(sum) + op.quantization.zero_point, -128.0L), 127.0L);
      ASSERT_EQ(static_cast<long double>(y.integers()[i]), expected) << sum << " trial " << trial;
    }
  }
}

TEST(RescaledAdd, RefusesWhatItCannotAdd) {
  const TensorType x = integers({1, 4}, ElementType::int8());
  EXPECT_THAT(refusal(add_of(1, 1, 1), {x, integers({1, 5}, ElementType::int8())}), HasSubstr("1x4"));
  EXPECT_THAT(refusal(add_of(1, 1, 1), {x, integers({1, 4}, ElementType::int32())}), HasSubstr("is int32; requantize to at most 16 bits"));
  EXPECT_THAT(refusal(add_of(1e6f, 1e-6f, 1), {x, x}), HasSubstr("are too far apart"));
}

TEST(RescaledAdd, RepeatsAnOperandThatIsOneNumberAChannel) {
  const Tensor map(integers({1, 2, 1, 2}, ElementType::int8()), {1, 2, 3, 4}), shift(integers({1, 2, 1, 1}, ElementType::int8()), {10, 20});
  EXPECT_THAT(integers_of(run(add_of(1, 1, 1), {map, shift})), ElementsAre(11, 12, 23, 24));
}

RescaledMul mul_of(float a, float b, float y, std::int32_t zero_point = 0) {
  RescaledMul op;
  op.factor = fixed_multiplier(a * b / y);
  op.quantization = {{y}, zero_point, -1};
  return op;
}

TEST(RescaledMul, MultipliesWhatTheIntegersStandForAndRoundsOnce) {
  // 0.5 a * 0.5 b in steps of 1/2: a product of integers is halved, and halves go to the even neighbour.
  const Tensor a = int8s({13, 11, 15, 110, -118}, 0.5f, 10), b = int8s({1, 1, 1, 2, 2}, 0.5f);
  EXPECT_THAT(integers_of(run(mul_of(0.5f, 0.5f, 0.5f, 3), {a, b})), ElementsAre(3 + 2, 3 + 0, 3 + 2, 3 + 100, -125));
}

TEST(RescaledMul, GatesTheChannelsOfAMap) {
  const Tensor map(integers({1, 2, 1, 2}, ElementType::int8()), {1, 2, 3, 4}), gate(integers({1, 2, 1, 1}, ElementType::int8()), {10, -5});
  EXPECT_THAT(integers_of(run(mul_of(1, 1, 1), {map, gate})), ElementsAre(10, 20, -15, -20));
}

TEST(RescaledMul, IsExactForRandomScalesAndWidths) {
  RandomStream random({6});
  for (int trial = 0; trial < 200; ++trial) {
    const auto scale = [&] { return static_cast<float>(std::exp(random.uniform(-6, 2))); };
    const ElementType wide = ElementType::integer(8 + static_cast<int>(random.below(9)), true);
    const Tensor a = random_integers(random, integers({1, 20}, wide, {scale()}, 4)), b = random_integers(random, integers({1, 20}, ElementType::int8(), {scale()}, -7));
    const RescaledMul op = mul_of(a.type().quantization->scales[0], b.type().quantization->scales[0], scale());
    const Tensor y = run(op, {a, b});
    for (std::size_t i = 0; i < 20; ++i) {
      // The exact quotient has at most 26 + 24 bits, which a long double holds.
      const long double exact = std::ldexp(static_cast<long double>(op.factor.multiplier), -op.factor.shift) * (a.integers()[i] - 4) * (b.integers()[i] + 7);
      ASSERT_EQ(static_cast<long double>(y.integers()[i]), std::fmin(std::fmax(std::nearbyint(exact), -128.0L), 127.0L)) << exact << " trial " << trial;
    }
  }
}

TEST(RescaledMul, RefusesMoreBitsThanItsProductHolds) {
  const TensorType x = integers({1, 4}, ElementType::integer(16, true));
  EXPECT_THAT(refusal(mul_of(1, 1, 1), {x, x}), HasSubstr("multiplies int16 by int16; requantize to at most 28 bits together"));
}

}  // namespace
}  // namespace bitloom
