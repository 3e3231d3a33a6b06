#include "train/augmentation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/random.h"

namespace bitloom::train {
namespace {

using Pixels = std::vector<std::uint8_t>;
constexpr std::uint64_t kSeed = 20261121;

Pixels numbered(const data::ImageShape& shape) {
  Pixels pixels(static_cast<std::size_t>(shape.bytes()));
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(1 + i % 250);
  return pixels;
}

Pixels changed(const Recipe::Augment& options, const data::ImageShape& shape, const Pixels& pixels, std::int64_t epoch, std::int64_t index) {
  Pixels result(pixels.size(), 77);
  Augmentation(options, kSeed, shape).apply(pixels, epoch, index, result);
  return result;
}

Pixels mirrored(const Pixels& pixels, const data::ImageShape& shape) {
  Pixels result = pixels;
  for (auto row = result.begin(); row != result.end(); row += shape.width) std::reverse(row, row + shape.width);
  return result;
}

TEST(Augmentation, WithNothingSetLeavesImagesAlone) {
  const data::ImageShape shape{3, 4, 5};
  EXPECT_TRUE(Augmentation({}, kSeed, shape).changes_nothing());
  EXPECT_EQ(changed({}, shape, numbered(shape), 0, 0), numbered(shape));
}

TEST(Augmentation, MirrorsHalfOfTheImagesAndAllOfTheirChannels) {
  const data::ImageShape shape{3, 4, 5};
  const Pixels image = numbered(shape);
  int flipped = 0;
  for (int index = 0; index < 1000; ++index) {
    const Pixels result = changed({.flip = true}, shape, image, 0, index);
    ASSERT_TRUE(result == image || result == mirrored(image, shape));
    flipped += result != image;
  }
  EXPECT_NEAR(flipped, 500, 60);  // four standard deviations
}

TEST(Augmentation, ShiftsByEveryDistanceUpToThePad) {
  const data::ImageShape shape{1, 8, 8};
  Pixels image(64);
  image[3 * 8 + 4] = 200;  // in the middle: it stays inside
  std::set<std::size_t> places;
  for (int index = 0; index < 500; ++index) {
    const Pixels result = changed({.pad = 2}, shape, image, 0, index);
    ASSERT_EQ(std::ranges::count(result, 200), 1);
    ASSERT_EQ(std::ranges::count(result, 0), 63);
    places.insert(static_cast<std::size_t>(std::ranges::find(result, 200) - result.begin()));
  }
  std::set<std::size_t> all;
  for (std::size_t y = 1; y <= 5; ++y)
    for (std::size_t x = 2; x <= 6; ++x) all.insert(y * 8 + x);
  EXPECT_EQ(places, all);
}

TEST(Augmentation, FillsWithBlackWhatAShiftUncovers) {
  const data::ImageShape shape{1, 4, 4};
  const Pixels white(16, 255);
  for (int index = 0; index < 50; ++index)
    for (const std::uint8_t v : changed({.pad = 3}, shape, white, 0, index)) ASSERT_TRUE(v == 0 || v == 255);
}

TEST(Augmentation, TurnsAboutTheCentre) {
  const data::ImageShape shape{1, 9, 9};
  Pixels image(81);
  image[4 * 9 + 4] = 255;
  bool moved = false;
  for (int index = 0; index < 20; ++index) {
    const Pixels result = changed({.rotation = 90}, shape, image, 0, index);
    ASSERT_EQ(result[4 * 9 + 4], 255);
    Pixels line(81);
    for (int x = 0; x < 9; ++x) line[static_cast<std::size_t>(4 * 9 + x)] = 255;
    const Pixels turned = changed({.rotation = 90}, shape, line, 0, index);
    int light = 0;
    for (const std::uint8_t v : turned) light += v;
    ASSERT_NEAR(light, 9 * 255, 3 * 255);  // a line stays a line
    moved |= turned != line;
  }
  EXPECT_TRUE(moved);
}

TEST(Augmentation, MakesImagesLargerAndSmallerAboutTheCentre) {
  const data::ImageShape shape{1, 17, 17};
  Pixels image(17 * 17);
  for (int y = 6; y <= 10; ++y)
    for (int x = 6; x <= 10; ++x) image[static_cast<std::size_t>(y * 17 + x)] = 200;
  double least = 1e9, most = 0;
  for (int index = 0; index < 300; ++index) {
    const Pixels result = changed({.scale = 0.5}, shape, image, 0, index);
    ASSERT_EQ(result[8 * 17 + 8], 200);
    double light = 0;
    for (const std::uint8_t v : result) light += v / 200.0;
    least = std::min(least, light);
    most = std::max(most, light);
  }
  EXPECT_NEAR(least, 25 * 0.25, 3);  // 5x5 pixels, half and one and a half times as wide
  EXPECT_NEAR(most, 25 * 2.25, 6);
}

TEST(Augmentation, BlendsWithAnyImageBySharesOfABetaDistribution) {
  const Augmentation mixup({.mixup = 0.5}, kSeed, {1, 2, 2});
  EXPECT_TRUE(mixup.blends());
  EXPECT_FALSE(mixup.changes_nothing());
  constexpr int kDraws = 20'000;
  double sum = 0, squares = 0;
  std::set<std::int64_t> others;
  for (int index = 0; index < kDraws; ++index) {
    const Augmentation::Blend blend = mixup.blend(1, index, 10);
    ASSERT_TRUE(blend.share >= 0 && blend.share <= 1) << blend.share;
    sum += blend.share;
    squares += blend.share * blend.share;
    others.insert(blend.index);
  }
  const double mean = sum / kDraws;
  EXPECT_NEAR(mean, 0.5, 0.01);
  EXPECT_NEAR(squares / kDraws - mean * mean, 1 / (4 * (2 * 0.5 + 1)), 0.004);  // the variance of Beta(a, a)
  EXPECT_EQ(others.size(), 10u);
  EXPECT_EQ(mixup.blend(1, 7, 10).share, mixup.blend(1, 7, 10).share);
  EXPECT_NE(mixup.blend(1, 7, 10).share, mixup.blend(2, 7, 10).share);
}

TEST(Augmentation, CutsOutOneSquareInAllChannels) {
  const data::ImageShape shape{3, 16, 16};
  const Pixels white(3 * 256, 255);
  for (int index = 0; index < 100; ++index) {
    const Pixels result = changed({.cutout = 5}, shape, white, 0, index);
    const auto black = std::ranges::count(result, 0);
    ASSERT_TRUE(black > 0 && black <= 3 * 25 && black % 3 == 0) << black;
    ASSERT_TRUE(std::equal(result.begin(), result.begin() + 256, result.begin() + 256));
  }
}

TEST(Augmentation, JitterMovesColoursButNoPixels) {
  const data::ImageShape shape{3, 4, 4};
  Pixels image(48, 100);
  const Pixels result = changed({.jitter = 0.5}, shape, image, 0, 1);
  EXPECT_NE(result, image);
  for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(std::set(result.begin() + static_cast<std::ptrdiff_t>(16 * c), result.begin() + static_cast<std::ptrdiff_t>(16 * (c + 1))).size(), 1u);
}

TEST(Augmentation, IsAFunctionOfSeedEpochAndIndex) {
  const data::ImageShape shape{3, 32, 32};
  const Pixels image = numbered(shape);
  const Recipe::Augment all{.pad = 4, .flip = true, .rotation = 10, .scale = 0.2, .jitter = 0.2, .cutout = 8};
  EXPECT_EQ(changed(all, shape, image, 3, 5), changed(all, shape, image, 3, 5));
  EXPECT_NE(changed(all, shape, image, 3, 5), changed(all, shape, image, 4, 5));
  EXPECT_NE(changed(all, shape, image, 3, 5), changed(all, shape, image, 3, 6));
  Pixels other(image.size());
  Augmentation(all, kSeed + 1, shape).apply(image, 3, 5, other);
  EXPECT_NE(changed(all, shape, image, 3, 5), other);
}

}  // namespace
}  // namespace bitloom::train
