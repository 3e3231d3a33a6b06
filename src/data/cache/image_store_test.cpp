#include "data/cache/image_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/progress.h"
#include "base/test_folder.h"
#include "data/cache/cache_budget.h"
#include "data/checksum.h"
#include "data/generated/generated_set.h"
#include "data/test_images.h"
#include "data/views.h"

namespace bitloom::data {
namespace fs = std::filesystem;
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::int64_t kDigitsBytes = 2000 * 28 * 28;  // of its validation part

std::shared_ptr<const Dataset> digits() { return open_generated(digits_set()).validation; }

TEST(KeepImages, HoldsThemInMemoryWhereTheyFit) {
  CacheBudget budget{kDigitsBytes + 5};
  const auto kept = keep_images(digits(), budget);
  EXPECT_FALSE(kept->pixels(0).empty());
  EXPECT_EQ(checksum(*kept), checksum(*digits()));
  EXPECT_EQ(kept->class_names(), digits()->class_names());
  EXPECT_EQ(budget.bytes, 5);
  EXPECT_EQ(keep_images(kept, budget), kept) << "what lies in memory is not copied";
  EXPECT_FALSE(keep_images(subset(kept, {5, 1}), budget)->pixels(1).empty());
  EXPECT_EQ(budget.bytes, 5);
}

TEST(KeepImages, DrawsThemAtEachReadWhereTheyDoNotFit) {
  CacheBudget budget{kDigitsBytes - 1};
  const auto set = digits();
  EXPECT_EQ(keep_images(set, budget), set);
  EXPECT_EQ(budget.bytes, kDigitsBytes - 1);
}

TEST(KeepImages, MapsThemFromAFileWhereTheyDoNotFitAndTakesItAgain) {
  const TestFolder place;
  CacheBudget budget{kDigitsBytes - 1, place.path()};
  const std::string expected = checksum(*digits());
  EXPECT_EQ(checksum(*keep_images(digits(), budget)), expected);
  EXPECT_EQ(budget.bytes, kDigitsBytes - 1);
  ASSERT_FALSE(fs::is_empty(place.path()));
  const fs::path file = fs::directory_iterator(place.path())->path();
  const auto made = fs::last_write_time(file);
  EXPECT_EQ(checksum(*keep_images(digits(), budget)), expected);
  EXPECT_EQ(fs::last_write_time(file), made);
  // Parts have a file each; a set that cannot tell what it is made from has none.
  keep_images(open_generated(digits_set()).test, budget);
  EXPECT_EQ(std::distance(fs::directory_iterator(place.path()), fs::directory_iterator()), 2);
  const auto some = subset(digits(), {1, 2, 3});
  CacheBudget none{0, place.path()};
  EXPECT_EQ(keep_images(some, none), some);
}

/// A folder set of 12 images of 16 bytes.
class FolderCache : public testing::Test {
 protected:
  void SetUp() override {
    Progress::set_quiet(true);
    for (int i = 0; i < 12; ++i) put(i, i);
  }
  void TearDown() override { Progress::set_quiet(false); }
  void put(int place, int level) {
    const std::string name = (place < 6 ? "a/" : "b/") + std::to_string(place) + ".png";
    put_file(root_.path() / name, plain_png(4, 4, std::string(1, static_cast<char>(10 * level + 1))));
  }
  /// With room for this many images in memory; a budget is a number of megabytes, so that the images are resized to some.
  Splits open(bool fit, const fs::path& cache = {}, bool skip = false) const {
    return open_dataset("dir:" + root_.path().string(),
                        {.height = 500, .width = 500, .skip_corrupt = skip, .cache_mb = fit ? 4 : 2, .cache_dir = cache});
  }
  std::string sums(const Splits& splits) const { return checksum(*splits.train) + checksum(*splits.validation) + checksum(*splits.test); }
  fs::path file() const { return fs::directory_iterator(cache_.path())->path(); }

