#include "data/cache/cache_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/test_folder.h"
#include "base/tiny_disk.h"
#include "data/test_images.h"

namespace bitloom::data {
namespace fs = std::filesystem;
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr ImageShape kShape{1, 2, 3};
const CacheKey kKey{"set", 17};

std::vector<std::uint8_t> image(std::int64_t number) { return std::vector<std::uint8_t>(6, static_cast<std::uint8_t>(number)); }

std::shared_ptr<const CacheFile> make(const fs::path& folder, const CacheKey& key = kKey, std::int64_t count = 1000,
                                      const std::string& text = "said") {
  CacheFileWriter writer(folder, key, kShape, count);
  parallel_for(count, [&](std::int64_t i) {
    if (i != 7) writer.put(i, image(i));
  });
  return writer.finish(text);
}

class Cache : public testing::Test {
 protected:
  fs::path folder() const { return place_.path() / "cache"; }
  fs::path file() const { return folder() / "set.images"; }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder()), fs::directory_iterator())); }

  TestFolder place_;
};

TEST_F(Cache, HoldsTheImagesThatWerePutAndTheText) {
  for (const auto& cache : {make(folder()), CacheFile::open(folder(), kKey)}) {
    ASSERT_NE(cache, nullptr);
    EXPECT_EQ(cache->size(), 1000);
    EXPECT_EQ(cache->shape(), kShape);
    EXPECT_EQ(cache->text(), "said");
    EXPECT_THAT(cache->pixels(999), Each(999 % 256));
    EXPECT_THAT(cache->pixels(7), Each(0));
  }
  EXPECT_EQ(files(), 1u);
}

TEST_F(Cache, IsNotTakenForAnotherContent) {
  EXPECT_EQ(CacheFile::open(folder(), kKey), nullptr);
  make(folder());
  EXPECT_EQ(CacheFile::open(folder(), {"set", 18}), nullptr);
  EXPECT_EQ(CacheFile::open(folder(), {"other", 17}), nullptr);
}

TEST_F(Cache, IsReplacedByANewOneThatLeavesTheOldOneToThoseWhoHaveIt) {
  const auto before = make(folder());
  const auto after = make(folder(), {"set", 18}, 3, "");
  EXPECT_EQ(files(), 1u);
  EXPECT_THAT(before->pixels(5), Each(5));
  EXPECT_EQ(after->size(), 3);
  EXPECT_EQ(CacheFile::open(folder(), kKey), nullptr);
}

TEST_F(Cache, IsNotTakenWithAnyByteWrong) {
  make(folder(), kKey, 20);
  const std::string good = read_file(file());
  for (std::size_t at = 0; at < good.size(); at += at < 64 || at >= 4096 ? 1 : 64 - at % 64) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 4);
    put_file(file(), bad);
    const bool is_padding = at >= 64 && at < 4096;
    EXPECT_EQ(CacheFile::open(folder(), kKey) == nullptr, !is_padding) << "byte " << at;
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{100}, std::size_t{4096}, good.size() - 1}) {
    put_file(file(), good.substr(0, length));
    EXPECT_EQ(CacheFile::open(folder(), kKey), nullptr) << length << " bytes";
  }
  put_file(file(), good + "x");
  EXPECT_EQ(CacheFile::open(folder(), kKey), nullptr);
}

TEST_F(Cache, LeavesNothingWithoutAnEnd) {
  { CacheFileWriter writer(folder(), kKey, kShape, 10); }
  EXPECT_TRUE(fs::is_empty(folder()));
}

TEST_F(Cache, ClearsAwayWhatAKilledProcessLeftAndNotWhatALivingOneWrites) {
  const pid_t child = fork();
  if (child == 0) {
    CacheFileWriter writer(folder(), kKey, kShape, 10);
    _exit(0);  // as if it were killed
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_EQ(files(), 1u);
  const CacheFileWriter living(folder(), kKey, kShape, 10);
  EXPECT_EQ(files(), 1u);
  const auto other = make(folder());
  EXPECT_EQ(files(), 2u);
  EXPECT_EQ(other->size(), 1000);
}

TEST_F(Cache, TwoProcessesMayMakeItAtATime) {
  std::vector<pid_t> children;
  for (int c = 0; c < 4; ++c) {
    children.push_back(fork());
    if (children.back() == 0) {
      for (int round = 0; round < 20; ++round) {
        const auto made = make(folder(), kKey, 50);
        const auto opened = CacheFile::open(folder(), kKey);
        if (made->pixels(49)[0] != 49 || opened == nullptr || opened->pixels(49)[5] != 49) _exit(1);
      }
      _exit(0);
    }
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(files(), 1u);
}

TEST_F(Cache, SaysThatThereIsNoRoomForItBeforeAnyImageIsDecoded) {
  const TinyDisk disk(place_.path() / "disk");
  if (!disk.mounted) GTEST_SKIP() << "mounting a small disk needs root";
  EXPECT_THAT([&] { CacheFileWriter(place_.path() / "disk", kKey, kShape, 100000); },
              ThrowsMessage<InputError>(HasSubstr("disk/set.images: cannot write: No space left on device; free some space")));
  EXPECT_TRUE(fs::is_empty(place_.path() / "disk"));
}

}  // namespace
}  // namespace bitloom::data
