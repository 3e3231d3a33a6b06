#include <cmath>

#include "ir/ops/op_test_support.h"
#include "ir/ops/quantization.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

/// Integers of scale 0.5 without their lowest two bits.
Trunc quarter(Rounding rounding, ElementType element = ElementType::int8()) {
  Trunc op;
  op.input = {{0.5f}, 0, -1};
  op.shift = 2;
  op.rounding = rounding;
  op.element = element;
  op.quantization = {{2}, 0, -1};
  return op;
}

TEST(Trunc, RoundsTheShiftedIntegerInEveryMode) {
  const Tensor x({6}, {-3, -1, -0.5f, 1, 3, 3.5f});  // -6, -2, -1, 2, 6, 7 quarters
  EXPECT_THAT(integers_of(run(quarter(Rounding::kFloor), {x})), ElementsAre(-2, -1, -1, 0, 1, 1));
  EXPECT_THAT(integers_of(run(quarter(Rounding::kCeil), {x})), ElementsAre(-1, 0, 0, 1, 2, 2));
  EXPECT_THAT(integers_of(run(quarter(Rounding::kHalfToEven), {x})), ElementsAre(-2, 0, 0, 0, 2, 2));
  EXPECT_THAT(integers_of(run(quarter(Rounding::kTowardsZero), {x})), ElementsAre(-1, 0, 0, 0, 1, 1));
  EXPECT_THAT(integers_of(run(quarter(Rounding::kHalfAwayFromZero), {x})), ElementsAre(-2, -1, 0, 1, 2, 2));
}

TEST(Trunc, FindsTheIntegerThatAnInexactProductStandsFor) {
  Trunc op = quarter(Rounding::kFloor, ElementType::int32());
  const float scale = 0.1f;
  op.input = {{scale}, 0, -1};
  for (std::int32_t q = -4000; q < 4000; q += 4) {
    const Tensor y = run(op, {Tensor({1}, {scale * static_cast<float>(q)})});
    ASSERT_EQ(y.integers()[0], q / 4) << q;  // a quotient just below q would be cut to one less
  }
}

TEST(Trunc, AddsTheZeroPointBeforeItRoundsAndSaturatesInTheNarrowRange) {
  Trunc op = quarter(Rounding::kFloor, ElementType::integer(2, true));
  op.input.zero_point = 1;
  EXPECT_THAT(integers_of(run(op, {Tensor({4}, {1.25f, 1.75f, -100, 100})})),
              ElementsAre(1, 1, -2, 1));  // 2.5 + 1 and 3.5 + 1 both go to 4
  op.narrow = true;
  EXPECT_THAT(integers_of(run(op, {Tensor({1}, {-100})})), ElementsAre(-1));
}

TEST(Trunc, TakesAScalePerChannel) {
  Trunc op = quarter(Rounding::kFloor);
  op.input = {{1, 0.5f}, 0, 1};
  op.quantization = {{4, 2}, 0, 1};
  const Tensor y = run(op, {Tensor({1, 2, 2}, {4, 9, 4, 9})});
  EXPECT_THAT(integers_of(y), ElementsAre(1, 2, 2, 4));
  EXPECT_THAT(values_of(run(Dequantize{}, {y})), ElementsAre(4, 8, 4, 8));
}

TEST(Trunc, RefusesWhatHasNoMeaning) {
  Trunc op = quarter(Rounding::kFloor);
  op.shift = 32;
  EXPECT_THAT(refusal(op, {floats({4})}), HasSubstr("drops 32 bits; drop 0 to 31"));
  EXPECT_THAT(refusal(quarter(Rounding::kFloor, ElementType::bipolar()), {floats({4})}), HasSubstr("cuts to "));
  EXPECT_THAT([] { run(quarter(Rounding::kFloor), {Tensor({1}, {std::nanf("")})}); },
              testing::ThrowsMessage<InputError>(HasSubstr("not a number")));
}

}  // namespace
}  // namespace bitloom
