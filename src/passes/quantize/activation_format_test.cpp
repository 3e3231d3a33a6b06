#include "passes/quantize/activation_format.h"

#include <gtest/gtest.h>

#include <algorithm>
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

/// A value that was seen once at either end and evenly between.
Histogram even(ValueRange range) {
  std::vector<float> values{range.low, range.high};
  for (int i = 1; i < 1000; ++i) values.push_back(range.low + (range.high - range.low) * static_cast<float>(i) / 1000);
  Histogram histogram;
  histogram.observe(values);
  return histogram;
}

bool is_power_of_two(float x) {
  int exponent = 0;
  return std::frexp(x, &exponent) == 0.5f;
}

TEST(ActivationFormat, CoversTheRangeToHalfAStepAndHoldsZeroExactly) {
  for (int bits = 2; bits <= 16; ++bits)
    for (int flags = 0; flags < 8; ++flags)
      for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const QuantizeOptions options = options_with(bits, flags & 1, flags & 2, flags & 4);
        RandomStream random({seed});
        const ValueRange range{static_cast<float>(-random.uniform() * static_cast<double>(random.below(2)) * 10),
                               static_cast<float>(random.uniform() * 10)};
        const ActivationFormat format = activation_format(even(range), options);
        SCOPED_TRACE(testing::Message() << "bits " << bits << " flags " << flags << " seed " << seed);
        ASSERT_EQ(format.element.bits, bits);
        ASSERT_GE(format.zero_point, format.element.min());
        ASSERT_LE(format.zero_point, format.element.max());
        if (options.symmetric_activations) {
          ASSERT_EQ(format.zero_point, 0);
        }
        if (bits != 8) {
          ASSERT_EQ(format.zero_point % 2, 0);  // or QONNX has no word for it
        }
        if (options.power_of_two) {
          ASSERT_TRUE(is_power_of_two(format.scale));
          continue;  // may saturate: see below
        }
        const double low = format.scale * static_cast<double>(format.element.min() - format.zero_point),
                     high = format.scale * static_cast<double>(format.element.max() - format.zero_point);
        ASSERT_LE(low, range.low + 0.5001 * format.scale);
        ASSERT_GE(high, range.high - 0.5001 * format.scale);
      }
}

TEST(CoveringFormat, TakesALowEndOfLessThanHalfAStepForZero) {
  for (const bool is_signed : {false, true})
    for (int bits = 2; bits <= 16; ++bits)
      for (const float low : {-1e-20f, -1e-6f, -0.3f, -0.5f}) {
        SCOPED_TRACE(testing::Message() << bits << " bits, low " << low);
        if (bits == 8) continue;  // any zero point will do, so the scale is that of the whole range
        const ElementType element = ElementType::integer(bits, is_signed);
        const auto levels = static_cast<float>(element.max() - element.min());
        const ActivationFormat format = covering_format({low, levels}, element);
        EXPECT_EQ(format.zero_point, element.min());
        EXPECT_EQ(format.scale, 1);
      }
}

/// Squared error of values that become the nearer of two.
double error_of_two(const std::vector<float>& values, double low, double high) {
  double sum = 0;
  for (const float x : values) sum += std::min(std::pow(x - low, 2), std::pow(x - high, 2));
  return sum;
}

TEST(ActivationFormat, OneBitOfWhatIsNeverNegativeIs0Or1OfTheLeastSquaredErrorWhateverTheCalibration) {
  RandomStream random({4});
  std::vector<float> values{9};  // far out: covering it would make 0 of most
  for (int i = 0; i < 2000; ++i) values.push_back(std::max(0.0f, static_cast<float>(random.normal())));
  Histogram histogram;
  histogram.observe(values);
  for (const Calibration calibration : {Calibration::kMinMax, Calibration::kPercentile, Calibration::kEntropy}) {
    QuantizeOptions options = options_with(1, /*is_unsigned=*/false, false, false);
    options.calibration = calibration;
    const ActivationFormat format = activation_format(histogram, options);
    EXPECT_EQ(format.element, ElementType::integer(1, false));
    EXPECT_EQ(format.zero_point, 0);
    double best = 1e30;
    for (double scale = 0.02; scale < 9; scale *= 1.02) best = std::min(best, error_of_two(values, 0, scale));
    EXPECT_LE(error_of_two(values, 0, format.scale), best * 1.01);
  }
}

