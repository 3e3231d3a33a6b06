#include "data/generated/generated_set.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <unordered_set>

#include "base/parallel.h"
#include "data/checksum.h"
#include "data/generated/exact_math.h"
#include "data/views.h"

namespace bitloom::data {
namespace {

std::shared_ptr<const Dataset> first(const std::shared_ptr<const Dataset>& part, std::int64_t count) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
  std::iota(indices.begin(), indices.end(), 0);
  return subset(part, indices);
}

// The sets are part of every published figure, so their bytes may not change unnoticed: not with a compiler, an optimization level, a
// machine, or a well-meant edit. Who changes a set on purpose measures again what docs/measurements.md says about it.
TEST(GeneratedSet, FirstImagesOfDigitsAreTheOnesAllFiguresWereMeasuredOn) {
  const Splits digits = open_dataset("digits");
  EXPECT_EQ(checksum(*first(digits.train, 200)), "005af9e2397cc409");
  EXPECT_EQ(checksum(*first(digits.validation, 200)), "0c27d3cfbfceadee");
  EXPECT_EQ(checksum(*first(digits.test, 200)), "9fd75d5a4d19112a");
}

TEST(GeneratedSet, FirstImagesOfLandcoverAreTheOnesAllFiguresWereMeasuredOn) {
  const Splits landcover = open_dataset("landcover");
  EXPECT_EQ(checksum(*first(landcover.train, 100)), "677ee9cbec9a4f6d");
  EXPECT_EQ(checksum(*first(landcover.validation, 100)), "06d6a03c805083c6");
  EXPECT_EQ(checksum(*first(landcover.test, 100)), "0a73a0b573eb1183");
}

TEST(GeneratedSet, SeedOfTheRecipeDoesNotReachTheImages) {
  const Splits one = open_dataset("digits", {.seed = 1}), two = open_dataset("digits", {.seed = 2});
  EXPECT_EQ(checksum(*first(one.validation, 20)), checksum(*first(two.validation, 20)));
}

TEST(GeneratedSet, EveryPartHasAsManyImagesOfEachClass) {
  for (const char* name : {"digits", "landcover"}) {
    const Splits splits = open_dataset(name);
    for (const auto& part : {splits.train, splits.validation, splits.test}) {
      std::vector<std::int64_t> counts(part->class_names().size());
      for (std::int64_t i = 0; i < part->size(); ++i) ++counts[static_cast<std::size_t>(part->label(i))];
      for (const std::int64_t count : counts) EXPECT_EQ(count, part->size() / 10) << name;
    }
  }
}

TEST(GeneratedSet, NoTwoImagesAreEqualWithinAndAcrossParts) {
  for (const auto& [name, count] : {std::pair{"digits", 1500}, std::pair{"landcover", 200}}) {
    const Splits splits = open_dataset(name);
    std::unordered_set<std::uint64_t> seen;
    for (const auto& part : {splits.train, splits.validation, splits.test})
      for (const std::uint64_t hash : image_hashes(*first(part, count))) EXPECT_TRUE(seen.insert(hash).second) << name;
  }
}

TEST(GeneratedSet, AnImageIsTheSameReadAloneOrAfterOthersFromAnyThread) {
  for (const char* name : {"digits", "landcover"}) {
    const std::shared_ptr<const Dataset> part = open_dataset(name).test;
    const auto bytes = static_cast<std::size_t>(part->shape().bytes());
    std::vector<std::uint8_t> alone(bytes);
    part->read(123, alone);
    std::vector<std::vector<std::uint8_t>> many(8, std::vector<std::uint8_t>(bytes));
    parallel_for(8, [&](std::int64_t i) {
      part->read(120 + i, many[static_cast<std::size_t>(i)]);
      part->read(123, many[static_cast<std::size_t>(i)]);
    }, 4);
    for (const auto& image : many) EXPECT_EQ(image, alone) << name;
  }
}

TEST(ExactMath, SineIsTheSineToEightDigits) {
  for (int i = -4000; i <= 4000; ++i) {
    const double turns = i / 997.0;
    EXPECT_NEAR(sin_turns(turns), std::sin(2 * std::numbers::pi * turns), 1e-7) << turns;
    EXPECT_NEAR(cos_turns(turns), std::cos(2 * std::numbers::pi * turns), 1e-7) << turns;
  }
}

TEST(ExactMath, SensorNoiseHasMeanZeroVarianceOneAndItsBounds) {
  RandomStream random({1});
  double sum = 0, squares = 0, largest = 0;
  constexpr int kDraws = 200000;
  for (int i = 0; i < kDraws; ++i) {
    const double noise = sensor_noise(random);
    sum += noise;
    squares += noise * noise;
    largest = std::max(largest, std::abs(noise));
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.01);
  EXPECT_NEAR(squares / kDraws, 1, 0.01);
  EXPECT_LE(largest, 3.4642);
  EXPECT_GT(largest, 3);
}

TEST(ExactMath, BytesAreRoundedAndClipped) {
  EXPECT_EQ(to_byte(-3), 0);
  EXPECT_EQ(to_byte(0.5 / 255), 1);
  EXPECT_EQ(to_byte(0.49 / 255), 0);
  EXPECT_EQ(to_byte(7), 255);
}

}  // namespace
}  // namespace bitloom::data
