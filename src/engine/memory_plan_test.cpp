#include "engine/memory_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace bitloom::engine {
namespace {

using testing::ElementsAre;

TEST(MemoryPlan, SharesMemoryBetweenStepsThatDoNotMeet) {
  const MemoryPlan plan = plan_memory({{100, 0, 1}, {64, 1, 2}, {128, 2, 3}});
  EXPECT_THAT(plan.offsets, ElementsAre(0, 128, 0));
  EXPECT_EQ(plan.bytes, 192u);
}

TEST(MemoryPlan, FillsAGapThatIsLargeEnough) {
  const MemoryPlan plan = plan_memory({{256, 0, 9}, {128, 0, 1}, {64, 0, 9}, {128, 2, 9}});
  EXPECT_THAT(plan.offsets, ElementsAre(0, 256, 384, 256));
}

TEST(MemoryPlan, NeedsNothingForNothing) { EXPECT_EQ(plan_memory({}).bytes, 0u); }

TEST(MemoryPlan, NeverOverlapsWhatIsNeededAtTheSameTime) {
  constexpr std::uint64_t kSeed = 7;
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    RandomStream random({kSeed, trial});
    std::vector<Lifetime> lifetimes(random.below(30));
    for (Lifetime& l : lifetimes) {
      l.first = static_cast<int>(random.below(20));
      l = {random.below(1000), l.first, l.first + static_cast<int>(random.below(6))};
    }
    const MemoryPlan plan = plan_memory(lifetimes);
    for (std::size_t i = 0; i < lifetimes.size(); ++i) {
      EXPECT_EQ(plan.offsets[i] % kAlignment, 0u);
      EXPECT_LE(plan.offsets[i] + lifetimes[i].bytes, plan.bytes);
      for (std::size_t j = 0; j < i; ++j) {
        const Lifetime &a = lifetimes[i], &b = lifetimes[j];
        const bool same_time = a.first <= b.last && b.first <= a.last;
        const bool apart = plan.offsets[i] + a.bytes <= plan.offsets[j] || plan.offsets[j] + b.bytes <= plan.offsets[i];
        EXPECT_TRUE(!same_time || apart) << "seed " << kSeed << ", trial " << trial << ", " << i << " and " << j;
      }
    }
  }
}

}  // namespace
}  // namespace bitloom::engine