  TestFolder root_, cache_;
};

TEST_F(FolderCache, GivesTheSameImagesWhereverTheyAreKept) {
  const Splits memory = open(true), disk = open(false), mapped = open(false, cache_.path()), again = open(false, cache_.path());
  EXPECT_FALSE(memory.train->pixels(0).empty());
  EXPECT_TRUE(disk.train->pixels(0).empty());
  EXPECT_FALSE(mapped.train->pixels(0).empty());
  for (const Splits* other : {&disk, &mapped, &again}) EXPECT_EQ(sums(*other), sums(memory));
  EXPECT_EQ(memory.cache.bytes, 4'000'000 - 12 * 250'000);
  EXPECT_EQ(disk.cache.bytes, 2'000'000);
  EXPECT_EQ(mapped.cache.bytes, 2'000'000);
}

TEST_F(FolderCache, KeepsAPartOfASetThatDoesNotFitAsAWhole) {
  Splits disk = open(false);
  EXPECT_FALSE(keep_images(disk.train, disk.cache)->pixels(0).empty());
  EXPECT_EQ(disk.cache.bytes, 2'000'000 - disk.train->size() * 250'000);
}

TEST_F(FolderCache, ReadsNoImageWhoseNamesSizesAndTimesAreKnown) {
  const std::string expected = sums(open(false, cache_.path()));
  const fs::path victim = root_.path() / "a/3.png";
  const auto size = fs::file_size(victim);
  const auto time = fs::last_write_time(victim);
  put_file(victim, std::string(size, 'x'));  // no image any more
  fs::last_write_time(victim, time);
  EXPECT_EQ(sums(open(false, cache_.path())), expected);
}

TEST_F(FolderCache, DecodesAnewWhenAnImageChangesAndKeepsOneFileASet) {
  const std::string before = sums(open(false, cache_.path()));
  put(3, 20);
  const std::string after = sums(open(false, cache_.path()));
  EXPECT_NE(after, before);
  EXPECT_EQ(after, sums(open(true)));
  put(12, 21);
  EXPECT_EQ(sums(open(false, cache_.path())), sums(open(true)));
  EXPECT_EQ(std::distance(fs::directory_iterator(cache_.path()), fs::directory_iterator()), 1);
}

TEST_F(FolderCache, IsMadeAnewWhenItIsDamaged) {
  const std::string expected = sums(open(false, cache_.path()));
  for (const std::uintmax_t size : {fs::file_size(file()) - 1, std::uintmax_t{5000}, std::uintmax_t{0}}) {
    fs::resize_file(file(), size);
    EXPECT_EQ(sums(open(false, cache_.path())), expected);
  }
}

TEST_F(FolderCache, RemembersWhichImagesAreCorrupt) {
  put_file(root_.path() / "a/3.png", "not an image");
  const Splits first = open(false, cache_.path(), true), again = open(false, cache_.path(), true);
  EXPECT_EQ(first.notes, again.notes);
  EXPECT_EQ(first.notes.front(), "skipped 1 of 12 images, which are corrupt");
  EXPECT_EQ(sums(first), sums(again));
  EXPECT_THAT([&] { open(false, cache_.path()); }, ThrowsMessage<InputError>(HasSubstr("/a/3.png: not a JPEG or PNG image")));
}

TEST_F(FolderCache, TakesItsFolderFromTheEnvironment) {
  setenv("BITLOOM_CACHE", cache_.path().c_str(), 1);
  EXPECT_FALSE(open(false).train->pixels(0).empty());
  unsetenv("BITLOOM_CACHE");
  EXPECT_TRUE(open(false).train->pixels(0).empty());
}

TEST(CacheBudget, IsAQuarterOfTheMemoryOrWhatIsAsked) {
  EXPECT_GT(cache_budget({}).bytes, 100'000'000);
  EXPECT_EQ(cache_budget({.cache_mb = 3}).bytes, 3'000'000);
  CacheBudget budget{100};
  spend(budget, 60, "set");
  EXPECT_THAT([&] { spend(budget, 60, "set"); },
              ThrowsMessage<InputError>(HasSubstr("set: takes 60 B of memory, and 40 B are allowed; raise --cache-mb")));
}

}  // namespace
}  // namespace bitloom::data
