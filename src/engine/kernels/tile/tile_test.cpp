#include "engine/kernels/tile/tile.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace bitloom::engine {
namespace {

constexpr std::uint64_t kSeed = 20261121;

template <class T>
std::vector<T> random_values(RandomStream& random, std::int64_t count) {
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) {
    if constexpr (std::is_floating_point_v<T>)
      value = static_cast<T>(random.normal());
    else
      value = static_cast<T>(static_cast<int>(random.below(4001)) - 2000);
  }
  return values;
}

/// Every variant that this processor runs gives the last one's sums, for every number of rows and some depths.
template <class T, class Sum, class Function>
void expect_equal_variants(std::span<const Variant<Function>> variants, int depth_step) {
  for (const auto& variant : variants) {
    if (variant.isa > available_isa()) continue;
    for (int rows = 1; rows <= kTileRows; ++rows)
      for (const std::int64_t depth : {0, depth_step, 2 * depth_step, 7 * depth_step, 65 * depth_step}) {
        RandomStream random({kSeed, static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(depth)});
        const auto a = random_values<T>(random, depth * rows), b = random_values<T>(random, depth * kTileColumns);
        auto expected = random_values<Sum>(random, std::int64_t{rows} * kTileColumns), sums = expected;
        variants.back().function(a.data(), b.data(), depth, rows, expected.data());
        variant.function(a.data(), b.data(), depth, rows, sums.data());
        ASSERT_EQ(sums, expected) << variant.name << ", " << rows << " rows, depth " << depth << ", seed " << kSeed;
      }
  }
}

TEST(TileF32, EveryVariantThisProcessorRunsEqualsTheBaselineBitForBit) { expect_equal_variants<float, float>(tile_f32_variants(), 1); }
TEST(TileS16, EveryVariantThisProcessorRunsEqualsTheBaseline) { expect_equal_variants<std::int16_t, std::int32_t>(tile_s16_variants(), 2); }

TEST(TileS16, AddsProductsOfPairs) {
  const std::vector<std::int16_t> a{2, 3, -1, 10};                     // two rows, one pair
  std::vector<std::int16_t> b(2 * kTileColumns);
  b[0] = 5, b[1] = 7, b[62] = -4, b[63] = 1;                           // columns 0 and 31
  std::vector<std::int32_t> sums(2 * kTileColumns, 100);
  tile_s16_baseline(a.data(), b.data(), 2, 2, sums.data());
  EXPECT_EQ(sums[0], 100 + 2 * 5 + 3 * 7);
  EXPECT_EQ(sums[31], 100 - 2 * 4 + 3 * 1);
  EXPECT_EQ(sums[32], 100 - 5 + 70);
  EXPECT_EQ(sums[33], 100);
}

}  // namespace
}  // namespace bitloom::engine
