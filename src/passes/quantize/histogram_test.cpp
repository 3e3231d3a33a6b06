#include "passes/quantize/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace bitloom {
namespace {

Histogram histogram_of(const std::vector<std::vector<float>>& batches) {
  Histogram histogram;
  for (const auto& batch : batches) histogram.observe(batch);
  return histogram;
}

TEST(Histogram, TheExtremesCoverEveryValueAndZero) {
  const ValueRange both = histogram_of({{1, -3}, {5}}).extremes();
  EXPECT_EQ(both.low, -3);
  EXPECT_EQ(both.high, 5);
  const ValueRange positive = histogram_of({{2, 3}}).extremes();
  EXPECT_EQ(positive.low, 0);
  EXPECT_EQ(positive.high, 3);
}

TEST(Histogram, LeavesOutTheFarthestValuesAtEitherEnd) {
  std::vector<float> values;
  for (int i = 0; i < 998; ++i) values.push_back(static_cast<float>(i - 499) / 499);
  values.push_back(1000);
  values.push_back(-1000);
  const ValueRange range = histogram_of({values}).without(0.001);
  EXPECT_NEAR(range.low, -1, 0.3);  // one bin of a histogram that reaches to 1024
  EXPECT_NEAR(range.high, 1, 0.3);
}

TEST(Histogram, CountsManyValuesAtOnceAsOneAfterTheOther) {
  constexpr std::uint64_t kSeed = 11;
  for (const double scale : {1e-40, 1e-30, 0.01, 1.0, 3e4, 1e30}) {  // bins by floats and by doubles
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", scale " << scale);
    RandomStream random({kSeed});
    std::vector<float> values(40'001);
    for (float& x : values) x = static_cast<float>(std::max(0.0, random.normal()) * scale);
    for (std::size_t i = 0; i < 50; ++i) values[i * 700] = static_cast<float>(-scale * random.uniform());
    values[3] = -1e-45f;  // belongs below 0
    const Histogram many = histogram_of({values});
    Histogram single;
    for (const float x : values) single.observe({&x, 1});
    EXPECT_EQ(many.magnitudes(), single.magnitudes());
    EXPECT_EQ(many.bin_width(), single.bin_width());
    for (const double share : {0.0, 0.0005, 0.001, 0.1}) {
      EXPECT_EQ(many.without(share).low, single.without(share).low);
      EXPECT_EQ(many.without(share).high, single.without(share).high);
    }
    std::vector<std::int64_t> expected(many.magnitudes().size());
    for (const float x : values) {
      const double place = std::floor(x / many.bin_width());
      ++expected[static_cast<std::size_t>(place < 0 ? -place - 1 : place)];
    }
    EXPECT_EQ(many.magnitudes(), expected);
  }
}

TEST(Histogram, WithoutCountsHasTheExtremesAlone) {
  Histogram histogram(/*has_counts=*/false);
  histogram.observe(std::vector<float>{1, -3, 2});
  EXPECT_EQ(histogram.extremes().low, -3);
  EXPECT_EQ(histogram.averaged_extremes().high, 2);
  EXPECT_TRUE(histogram.magnitudes().empty());
}

TEST(Histogram, CountsMagnitudesUpToTheLargest) {
  const Histogram histogram = histogram_of({{0.1f, -0.1f, 0.3f, -0.9f}});
  const std::vector<std::int64_t> counts = histogram.magnitudes();
  std::int64_t total = 0;
  for (const std::int64_t count : counts) total += count;
  EXPECT_EQ(total, 4);
  EXPECT_EQ(counts.back(), 1);
  EXPECT_NEAR(static_cast<double>(counts.size()) * histogram.bin_width(), 0.9, histogram.bin_width());
  EXPECT_EQ(counts[static_cast<std::size_t>(0.1f / histogram.bin_width())], 2);
  EXPECT_TRUE(histogram_of({{0, 0}}).magnitudes().empty());
}

TEST(Histogram, WithoutNothingIsTheExtremes) {
  const ValueRange range = histogram_of({{0.1f, -0.7f}, {3.3f, 1e-6f}}).without(0);
  EXPECT_EQ(range.low, -0.7f);
  EXPECT_EQ(range.high, 3.3f);
}

TEST(Histogram, KeepsTheShareOfValuesAskedForAndNotMuchMore) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream random({seed});
    std::vector<float> values(20000);
    for (float& v : values) v = static_cast<float>(random.normal() * std::exp(random.normal()));
    const double share = random.uniform(0, 0.025);
    const ValueRange range = histogram_of({values}).without(share);
    std::sort(values.begin(), values.end());
    const auto trimmed = static_cast<std::size_t>(std::floor(static_cast<double>(values.size()) * share));
    const float bin = std::max(-values.front(), values.back()) / 2048;
    EXPECT_LE(range.low, values[trimmed]);
    EXPECT_GE(range.low, values[trimmed] - bin);
    EXPECT_GE(range.high, values[values.size() - 1 - trimmed]);
    EXPECT_LE(range.high, values[values.size() - 1 - trimmed] + bin);
  }
}

TEST(Histogram, TheOrderOfImagesMakesNoDifference) {
  RandomStream random({1});
  std::vector<std::vector<float>> batches(50, std::vector<float>(20));
  for (std::size_t b = 0; b < batches.size(); ++b)
    for (float& v : batches[b]) v = static_cast<float>(std::ldexp(random.normal(), static_cast<int>(b) - 20));
  const Histogram ascending = histogram_of(batches);
  std::reverse(batches.begin(), batches.end());
  const Histogram descending = histogram_of(batches);
  EXPECT_EQ(ascending.without(0.05).low, descending.without(0.05).low);
  EXPECT_EQ(ascending.without(0.05).high, descending.without(0.05).high);
  EXPECT_EQ(ascending.squared_error(1, -8, 7), descending.squared_error(1, -8, 7));
}

TEST(Histogram, ManyZerosBeforeAnythingElseCount) {
  const ValueRange range = histogram_of({std::vector<float>(1000), {1, -1}}).without(0.005);
  EXPECT_EQ(range.low, 0);
  EXPECT_LE(range.high, 1.0f / 2048);  // the bin that holds the zeros
}

TEST(Histogram, NothingButZerosIsTheEmptyRange) {
  const Histogram zeros = histogram_of({std::vector<float>(10)});
  EXPECT_EQ(zeros.without(0.01).low, 0);
  EXPECT_EQ(zeros.without(0.01).high, 0);
  EXPECT_EQ(zeros.squared_error(1, 0, 255), 0);
}

TEST(Histogram, ItsSquaredErrorIsNearTheValuesOwn) {
  RandomStream random({1});
  std::vector<float> values(10000);
  for (float& v : values) v = static_cast<float>(random.normal());
  const Histogram histogram = histogram_of({values});
  for (const float scale : {0.1f, 0.25f, 0.5f}) {
    double sum = 0;
    for (const float v : values) sum += std::pow(v - scale * std::clamp(std::round(v / scale), -8.0f, 7.0f), 2);
    EXPECT_NEAR(histogram.squared_error(scale, -8, 7), sum, 0.02 * sum) << scale;
  }
}

}  // namespace
}  // namespace bitloom