TEST(ActivationFormat, OneBitOfWhatMayBeNegativeIsASignTimesTheMeanMagnitude) {
  RandomStream random({5});
  std::vector<float> values;
  double sum = 0;
  for (int i = 0; i < 5000; ++i) sum += std::abs(values.emplace_back(static_cast<float>(random.normal() * 3)));
  Histogram histogram;
  histogram.observe(values);
  const ActivationFormat format = activation_format(histogram, options_with(1, true, false, false));
  EXPECT_EQ(format.element, ElementType::bipolar());
  EXPECT_NEAR(format.scale, sum / 5000, 0.005);
  EXPECT_EQ(activation_format(histogram, options_with(1, true, false, true)).scale, 2);  // of 2 and 4, the nearer to 2.4
}

TEST(ActivationFormat, ASymmetricValueIsUnsignedOnlyWhenNothingIsNegative) {
  const QuantizeOptions options = options_with(8, /*is_unsigned=*/true, /*symmetric=*/true, false);
  EXPECT_EQ(activation_format(even({0, 1}), options).element, ElementType::uint8());
  EXPECT_EQ(activation_format(even({-0.01f, 1}), options).element, ElementType::int8());
}

TEST(ActivationFormat, APowerOfTwoKeepsTheRangeOrSaturatesWhereThatIsTheSmallerError) {
  const QuantizeOptions eight = options_with(8, true, false, true);
  EXPECT_EQ(activation_format(even({0, 255}), eight).scale, 1);
  EXPECT_EQ(activation_format(even({0, 500}), eight).scale, 2);  // spread evenly, saturating half of it would cost far more
  std::vector<float> mostly_small(1000, 0.6f);
  mostly_small.push_back(4);
  Histogram values;
  values.observe(mostly_small);
  const QuantizeOptions two = options_with(2, true, false, true);  // 4 / 3 lies between 1 and 2
  EXPECT_EQ(activation_format(values, two).scale, 1);              // 4 becomes 3, and 0.6 becomes 1, not 0
  mostly_small.assign(1000, 3.9f);
  values.observe(mostly_small);
  EXPECT_EQ(activation_format(values, two).scale, 2);  // 3.9 becomes 4, not 3
}

TEST(ActivationFormat, APowerOfTwoIsOneOfTheTwoNextToTheScaleThatCovers) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    RandomStream random({seed});
    const int bits = between(random, 2, 8);
    std::vector<float> normal(500);
    for (float& v : normal) v = static_cast<float>(random.normal());
    Histogram values;
    values.observe(normal);
    const float free = activation_format(values, options_with(bits, true, false, false)).scale;
    const float power = activation_format(values, options_with(bits, true, false, true)).scale;
    EXPECT_GT(power, free / 2) << "seed " << seed;
    EXPECT_LT(power, free * 2) << "seed " << seed;
  }
}

TEST(CalibratedRange, PercentileLeavesOutHalfOfTheRestAtEitherEnd) {
  QuantizeOptions options;
  EXPECT_EQ(calibrated_range(even({-10, 10}), options).high, 10);
  options.calibration = Calibration::kPercentile;
  options.percentile = 90;
  const ValueRange range = calibrated_range(even({-10, 10}), options);
  EXPECT_NEAR(range.low, -9, 0.05);
  EXPECT_NEAR(range.high, 9, 0.05);
}

/// Two thousand values of a bell and one far away.
Histogram bell_with_outlier() {
  RandomStream random({7});
  std::vector<float> values{40};
  for (int i = 0; i < 2000; ++i) values.push_back(static_cast<float>(random.normal()));
  Histogram histogram;
  histogram.observe(values);
  return histogram;
}

