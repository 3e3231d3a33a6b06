#include "data/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "data/memory_dataset.h"

namespace bitloom::data {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// One-pixel-wide images, each of its own, with these labels; `pixels` overrides them.
MemoryDataset labelled(const std::vector<int>& labels, std::vector<std::uint8_t> pixels = {}) {
  if (pixels.empty()) {
    for (std::size_t i = 0; i < labels.size(); ++i)
      pixels.insert(pixels.end(), {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)});
  }
  return {{1, 2, 1}, pixels, labels, {"a", "b", "c"}};
}

std::vector<int> repeated(std::initializer_list<int> counts) {
  std::vector<int> labels;
  int label = 0;
  for (const int count : counts) labels.insert(labels.end(), static_cast<std::size_t>(count), label++);
  return labels;
}

std::vector<std::int64_t> per_class(const Dataset& set, const std::vector<std::int64_t>& indices) {
  std::vector<std::int64_t> counts(set.class_names().size());
  for (const std::int64_t i : indices) ++counts[static_cast<std::size_t>(set.label(i))];
  return counts;
}

TEST(CutStratified, PutsEveryImageOnExactlyOneSide) {
  const MemoryDataset set = labelled(repeated({100, 57, 3}));
  const Cut cut = cut_stratified(set, 0.1, 7, "set");
  std::vector<std::int64_t> both = cut.kept, all(160);
  both.insert(both.end(), cut.taken.begin(), cut.taken.end());
  std::sort(both.begin(), both.end());
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(both, all);
  EXPECT_TRUE(std::is_sorted(cut.kept.begin(), cut.kept.end()) && std::is_sorted(cut.taken.begin(), cut.taken.end()));
}

TEST(CutStratified, TakesTheRoundedShareOfEveryClassButLeavesAndTakesAtLeastOne) {
  const MemoryDataset set = labelled(repeated({100, 57, 3}));
  EXPECT_EQ(per_class(set, cut_stratified(set, 0.1, 7, "set").taken), (std::vector<std::int64_t>{10, 6, 1}));
  EXPECT_EQ(per_class(set, cut_stratified(set, 0.99, 7, "set").kept), (std::vector<std::int64_t>{1, 1, 1}));
}

TEST(CutStratified, KeepsAClassOfOneImageWhole) {
  const MemoryDataset set = labelled(repeated({4, 1, 4}));
  EXPECT_EQ(per_class(set, cut_stratified(set, 0.5, 7, "set").kept), (std::vector<std::int64_t>{2, 1, 2}));
}

TEST(CutStratified, DependsOnTheSeedAlone) {
  const MemoryDataset set = labelled(repeated({100, 100, 100}));
  EXPECT_EQ(cut_stratified(set, 0.2, 3, "set").taken, cut_stratified(set, 0.2, 3, "set").taken);
  EXPECT_NE(cut_stratified(set, 0.2, 3, "set").taken, cut_stratified(set, 0.2, 4, "set").taken);
}

TEST(CutStratified, KeepsEqualPixelsTogetherAlsoAcrossLabels) {
  const MemoryDataset set = labelled({0, 0, 0, 1, 1, 1}, {1, 1, 2, 2, 3, 3, 1, 1, 4, 4, 3, 3});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Cut cut = cut_stratified(set, 0.4, seed, "set");
    const auto taken = [&](std::int64_t i) { return std::binary_search(cut.taken.begin(), cut.taken.end(), i); };
    EXPECT_EQ(taken(0), taken(3)) << "seed " << seed;
    EXPECT_EQ(taken(2), taken(5)) << "seed " << seed;
  }
}

TEST(CutStratified, RefusesSharesThatLeaveAPartEmptyAndSetsThatCannotBeCut) {
  const MemoryDataset set = labelled(repeated({4, 4, 4})), single = labelled(repeated({1, 1, 1}));
  for (const double share : {0.0, 1.0, -0.1, 1.5, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THAT([&] { cut_stratified(set, share, 1, "set"); }, ThrowsMessage<InputError>(HasSubstr("set: a validation share of"))) << share;
  EXPECT_THAT([&] { cut_stratified(single, 0.5, 1, "photos"); }, ThrowsMessage<InputError>(HasSubstr("photos: no class has enough")));
}

}  // namespace
}  // namespace bitloom::data
