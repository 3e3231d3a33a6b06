#include "ir/ops/rescaled_add.h"

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
  EXPECT_THAT(refusal(add_of(1, 1, 1), {x, integers({1, 5}, ElementType::int8())}), HasSubstr("adds 1x4 and 1x5; give both the same shape"));
  EXPECT_THAT(refusal(add_of(1, 1, 1), {x, integers({1, 4}, ElementType::int32())}), HasSubstr("adds int32; requantize to at most 16 bits"));
  EXPECT_THAT(refusal(add_of(1e6f, 1e-6f, 1), {x, x}), HasSubstr("are too far apart"));
}

}  // namespace
}  // namespace bitloom
