#include "passes/quantize/activation_format.h"

#include <gtest/gtest.h>

#include <cmath>

#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;

QuantizeOptions options_with(int bits, bool is_unsigned, bool symmetric, bool power_of_two) {
  QuantizeOptions options;
  options.activation_bits = bits;
  options.unsigned_activations = is_unsigned;
  options.symmetric_activations = symmetric;
  options.power_of_two = power_of_two;
  return options;
}

bool is_power_of_two(float x) {
  int exponent = 0;
  return std::frexp(x, &exponent) == 0.5f;
}

TEST(ActivationFormat, CoversTheRangeToHalfAStepAndHoldsZeroExactly) {
  for (int bits = 2; bits <= 8; ++bits)
    for (int flags = 0; flags < 8; ++flags)
      for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const QuantizeOptions options = options_with(bits, flags & 1, flags & 2, flags & 4);
        RandomStream random({seed});
        const ValueRange range{static_cast<float>(-random.uniform() * static_cast<double>(random.below(2)) * 10),
                               static_cast<float>(random.uniform() * 10)};
        const ActivationFormat format = activation_format(range, options);
        SCOPED_TRACE(testing::Message() << "bits " << bits << " flags " << flags << " seed " << seed);
        ASSERT_EQ(format.element.bits, bits);
        ASSERT_GE(format.zero_point, format.element.min());
        ASSERT_LE(format.zero_point, format.element.max());
        const double low = format.scale * static_cast<double>(format.element.min() - format.zero_point),
                     high = format.scale * static_cast<double>(format.element.max() - format.zero_point);
        ASSERT_LE(low, range.low + 0.5001 * format.scale);
        ASSERT_GE(high, range.high - 0.5001 * format.scale);
        if (options.symmetric_activations) {
          ASSERT_EQ(format.zero_point, 0);
        }
        if (options.power_of_two) {
          ASSERT_TRUE(is_power_of_two(format.scale));
        }
      }
}

TEST(ActivationFormat, ASymmetricValueIsUnsignedOnlyWhenNothingIsNegative) {
  const QuantizeOptions options = options_with(8, /*is_unsigned=*/true, /*symmetric=*/true, false);
  EXPECT_EQ(activation_format({0, 1}, options).element, ElementType::uint8());
  EXPECT_EQ(activation_format({-0.01f, 1}, options).element, ElementType::int8());
}

TEST(ActivationFormat, APowerOfTwoIsTheSmallestThatKeepsTheRange) {
  const QuantizeOptions options = options_with(8, true, false, true);
  EXPECT_EQ(activation_format({0, 255}, options).scale, 1);
  EXPECT_EQ(activation_format({0, 256}, options).scale, 2);
  EXPECT_EQ(activation_format({0, 128}, options).scale, 1);
  EXPECT_EQ(activation_format({0, 127}, options).scale, 0.5f);
}

TEST(ActivationFormat, AConstantZeroGetsAUsableScale) {
  for (int flags = 0; flags < 8; ++flags) {
    const ActivationFormat format = activation_format({}, options_with(8, flags & 1, flags & 2, flags & 4));
    EXPECT_EQ(format.scale, 1);
    EXPECT_EQ(activation_format({0, 1e-44f}, options_with(8, flags & 1, flags & 2, flags & 4)).scale, 1);
  }
}

Graph image_network(Preprocessing preprocessing, int channels = 1) {
  RandomStream random({1});
  Graph graph = Builder(random, {1, channels, 4, 4}).conv(2, 3).finish();
  graph.preprocessing = std::move(preprocessing);
  return graph;
}

TEST(PixelFormat, ARawPixelIsItsOwnQuantizedValue) {
  const auto format = pixel_format(image_network({}), {});
  ASSERT_TRUE(format);
  EXPECT_EQ(format->scale, 1.0f / 255);
  EXPECT_EQ(format->zero_point, 0);
  EXPECT_EQ(format->element, ElementType::uint8());
}

TEST(PixelFormat, AMeanBecomesTheZeroPointEvenBetweenTwoIntegers) {
  const auto format = pixel_format(image_network({0, 1, {0.1307f}, {0.3081f}}), {});  // 33.3 pixels: MNIST as many train on it
  ASSERT_TRUE(format);
  EXPECT_EQ(format->zero_point, 33);
  EXPECT_NEAR(format->scale, 1 / 255.0 / 0.3081, 1e-8);
}

TEST(PixelFormat, AcceptsColourWhoseChannelsShareMeanAndDeviation) {
  EXPECT_TRUE(pixel_format(image_network({0, 1, {0.4f, 0.4f, 0.4f}, {0.2f, 0.2f, 0.2f}}, 3), {}));
  EXPECT_FALSE(pixel_format(image_network({0, 1, {0.48f, 0.45f, 0.41f}, {0.2f, 0.2f, 0.2f}}, 3), {}));
  EXPECT_FALSE(pixel_format(image_network({0, 1, {0.4f, 0.4f, 0.4f}, {0.2f, 0.3f, 0.2f}}, 3), {}));
}

TEST(PixelFormat, RefusesAZeroHalfWayBetweenPixelsAndOutsideThem) {
  EXPECT_FALSE(pixel_format(image_network({-1, 1, {}, {}}), {}));  // 127.5: half of all pixels would round to another one
  EXPECT_FALSE(pixel_format(image_network({0, 1, {2}, {1}}), {}));
  EXPECT_FALSE(pixel_format(image_network({1, 0, {}, {}}), {}));
}

TEST(PixelFormat, ANonZeroZeroPointIsNotSymmetric) {
  EXPECT_FALSE(pixel_format(image_network({0, 1, {0.5f}, {}}), options_with(8, true, true, false)));
  EXPECT_TRUE(pixel_format(image_network({}), options_with(8, true, true, false)));
}

TEST(PixelFormat, WithPowersOfTwoItsScaleHasAnExactReciprocal) {
  const QuantizeOptions options = options_with(8, true, false, true);
  for (const Preprocessing& p :
       {Preprocessing{}, Preprocessing{0, 1, {0.1307f}, {0.3081f}}, Preprocessing{0, 255, {}, {}}, Preprocessing{0, 2, {0.3f}, {0.7f}}}) {
    const auto format = pixel_format(image_network(p), options);
    ASSERT_TRUE(format);
    const auto reciprocal = exact_reciprocal(format->scale);
    ASSERT_TRUE(reciprocal);
    EXPECT_EQ(format->scale * *reciprocal, 1.0f);
    EXPECT_NEAR(format->scale, (p.high - p.low) / 255.0 / (p.std.empty() ? 1.0 : p.std[0]), 1e-6 * format->scale);
  }
}

TEST(RoundUpToPowerOfTwo, IsTheIdentityOnPowersOfTwo) {
  EXPECT_EQ(round_up_to_power_of_two(0.25f), 0.25f);
  EXPECT_EQ(round_up_to_power_of_two(std::nextafter(0.25f, 1.0f)), 0.5f);
  EXPECT_EQ(round_up_to_power_of_two(3), 4);
}

}  // namespace
}  // namespace bitloom
