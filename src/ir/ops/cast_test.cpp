#include "ir/ops/cast.h"

#include <cmath>
#include <limits>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();

Cast to(ElementType element) {
  Cast op;
  op.element = element;
  return op;
}

TEST(Cast, CutsFloatsTowardsZero) {
  EXPECT_THAT(integers_of(run(to(ElementType::int32()), {Tensor({4}, {1.9f, -1.9f, 0.5f, -0.5f})})), ElementsAre(1, -1, 0, 0));
}

TEST(Cast, WrapsInTheTypeAndGivesEveryFloatAnInteger) {
  EXPECT_THAT(integers_of(run(to(ElementType::int8()), {Tensor({3}, {130, -129, kNaN})})), ElementsAre(-126, 127, 0));
  EXPECT_THAT(integers_of(run(to(ElementType::uint8()), {Tensor::int64({2}, {-1, 256})})), ElementsAre(255, 0));
  EXPECT_EQ(run(to(ElementType::int64()), {Tensor({3}, {kInfinity, -1e30f, 3e9f})}),
            Tensor::int64({3}, {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min(), 3'000'000'000}));
}

TEST(Cast, MakesTrueOfAllButZero) {
  EXPECT_THAT(integers_of(run(to(ElementType::boolean()), {Tensor({4}, {0, 0.25f, -7, kNaN})})), ElementsAre(0, 1, 1, 1));
  EXPECT_THAT(integers_of(run(to(ElementType::boolean()), {Tensor::int64({2}, {0, std::int64_t{1} << 40})})), ElementsAre(0, 1));
}

TEST(Cast, MakesFloatsOfIntegers) {
  EXPECT_THAT(values_of(run(Cast{}, {Tensor::int64({2}, {-3, 16'777'217})})), ElementsAre(-3, 16'777'216));
}

TEST(Cast, RefusesIntegersThatStandForReals) {
  EXPECT_THAT(refusal(Cast{}, {integers({4}, ElementType::int8())}), HasSubstr("is a quantized int8; put a Dequantize before it"));
}

TEST(RoundedTo, Float16TakesTheNearestValueTiesToEven) {
  const auto half = [](float x) { return rounded_to(x, FloatFormat::kFloat16); };
  EXPECT_EQ(half(1 + 0x1p-11f), 1);                // halfway to the next value, 1 + 2^-10
  EXPECT_EQ(half(1 + 3 * 0x1p-11f), 1 + 0x1p-9f);  // halfway, the upper one is even
  EXPECT_EQ(half(0.1f), 0.0999755859375f);
  EXPECT_EQ(half(65519), 65504);
  EXPECT_EQ(half(65520), kInfinity);
  EXPECT_EQ(half(-1e9f), -kInfinity);
  EXPECT_EQ(half(0x1p-24f), 0x1p-24f);     // the smallest subnormal number
  EXPECT_EQ(half(0x1.8p-24f), 0x1p-23f);
  EXPECT_EQ(half(0x1p-25f), 0);
  EXPECT_TRUE(std::signbit(half(-0.0f)));
  EXPECT_TRUE(std::isnan(half(kNaN)));
}

TEST(RoundedTo, Bfloat16KeepsTheExponentsOfFloat32) {
  const auto brain = [](float x) { return rounded_to(x, FloatFormat::kBfloat16); };
  EXPECT_EQ(brain(1 + 0x1p-8f), 1);
  EXPECT_EQ(brain(3.14159274f), 3.140625f);
  EXPECT_EQ(brain(1e38f), 0x1.2cp126f);
  EXPECT_EQ(brain(std::numeric_limits<float>::max()), kInfinity);
  EXPECT_EQ(brain(0x1p-133f), 0x1p-133f);
  EXPECT_EQ(brain(0x1p-134f), 0);
}

}  // namespace
}  // namespace bitloom
