#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace bitloom {
namespace {

TEST(ParallelFor, VisitsEveryIndexOnceForAnyNumberOfThreads) {
  for (const int threads : {1, 2, 3, 8})
    for (const std::int64_t count : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
      parallel_for(count, [&](std::int64_t i) { ++visits[static_cast<std::size_t>(i)]; }, threads);
      for (const std::atomic<int>& n : visits) ASSERT_EQ(n, 1) << count << " indices, " << threads << " threads";
    }
}

TEST(ParallelFor, StaysInTheCallersThreadWhenAskedForOne) {
  std::set<std::thread::id> seen;
  parallel_for(100, [&](std::int64_t) { seen.insert(std::this_thread::get_id()); }, 1);
  EXPECT_EQ(seen, std::set{std::this_thread::get_id()});
}

TEST(ParallelFor, RethrowsTheExceptionAndStopsHandingOutIndices) {
  std::atomic<int> visits{0};
  const auto body = [&](std::int64_t i) {
    ++visits;
    if (i == 3) throw std::runtime_error("index 3");
  };
  try {
    parallel_for(1'000'000'000, body, 2);
    FAIL() << "no exception came through";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "index 3");
  }
  EXPECT_LT(visits, 1'000'000'000);
}

TEST(ParallelFor, MayBeNested) {
  std::atomic<int> sum{0};
  parallel_for(8, [&](std::int64_t) { parallel_for(8, [&](std::int64_t) { ++sum; }, 2); }, 2);
  EXPECT_EQ(sum, 64);
}

TEST(DefaultThreads, FollowsTheEnvironmentAndIgnoresNonsense) {
  unsetenv("BITLOOM_THREADS");
  const int processors = default_threads();
  EXPECT_GE(processors, 1);
  setenv("BITLOOM_THREADS", "3", 1);
  EXPECT_EQ(default_threads(), 3);
  for (const char* nonsense : {"0", "-2", "many", ""}) {
    setenv("BITLOOM_THREADS", nonsense, 1);
    EXPECT_EQ(default_threads(), processors) << "BITLOOM_THREADS=" << nonsense;
  }
  unsetenv("BITLOOM_THREADS");
}

}  // namespace
}  // namespace bitloom
