#include "base/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace bitloom {
namespace {

using testing::ElementsAre;

std::array<std::uint64_t, 3> first_three(std::initializer_list<std::uint64_t> key) {
  RandomStream random(key);
  return {random.next(), random.next(), random.next()};
}

// Data sets, shuffles and initial weights hang on these values: should one change, every published figure changes with it.
TEST(RandomStream, GivesTheSameNumbersOnEveryMachine) {
  // The empty key is state 0, whose outputs Vigna's splitmix64.c publishes.
  EXPECT_THAT(first_three({}), ElementsAre(16294208416658607535u, 7960286522194355700u, 487617019471545679u));
  EXPECT_THAT(first_three({1}), ElementsAre(12793040940332582595u, 17925934194126948328u, 7868805697131187933u));
  EXPECT_THAT(first_three({1, 2}), ElementsAre(14460832998369774883u, 12709185652707904632u, 11711483438555103030u));
}

TEST(RandomStream, PinsWhatIsDerivedFromTheNumbers) {
  RandomStream random({42});
  std::array<std::uint64_t, 6> digits;
  for (std::uint64_t& digit : digits) digit = random.below(10);
  EXPECT_THAT(digits, ElementsAre(3, 9, 0, 6, 4, 1));
  EXPECT_EQ(random.uniform(), 0x1.f57d53cd278cp-5);
  EXPECT_EQ(random.normal(), 0x1.f90d3058be7fap-2);
  RandomStream shuffle({7});
  EXPECT_THAT(random_permutation(8, shuffle), ElementsAre(7, 1, 3, 6, 0, 5, 2, 4));
}

TEST(RandomStream, DependsOnEveryPartOfTheKeyAndOnItsOrder) {
  EXPECT_NE(first_three({1, 2}), first_three({2, 1}));
  EXPECT_NE(first_three({1, 2}), first_three({1, 3}));
  EXPECT_NE(first_three({1}), first_three({1, 0}));
  EXPECT_NE(first_three({0}), first_three({}));
}

TEST(RandomStream, BelowIsEvenOverItsRange) {
  RandomStream random({3});
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts[random.below(7)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);  // five standard deviations
  EXPECT_EQ(random.below(1), 0u);
  for (int i = 0; i < 100; ++i) EXPECT_LT(random.below((std::uint64_t{1} << 63) + 1), (std::uint64_t{1} << 63) + 1);
}

TEST(RandomStream, UniformStaysBelowItsUpperEnd) {
  RandomStream random({4});
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.uniform(-2, 3);
    ASSERT_GE(value, -2);
    ASSERT_LT(value, 3);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 5 * 5 / std::sqrt(12 * 10'000.0));
}

TEST(RandomStream, NormalHasMeanZeroAndVarianceOne) {
  RandomStream random({5});
  constexpr int kCount = 20'000;
  double sum = 0, squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const double value = random.normal();
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / kCount, 0, 5 / std::sqrt(kCount));
  EXPECT_NEAR(squares / kCount, 1, 5 * std::sqrt(2.0 / kCount));
}

TEST(RandomPermutation, HoldsEveryIndexOnce) {
  RandomStream random({6});
  for (const std::uint32_t count : {0u, 1u, 2u, 1000u}) {
    std::vector<std::uint32_t> order = random_permutation(count, random), expected(count);
    std::sort(order.begin(), order.end());
    std::iota(expected.begin(), expected.end(), 0u);
    EXPECT_EQ(order, expected);
  }
}

TEST(RandomPermutation, PutsEveryIndexAtEveryPlaceEquallyOften) {
  RandomStream random({8});
  std::array<std::array<int, 4>, 4> counts{};
  for (int i = 0; i < 24'000; ++i) {
    const std::vector<std::uint32_t> order = random_permutation(4, random);
    for (std::size_t place = 0; place < 4; ++place) ++counts[place][order[place]];
  }
  for (const auto& row : counts)
    for (const int count : row) EXPECT_NEAR(count, 6000, 5 * std::sqrt(24'000 * 0.25 * 0.75));
}

}  // namespace
}  // namespace bitloom
