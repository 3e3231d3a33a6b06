#include "ir/ops/cast.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/random.h"
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

/// Every exponent and sign, with fractions at and beside the halves of what is dropped, and random ones.
std::vector<float> floats_of_every_kind() {
  std::vector<float> floats;
  RandomStream random({16});
  for (std::uint32_t head = 0; head < 512; ++head)
    for (const std::uint32_t fraction :
         {0x0u, 0x1u, 0xfffu, 0x1000u, 0x1001u, 0x2fffu, 0x3000u, 0x7fffu, 0x8000u, 0x8001u, 0x18000u, 0x7fefffu, 0x7ff000u, 0x7f8000u, 0x7fffffu,
          static_cast<std::uint32_t>(random.below(1u << 23)), static_cast<std::uint32_t>(random.below(1u << 23))})
      floats.push_back(std::bit_cast<float>(head << 23 | fraction));
  return floats;
}

TEST(Cast, ToNarrowFloatsIsRoundedToOfEveryElement) {
  const std::vector<float> x = floats_of_every_kind();
  for (const FloatFormat format : {FloatFormat::kFloat16, FloatFormat::kBfloat16}) {
    Cast cast;
    cast.format = format;
    const Tensor y = run(cast, {Tensor({static_cast<std::int64_t>(x.size())}, std::vector<float>(x))});
    for (std::size_t i = 0; i < x.size(); ++i)
      ASSERT_EQ(std::bit_cast<std::uint32_t>(y.floats()[i]), std::bit_cast<std::uint32_t>(rounded_to(x[i], format))) << x[i] << ' ' << to_string(format);
  }
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
