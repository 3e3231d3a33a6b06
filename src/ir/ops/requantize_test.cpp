#include <cmath>
#include <limits>

#include "ir/ops/op_test_support.h"
#include "ir/ops/quantization.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;
__extension__ using Wide = __int128;

constexpr std::int64_t kInt32Min = std::numeric_limits<std::int32_t>::min(), kInt32Max = std::numeric_limits<std::int32_t>::max();

/// Whether y is acc * multiplier / 2^shift rounded as `rounding` says, decided by comparing exact rationals over the denominator
/// 2^(shift+1).
bool is_rounded(std::int64_t acc, std::int64_t multiplier, int shift, Rounding rounding, std::int64_t y) {
  const Wide twice_product = Wide{acc} * multiplier * 2, unit = Wide{1} << shift;  // a half of 2^(shift+1)
  const Wide distance = twice_product - Wide{y} * 2 * unit;                        // (value - y) * 2^(shift+1)
  switch (rounding) {
    case Rounding::kFloor:
      return 0 <= distance && distance < 2 * unit;
    case Rounding::kHalfUp:
      return -unit <= distance && distance < unit;
    case Rounding::kHalfToEven:
      return -unit <= distance && distance <= unit && ((distance != unit && distance != -unit) || y % 2 == 0);
    default:  // only Quantize rounds in other ways
      return false;
  }
}

constexpr Rounding kRoundings[] = {Rounding::kHalfToEven, Rounding::kHalfUp, Rounding::kFloor};

TEST(MultiplyShiftRound, RoundsTiesAsNamed) {
  // value: -2.5 -1.5 -0.5 0.5 1.5 2.5
  const std::int64_t even[] = {-2, -2, 0, 0, 2, 2}, up[] = {-2, -1, 0, 1, 2, 3}, floor[] = {-3, -2, -1, 0, 1, 2};
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(multiply_shift_round(2 * i - 5, 1, 1, Rounding::kHalfToEven), even[i]);
    EXPECT_EQ(multiply_shift_round(2 * i - 5, 1, 1, Rounding::kHalfUp), up[i]);
    EXPECT_EQ(multiply_shift_round(2 * i - 5, 1, 1, Rounding::kFloor), floor[i]);
  }
}

TEST(MultiplyShiftRound, IsExactAtExtremesForEveryShiftAndRounding) {
  for (const std::int64_t acc : {kInt32Min, kInt32Min + 1, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, kInt32Max - 1, kInt32Max})
    for (const std::int64_t multiplier :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{3}, std::int64_t{1} << 30, kInt32Max - 1, kInt32Max})
      for (int shift = 0; shift <= 62; ++shift)
        for (const Rounding rounding : kRoundings) {
          const std::int64_t y = multiply_shift_round(acc, multiplier, shift, rounding);
          ASSERT_TRUE(is_rounded(acc, multiplier, shift, rounding, y))
              << acc << " * " << multiplier << " >> " << shift << " " << to_string(rounding) << ": " << y;
        }
}

TEST(MultiplyShiftRound, IsExactAroundEveryTie) {
  RandomStream random({1});
  for (int trial = 0; trial < 20000; ++trial) {
    const int shift = 1 + static_cast<int>(random.below(40));
    const std::int64_t multiplier = 1 + static_cast<std::int64_t>(random.below(1u << 12));
    // The accumulator nearest to a value (k + 1/2), and its neighbours; with multiplier 1 the tie itself.
    const std::int64_t k = static_cast<std::int64_t>(random.below(256)) - 128;
    const std::int64_t tie = static_cast<std::int64_t>(
        std::llround(std::ldexp(static_cast<double>(k) + 0.5, shift) / static_cast<double>(trial % 2 ? multiplier : 1)));
    for (std::int64_t acc = tie - 1; acc <= tie + 1; ++acc) {
      if (acc < kInt32Min || acc > kInt32Max) continue;
      for (const Rounding rounding : kRoundings) {
        const std::int64_t m = trial % 2 ? multiplier : 1, y = multiply_shift_round(acc, m, shift, rounding);
        ASSERT_TRUE(is_rounded(acc, m, shift, rounding, y))
            << acc << " * " << m << " >> " << shift << " " << to_string(rounding) << ": " << y;
      }
    }
  }
}

TEST(MultiplyShiftRound, IsExactOnRandomOperands) {
  for (std::uint64_t seed = 1; seed <= 100000; ++seed) {
    RandomStream random({seed});
    const std::int64_t acc = static_cast<std::int64_t>(random.next() & 0xFFFFFFFFu) + kInt32Min;
    const auto multiplier = static_cast<std::int64_t>(random.below(std::uint64_t{1} << 31));
    const int shift = static_cast<int>(random.below(63));
    for (const Rounding rounding : kRoundings)
      ASSERT_TRUE(is_rounded(acc, multiplier, shift, rounding, multiply_shift_round(acc, multiplier, shift, rounding))) << "seed " << seed;
  }
}

