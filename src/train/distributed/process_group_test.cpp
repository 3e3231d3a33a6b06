#include "train/distributed/process_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "base/error.h"
#include "base/random.h"
#include "train/distributed/test_ranks.h"

namespace bitloom::train {
namespace {

const std::vector<std::string> kNothingThrown(3);

/// Any values, others on each rank, that a different order of adding sums to different bits.
std::vector<float> values_of(int rank) {
  RandomStream random({static_cast<std::uint64_t>(rank)});
  std::vector<float> values(10'001);
  for (float& value : values) value = static_cast<float>(random.uniform(-1, 1));
  return values;
}

TEST(ProcessGroup, SumsOverTheRanksToTheSameBitsEverywhereAndAgain) {
  std::mutex mutex;
  std::vector<std::vector<float>> sums;
  const auto sum = [&](std::unique_ptr<ProcessGroup>& group) {
    std::vector<float> values = values_of(group->rank());
    group->all_reduce_sum(std::span(values));
    const std::lock_guard lock(mutex);
    sums.push_back(values);
  };
  EXPECT_EQ(run_ranks(3, sum), kNothingThrown);
  EXPECT_EQ(run_ranks(3, sum), kNothingThrown);
  ASSERT_EQ(sums.size(), 6u);
  for (const auto& other : sums) EXPECT_EQ(other, sums.front());
  for (std::size_t i = 0; i < sums.front().size(); i += 100)
    EXPECT_NEAR(sums.front()[i], values_of(0)[i] + values_of(1)[i] + values_of(2)[i], 1e-5);
}

TEST(ProcessGroup, SumsDoublesAndIntegersExactly) {
  EXPECT_EQ(run_ranks(3,
                      [](std::unique_ptr<ProcessGroup>& group) {
                        double numbers[] = {0.5, static_cast<double>(group->rank())};
                        group->all_reduce_sum(std::span<double>(numbers));
                        EXPECT_EQ(numbers[0], 1.5);
                        EXPECT_EQ(numbers[1], 3);
                        std::int64_t large = (std::int64_t{1} << 40) + group->rank();
                        group->all_reduce_sum(std::span(&large, 1));
                        EXPECT_EQ(large, 3 * (std::int64_t{1} << 40) + 3);
                        group->all_reduce_sum(std::span<float>());
                      }),
            kNothingThrown);
}

TEST(ProcessGroup, HandsOutTheBytesOfAnyRank) {
  EXPECT_EQ(run_ranks(3,
                      [](std::unique_ptr<ProcessGroup>& group) {
                        for (int from = 0; from < 3; ++from) {
                          std::string bytes(static_cast<std::size_t>(group->rank() * 1000), static_cast<char>('a' + group->rank()));
                          group->broadcast(bytes, from);
                          EXPECT_EQ(bytes, std::string(static_cast<std::size_t>(from * 1000), static_cast<char>('a' + from)));
                        }
                        group->barrier();
                      }),
            kNothingThrown);
}

/// What the ranks say when `lost` goes away after they have all met.
std::vector<std::string> thrown_when_lost(int size, int lost) {
  return run_ranks(size, [&](std::unique_ptr<ProcessGroup>& group) {
    group->barrier();
    if (group->rank() == lost) return group.reset();
    std::vector<float> values(1000);
    for (int i = 0; i < 10; ++i) group->all_reduce_sum(std::span(values));
    FAIL() << "did not notice";
  });
}

TEST(ProcessGroup, NamesTheRankThatWasLost) {
  using testing::AllOf, testing::HasSubstr, testing::StartsWith;
  const auto says = [](const char* what) { return AllOf(StartsWith(what), HasSubstr("start all processes again")); };
  EXPECT_THAT(thrown_when_lost(2, 1), testing::ElementsAre(says("rank 1 was lost ("), ""));
  EXPECT_THAT(thrown_when_lost(2, 0), testing::ElementsAre("", says("rank 0 was lost (")));
  const auto two = says("rank 2 was lost (");
  EXPECT_THAT(thrown_when_lost(4, 2), testing::ElementsAre(two, two, "", two));
}

TEST(JoinProcessGroup, SaysWhereItWaitedInVain) {
  Launch launch;
  launch.size = 2;
  launch.address = "127.0.0.1";
  launch.port = free_port();
  try {
    join_process_group(launch, 1, {});
    FAIL() << "met somebody";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("rank 0 did not meet the other 1 there within 1 s"));
  }
}

}  // namespace
}  // namespace bitloom::train
