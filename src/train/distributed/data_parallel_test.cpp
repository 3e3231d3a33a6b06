#include "train/distributed/data_parallel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "train/distributed/test_ranks.h"

namespace bitloom::train {
namespace {

using Group = std::unique_ptr<ProcessGroup>;

TEST(DataParallel, OfOneProcessChangesNothing) {
  DataParallel alone(nullptr);
  EXPECT_EQ(alone.size(), 1);
  EXPECT_TRUE(alone.leads());
  EXPECT_EQ(alone.share(7).first, 0);
  EXPECT_EQ(alone.share(7).count, 7);
  EXPECT_TRUE(alone.any(true));
  EXPECT_FALSE(alone.any(false));
  EXPECT_EQ(alone.from_leader("bytes"), "bytes");
  std::vector<float> gradient{1, 2}, statistics{3};
  alone.begin_step(statistics);
  statistics[0] = 4;
  alone.end_step(gradient, statistics);
  EXPECT_THAT(gradient, testing::ElementsAre(1, 2));
  EXPECT_THAT(statistics, testing::ElementsAre(4));
}

TEST(DataParallel, SharesOutEverythingOnceAndInOrder) {
  EXPECT_EQ(run_ranks(3,
                      [](Group& group) {
                        const DataParallel parallel(group.get());
                        for (const std::int64_t count : {0, 1, 2, 3, 10, 64, 100}) {
                          std::vector<std::int64_t> seen(static_cast<std::size_t>(count));
                          const auto [first, size] = parallel.share(count);
                          EXPECT_LE(size, parallel.largest_share(count));
                          EXPECT_GE(size, parallel.largest_share(count) - 1);
                          for (std::int64_t i = first; i < first + size; ++i) seen[static_cast<std::size_t>(i)] = 1;
                          group->all_reduce_sum(std::span(seen));
                          EXPECT_THAT(seen, testing::Each(1));
                        }
                      }),
            std::vector<std::string>(3));
}

TEST(DataParallel, SumsGradientsAndLossesAndMovesStatisticsByTheMean) {
  EXPECT_EQ(run_ranks(3,
                      [](Group& group) {
                        DataParallel parallel(group.get());
                        const auto rank = static_cast<float>(group->rank());
                        constexpr float kNotExactInThirds = 0.1f;
                        std::vector<float> gradient{rank, 1}, statistics{10, kNotExactInThirds};
                        parallel.begin_step(statistics);
                        statistics[0] += rank;  // the other one is frozen
                        parallel.end_step(gradient, statistics);
                        EXPECT_THAT(gradient, testing::ElementsAre(3, 3));
                        EXPECT_THAT(statistics, testing::ElementsAre(11, kNotExactInThirds));
                        const Loss loss = parallel.sum({0.25, group->rank()});
                        EXPECT_EQ(loss.sum, 0.75);
                        EXPECT_EQ(loss.correct, 3);
                        EXPECT_TRUE(parallel.any(group->rank() == 2));
                        EXPECT_FALSE(parallel.any(false));
                      }),
            std::vector<std::string>(3));
}

TEST(DataParallel, NamesTheRankWhoseTrainingDiffers) {
  const auto thrown = run_ranks(3, [](Group& group) {
    const DataParallel parallel(group.get());
    Fingerprint fingerprint{{"seed", "1"}, {"training images", "00c0ffee"}};
    parallel.check_same(fingerprint);
    if (group->rank() == 1) fingerprint["training images"] = "deadbeef";
    parallel.check_same(fingerprint);
  });
  const char* expected = "rank 1: trains something else than rank 0: training images is deadbeef, there 00c0ffee; ";
  EXPECT_THAT(thrown, testing::Each(testing::StartsWith(expected)));
}

TEST(CheckShares, WantsAnImageForEveryProcessAndTwoForBatchNorm) {
  constexpr std::int64_t kMany = std::numeric_limits<std::int64_t>::max();
  EXPECT_NO_THROW(check_shares(1, 1, 1, true));
  EXPECT_NO_THROW(check_shares(4, 4, kMany, false));
  EXPECT_NO_THROW(check_shares(4, 8, 8, true));
  EXPECT_THROW(check_shares(4, 3, kMany, false), InputError);
  EXPECT_THROW(check_shares(4, 500, 3, false), InputError);
  EXPECT_THROW(check_shares(4, 7, kMany, true), InputError);
}

}  // namespace
}  // namespace bitloom::train