TEST(FixedMultiplier, HoldsTheFloatExactlyWithAnOddMultiplier) {
  for (std::uint64_t seed = 1; seed <= 20000; ++seed) {
    RandomStream random({seed});
    const float m = std::ldexp(static_cast<float>(random.uniform(0.5, 1.0)), static_cast<int>(random.below(60)) - 37);
    const FixedMultiplier fixed = fixed_multiplier(m);
    ASSERT_EQ(std::ldexp(static_cast<double>(fixed.multiplier), -fixed.shift), double{m}) << "seed " << seed;
    ASSERT_LT(fixed.multiplier, std::int64_t{1} << 31);
    ASSERT_TRUE(fixed.multiplier % 2 == 1 || fixed.shift == 0) << "seed " << seed;
  }
}

TEST(FixedMultiplier, APowerOfTwoIsAShift) {
  for (int shift = 0; shift <= 62; ++shift) EXPECT_EQ(fixed_multiplier(std::ldexp(1.0f, -shift)), (FixedMultiplier{1, shift}));
  EXPECT_EQ(fixed_multiplier(0.75f), (FixedMultiplier{3, 2}));
  EXPECT_EQ(fixed_multiplier(8.0f), (FixedMultiplier{8, 0}));
  EXPECT_EQ(fixed_multiplier(std::ldexp(1.0f, 30)), (FixedMultiplier{1 << 30, 0}));
}

TEST(FixedMultiplier, RefusesWhatItCannotHold) {
  for (const float m : {0.0f, -1.0f, std::nanf(""), std::numeric_limits<float>::infinity(), std::ldexp(1.0f, 31), std::ldexp(1.0f, -63),
                        std::ldexp(1.25f, -62)})
    EXPECT_THROW(fixed_multiplier(m), InputError) << m;
}

Requantize requantize(std::vector<FixedMultiplier> factors, std::int32_t zero_point = 0) {
  Requantize op;
  op.factors = std::move(factors);
  op.quantization = {{1}, zero_point, -1};
  return op;
}

TEST(Requantize, ScalesRoundsAddsTheZeroPointAndClamps) {
  Requantize op = requantize({{3, 2}}, 5);
  op.low = 5;
  op.high = 100;
  const Tensor acc(integers({1, 5}, ElementType::int32()), {-100, 2, 6, 100, 1000});
  EXPECT_THAT(integers_of(run(op, {acc})), ElementsAre(5, 5 + 2, 5 + 4, 5 + 75, 100));  // 1.5 -> 2, 4.5 -> 4
  op.rounding = Rounding::kHalfUp;
  EXPECT_THAT(integers_of(run(op, {acc})), ElementsAre(5, 5 + 2, 5 + 5, 5 + 75, 100));
  op.rounding = Rounding::kFloor;
  EXPECT_THAT(integers_of(run(op, {acc})), ElementsAre(5, 5 + 1, 5 + 4, 5 + 75, 100));
}

TEST(Requantize, UsesAFactorPerChannelForEveryImage) {
  const Tensor acc(integers({2, 2, 1, 2}, ElementType::int32()), {8, 16, 8, 16, 24, 32, 24, 32});
  EXPECT_THAT(integers_of(run(requantize({{1, 0}, {1, 3}}), {acc})), ElementsAre(8, 16, 1, 2, 24, 32, 3, 4));
}

TEST(Requantize, RefusesWhatHasNoMeaning) {
  const TensorType acc = integers({1, 3, 2, 2}, ElementType::int32());
  EXPECT_EQ(refusal(requantize({{1, 0}, {1, 1}}), {acc}),
            "test: node 'node' (Requantize): 2 factors for an accumulator 1x3x2x2; give one, or one per channel");
  EXPECT_THAT(refusal(requantize({{1, 63}}), {acc}), HasSubstr("factor 1 / 2^63"));
  EXPECT_THAT(refusal(requantize({{std::int64_t{1} << 31, 0}}), {acc}), HasSubstr("factor 2147483648 / 2^0"));
  EXPECT_THAT(refusal(requantize({{1, 0}}), {floats({1, 3})}), HasSubstr("operand 'acc' is float32"));
  Requantize narrow = requantize({{1, 0}});
  narrow.element = ElementType::integer(4, true);
  EXPECT_THAT(refusal(narrow, {acc}), HasSubstr("clamps to -128..127, int4 holds -8..7"));
}

}  // namespace
}  // namespace bitloom
