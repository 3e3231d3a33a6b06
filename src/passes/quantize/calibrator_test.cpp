#include "passes/quantize/calibrator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace bitloom {
namespace {

ValueRange range_of(std::unique_ptr<Calibrator> calibrator, const std::vector<std::vector<float>>& batches) {
  for (const auto& batch : batches) calibrator->observe(batch);
  return calibrator->range();
}

TEST(MinMaxCalibrator, CoversEveryValueAndZero) {
  const ValueRange both = range_of(make_min_max_calibrator(), {{1, -3}, {5}});
  EXPECT_EQ(both.low, -3);
  EXPECT_EQ(both.high, 5);
  const ValueRange positive = range_of(make_min_max_calibrator(), {{2, 3}});
  EXPECT_EQ(positive.low, 0);
  EXPECT_EQ(positive.high, 3);
}

TEST(PercentileCalibrator, LeavesOutTheFarthestValuesAtEitherEnd) {
  std::vector<float> values;
  for (int i = 0; i < 998; ++i) values.push_back(static_cast<float>(i - 499) / 499);
  values.push_back(1000);
  values.push_back(-1000);
  const ValueRange range = range_of(make_percentile_calibrator(99.8), {values});
  EXPECT_NEAR(range.low, -1, 0.3);  // one bin of a histogram that reaches to 1024
  EXPECT_NEAR(range.high, 1, 0.3);
}

TEST(PercentileCalibrator, AtAHundredPerCentItIsMinMax) {
  const ValueRange range = range_of(make_percentile_calibrator(100), {{0.1f, -0.7f}, {3.3f, 1e-6f}});
  EXPECT_EQ(range.low, -0.7f);
  EXPECT_EQ(range.high, 3.3f);
}

TEST(PercentileCalibrator, KeepsTheShareOfValuesAskedForAndNotMuchMore) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream random({seed});
    std::vector<float> values(20000);
    for (float& v : values) v = static_cast<float>(random.normal() * std::exp(random.normal()));
    const double percentile = 95 + random.uniform(0, 5);
    const ValueRange range = range_of(make_percentile_calibrator(percentile), {values});
    std::sort(values.begin(), values.end());
    const auto trimmed = static_cast<std::size_t>(std::floor(static_cast<double>(values.size()) * (100 - percentile) / 200));
    const float bin = std::max(-values.front(), values.back()) / 2048;
    EXPECT_LE(range.low, values[trimmed]);
    EXPECT_GE(range.low, values[trimmed] - bin);
    EXPECT_GE(range.high, values[values.size() - 1 - trimmed]);
    EXPECT_LE(range.high, values[values.size() - 1 - trimmed] + bin);
  }
}

TEST(PercentileCalibrator, TheOrderOfImagesMakesNoDifference) {
  RandomStream random({1});
  std::vector<std::vector<float>> batches(50, std::vector<float>(20));
  for (std::size_t b = 0; b < batches.size(); ++b)
    for (float& v : batches[b]) v = static_cast<float>(std::ldexp(random.normal(), static_cast<int>(b) - 20));
  const ValueRange ascending = range_of(make_percentile_calibrator(90), batches);
  std::reverse(batches.begin(), batches.end());
  const ValueRange descending = range_of(make_percentile_calibrator(90), batches);
  EXPECT_EQ(ascending.low, descending.low);
  EXPECT_EQ(ascending.high, descending.high);
}

TEST(PercentileCalibrator, ManyZerosBeforeAnythingElseCount) {
  const ValueRange range = range_of(make_percentile_calibrator(99), {std::vector<float>(1000), {1, -1}});
  EXPECT_EQ(range.low, 0);
  EXPECT_LE(range.high, 1.0f / 2048);  // the bin that holds the zeros
}

TEST(PercentileCalibrator, NothingButZerosIsTheEmptyRange) {
  const ValueRange range = range_of(make_percentile_calibrator(99.9), {std::vector<float>(10)});
  EXPECT_EQ(range.low, 0);
  EXPECT_EQ(range.high, 0);
}

}  // namespace
}  // namespace bitloom
