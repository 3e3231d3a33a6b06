#include "train/batch_order.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace bitloom::train {
namespace {

TEST(BatchOrder, ShowsEveryImageOnceAnEpochInAnOrderOfItsOwn) {
  BatchOrder order(23, 5, 1);
  ASSERT_EQ(order.steps_per_epoch(), 5);
  std::vector<std::uint32_t> epochs[2];
  for (const std::int64_t epoch : {0, 1})
    for (std::int64_t step = 0; step < 5; ++step) {
      const auto batch = order.batch(epoch, step);
      EXPECT_EQ(batch.size(), step < 4 ? 5u : 3u);
      epochs[epoch].insert(epochs[epoch].end(), batch.begin(), batch.end());
    }
  EXPECT_NE(epochs[0], epochs[1]);
  for (auto& epoch : epochs) {
    std::ranges::sort(epoch);
    for (std::uint32_t i = 0; i < 23; ++i) EXPECT_EQ(epoch[i], i);
  }
}

TEST(BatchOrder, IsAFunctionOfSeedAndEpochAlone) {
  BatchOrder order(100, 10, 7), same(100, 10, 7), other(100, 10, 8);
  const auto copy = [](std::span<const std::uint32_t> batch) { return std::vector<std::uint32_t>(batch.begin(), batch.end()); };
  order.batch(0, 0);
  EXPECT_EQ(copy(order.batch(5, 3)), copy(same.batch(5, 3)));
  EXPECT_NE(copy(order.batch(5, 3)), copy(other.batch(5, 3)));
}

TEST(BatchOrder, LeavesNoImageAloneInABatch) {
  BatchOrder order(21, 5, 1);
  EXPECT_EQ(order.steps_per_epoch(), 4);
  EXPECT_EQ(order.largest_batch(), 6);
  EXPECT_EQ(order.batch(0, 3).size(), 6u);
  EXPECT_EQ(BatchOrder(3, 1, 1).steps_per_epoch(), 3) << "batches of one are what was asked for";
  EXPECT_EQ(BatchOrder(1, 500, 1).steps_per_epoch(), 1);
}

TEST(BatchOrder, LeavesNoFewerThanItWasTold) {
  EXPECT_EQ(BatchOrder(23, 10, 1, 4).steps_per_epoch(), 2) << "3 left over join the second batch";
  EXPECT_EQ(BatchOrder(23, 10, 1, 4).largest_batch(), 13);
  EXPECT_EQ(BatchOrder(24, 10, 1, 4).steps_per_epoch(), 3);
  EXPECT_EQ(BatchOrder(20, 10, 1, 4).steps_per_epoch(), 2);
}

}  // namespace
}  // namespace bitloom::train
