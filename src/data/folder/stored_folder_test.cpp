#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/progress.h"
#include "base/test_folder.h"
#include "data/checksum.h"
#include "data/folder/stored_folder_set.h"
#include "data/test_images.h"

namespace bitloom::data {
namespace fs = std::filesystem;
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// EuroSAT's layout on a small scale: 2 classes, 6 images each, 4x4.
class StoredFolder : public testing::Test {
 protected:
  void SetUp() override {
    Progress::set_quiet(true);
    fill("new");
  }
  void TearDown() override { Progress::set_quiet(false); }
  void fill(const std::string& tree) {
    for (int i = 0; i < 12; ++i) put(tree, i, 3);
  }
  void put(const std::string& tree, int i, int channels) {
    Image image = gradient({channels, 4, 4});
    for (std::uint8_t& pixel : image.pixels) pixel = static_cast<std::uint8_t>(pixel / 2 + 10 * i);
    const std::string name = i < 6 ? "Forest" : "River";
    put_file(place_.path() / "small" / tree / name / (name + "_" + std::to_string(i % 6 + 1) + ".jpg"),
             jpeg_file(image, channels == 1 ? JCS_GRAYSCALE : JCS_RGB));
  }
  Splits open(OpenOptions options = {}) const {
    options.data_dir = place_.path();
    return open_stored_folder(set_, options);
  }
  auto refuses(const std::string& place, const std::string& what) const {
    return ThrowsMessage<InputError>(AllOf(HasSubstr(place), HasSubstr(what)));
  }

  TestFolder place_;
  StoredFolderSet set_{"small", {"new", "old"}, {3, 4, 4}, 2, 12};
};

TEST_F(StoredFolder, CutsTheSamePartsUnderEitherName) {
  const Splits splits = open();
  EXPECT_THAT(splits.train->class_names(), testing::ElementsAre("Forest", "River"));
  EXPECT_EQ(splits.train->size() + splits.validation->size() + splits.test->size(), 12);
  EXPECT_EQ(splits.test->size(), 2);
  fs::rename(place_.path() / "small/new", place_.path() / "small/old");
  EXPECT_EQ(checksum(*open().test), checksum(*splits.test));
}

TEST_F(StoredFolder, SaysHowToGetWhatIsNotThere) {
  fs::remove_all(place_.path() / "small");
  EXPECT_THAT([&] { open(); }, refuses("small/new: no such folder", "download it with `bitloom data get small`"));
}

TEST_F(StoredFolder, RefusesATreeThatIsNotTheWholeSet) {
  fs::remove(place_.path() / "small/new/River/River_6.jpg");
  EXPECT_THAT([&] { open(); }, refuses("small/new", "holds 11 images of 2 classes, small has 12 of 2"));
}

TEST_F(StoredFolder, RefusesImagesOfAnotherKind) {
  for (int i = 0; i < 12; ++i) put("new", i, 1);
  EXPECT_THAT([&] { open(); }, refuses("small/new", "images are 1x4x4, those of small 3x4x4"));
}

TEST_F(StoredFolder, SkipsCorruptImagesWhenAsked) {
  put_file(place_.path() / "small/new/River/River_6.jpg", "not an image");
  EXPECT_THAT([&] { open(); }, refuses("River_6.jpg", "not a JPEG or PNG image"));
  EXPECT_EQ(open({.skip_corrupt = true}).notes.front(), "skipped 1 of 12 images, which are corrupt");
}

TEST(StoredFolderSets, EurosatIsKnownByName) {
  const TestFolder place;
  EXPECT_THAT([&] { open_dataset("eurosat", {.data_dir = place.path()}); },
              ThrowsMessage<InputError>(HasSubstr("eurosat/EuroSAT_RGB: no such folder; download it with `bitloom data get eurosat`")));
}

}  // namespace
}  // namespace bitloom::data