double error_of(const Histogram& values, const QuantizeOptions& options) {
  const ActivationFormat f = activation_format(values, options);
  return values.squared_error(f.scale, f.element.min() - f.zero_point, f.element.max() - f.zero_point);
}

TEST(CalibratedRange, OfTheLeastSquaredErrorBeatsEveryOtherChoice) {
  constexpr double kSlack = 1.02;  // the ranges that are tried are 4 % apart
  const Histogram values = bell_with_outlier();
  for (const int bits : {2, 3, 4, 6, 8})
    for (const bool symmetric : {false, true}) {
      QuantizeOptions options = options_with(bits, true, symmetric, false);
      options.calibration = Calibration::kSquaredError;
      const double least = error_of(values, options);
      for (const Calibration other : {Calibration::kMinMax, Calibration::kMovingAverage, Calibration::kEntropy}) {
        options.calibration = other;
        EXPECT_LE(least, kSlack * error_of(values, options)) << bits << " bits";
      }
      options.calibration = Calibration::kPercentile;
      for (const double percentile : {99.0, 99.9, 99.99}) {
        options.percentile = percentile;
        EXPECT_LE(least, kSlack * error_of(values, options)) << bits << " bits, " << percentile;
      }
    }
}

TEST(CalibratedRange, OfTheLeastSquaredErrorCutsMoreOffWithFewerBits) {
  const Histogram values = bell_with_outlier();
  std::vector<float> highs;
  for (const int bits : {2, 4, 6, 8}) {
    QuantizeOptions options = options_with(bits, true, true, false);
    options.calibration = Calibration::kSquaredError;
    highs.push_back(calibrated_range(values, options).high);
  }
  EXPECT_TRUE(std::is_sorted(highs.begin(), highs.end()));
  EXPECT_LT(highs.front(), 5);
  EXPECT_EQ(highs.back(), 40);  // 8 bits have room for the one far away, too
}

TEST(CalibratedRange, OfTheLeastDivergenceKeepsTheBellAndDropsTheOutlier) {
  QuantizeOptions options = options_with(4, true, true, false);
  options.calibration = Calibration::kEntropy;
  const ValueRange range = calibrated_range(bell_with_outlier(), options);
  EXPECT_GT(range.high, 1.5);
  EXPECT_LT(range.high, 8);
  EXPECT_LT(range.low, -1.5);
  EXPECT_GT(calibrated_range(even({-10, 10}), options).high, 9.9);  // nothing to drop where all magnitudes are as frequent
}

TEST(CalibratedRange, AveragesTheExtremesOfImages) {
  Histogram values;
  values.observe(std::vector<float>{-1, 2});
  values.observe(std::vector<float>{3, 12});
  QuantizeOptions options;
  options.calibration = Calibration::kMovingAverage;
  EXPECT_FLOAT_EQ(calibrated_range(values, options).low, -0.99f);  // the second image's least value is 0, which every range holds
  EXPECT_FLOAT_EQ(calibrated_range(values, options).high, 2.1f);
}

TEST(CalibratedRange, OfNothingButZerosIsZeroForEveryCalibration) {
  Histogram values;
  values.observe(std::vector<float>(10, 0.0f));
  for (const Calibration calibration : {Calibration::kMinMax, Calibration::kMovingAverage, Calibration::kPercentile, Calibration::kSquaredError,
                                        Calibration::kEntropy}) {
    QuantizeOptions options;
    options.calibration = calibration;
    EXPECT_EQ(calibrated_range(values, options).low, 0);
    EXPECT_EQ(calibrated_range(values, options).high, 0);
  }
}

TEST(ActivationFormat, AConstantZeroGetsAUsableScale) {
  for (int flags = 0; flags < 8; ++flags) {
    const QuantizeOptions options = options_with(8, flags & 1, flags & 2, flags & 4);
    EXPECT_EQ(activation_format(even({0, 0}), options).scale, 1);
    EXPECT_EQ(activation_format(even({0, 1e-44f}), options).scale, 1);
    EXPECT_EQ(activation_format(Histogram(), options).scale, 1);
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
