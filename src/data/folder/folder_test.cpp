#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/test_folder.h"
#include "data/checksum.h"
#include "data/folder/folder_set.h"
#include "data/folder/listing.h"
#include "data/test_images.h"

namespace bitloom::data {
namespace fs = std::filesystem;
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

auto refuses(const std::string& file, const std::string& what) {
  return ThrowsMessage<InputError>(AllOf(HasSubstr(file), HasSubstr(what)));
}

/// A one-pixel-high grey picture that no other `number` has.
std::string picture(int number) {
  std::string row(1, '\0');
  for (int i = 0; i < 4; ++i) row += static_cast<char>(number >> (2 * i) & 3);
  return png_file(4, 1, {8, 0}, {row});
}

class Folder : public testing::Test {
 protected:
  void SetUp() override { Progress::set_quiet(true); }
  void TearDown() override { Progress::set_quiet(false); }

  void put(const fs::path& name, const std::string& bytes) { put_file(root() / name, bytes); }
  /// `count` different pictures in `folder`; `first` keeps those of several folders apart.
  void fill(const std::string& folder, int count, int first) {
    for (int i = 0; i < count; ++i) put(fs::path(folder) / (std::to_string(i) + ".png"), picture(first + i));
  }
  const fs::path& root() const { return folder_.path(); }
  Splits open(OpenOptions options = {}) { return open_dataset("dir:" + root().string(), options); }

  TestFolder folder_;
};

std::set<std::string> pixels_of(const Dataset& set) {
  std::set<std::string> all;
  std::vector<std::uint8_t> image(static_cast<std::size_t>(set.shape().bytes()));
  for (std::int64_t i = 0; i < set.size(); ++i) {
    set.read(i, image);
    all.emplace(image.begin(), image.end());
  }
  return all;
}

TEST_F(Folder, NumbersClassesByTheirSortedNames) {
  fill("zebra", 3, 0);
  fill("ant", 3, 10);
  fill("Yak", 3, 20);
  const Listing listing = list_images(root());
  EXPECT_THAT(listing.class_names, ElementsAre("Yak", "ant", "zebra"));
  EXPECT_EQ(listing.images.front().path, root() / "Yak" / "0.png");
  EXPECT_EQ(listing.images.back().label, 2);
}

TEST_F(Folder, TakesEveryCaseOfTheEndingsAndFollowsLinks) {
  fill("a", 1, 0);
  put("a/b.PNG", picture(1));
  put("a/c.Jpeg", picture(2));
  put("a/d.JPG", picture(3));
  fill(".stored/elsewhere", 2, 8);
  fs::create_directory_symlink(".stored/elsewhere", root() / "b");
  fs::create_symlink("0.png", root() / "a" / "link.png");
  const Listing listing = list_images(root());
  EXPECT_THAT(listing.class_names, ElementsAre("a", "b"));
  EXPECT_EQ(listing.images.size(), 7u);
  EXPECT_THAT(listing.notes, IsEmpty());
}

TEST_F(Folder, LeavesOtherFilesOutWithANoteAndPassesOverHiddenOnes) {
  fill("a", 3, 0);
  fill("b", 3, 10);
  put("labels.txt", "a b");
  put("a/anim.gif", "GIF89a");
  put("a/.DS_Store", "x");
  put(".git/config", "x");
  const Listing listing = list_images(root());
  EXPECT_EQ(listing.images.size(), 6u);
  EXPECT_THAT(listing.notes, ElementsAre(AllOf(HasSubstr("2 files"), HasSubstr("labels.txt"))));
  EXPECT_EQ(open().notes, listing.notes);
}

TEST_F(Folder, RefusesWhatLooksLikeAMistakeInTheLayout) {
  EXPECT_THAT([&] { open_dataset("dir:" + (root() / "none").string()); }, refuses("none", "no such folder"));
  EXPECT_THAT([] { open_dataset("dir:"); }, refuses("dir:", "write dir:PATH"));
  EXPECT_THAT([&] { open(); }, refuses(root().string(), "holds no class folders"));
  fill("a", 2, 0);
  EXPECT_THAT([&] { open(); }, refuses(root().string(), "one class only, 'a'"));
  make_directories(root() / "b");
  EXPECT_THAT([&] { open(); }, refuses("/b", "holds no .jpg, .jpeg or .png image"));
  fill("b/deeper", 1, 10);
  EXPECT_THAT([&] { open(); }, refuses("/b/deeper", "a folder inside a class folder"));
  fs::remove_all(root() / "b");
  fill("b", 2, 10);
  fs::create_symlink("nowhere.png", root() / "b" / "x.png");
  EXPECT_THAT([&] { open(); }, refuses("/b/x.png", "link to nothing"));
  fs::remove(root() / "b" / "x.png");
  ASSERT_EQ(mkfifo((root() / "b" / "pipe.png").c_str(), 0600), 0);
  EXPECT_THAT([&] { open(); }, refuses("/b/pipe.png", "neither a file nor a folder"));
  fs::remove(root() / "b" / "pipe.png");
  put("file", "x");
  EXPECT_THAT([&] { open_dataset("dir:" + (root() / "file").string()); }, refuses("/file", "not a folder"));
  EXPECT_THAT([&] { open_dataset("dir:" + std::string(5000, 'x')); }, refuses("xxx", "File name too long"));
  fill("\xFF", 2, 20);
  EXPECT_THAT([&] { open(); }, refuses("class folder", "not UTF-8"));
}

TEST_F(Folder, ReadsPartsThatAreGiven) {
  for (const std::string name : {"a", "b"}) {
    fill("train/" + name, 3, name == "a" ? 0 : 10);
    fill("val/" + name, 2, name == "a" ? 20 : 30);
    fill("test/" + name, 1, name == "a" ? 40 : 50);
  }
  const Splits splits = open();
  EXPECT_EQ(splits.train->size(), 6);
  EXPECT_EQ(splits.validation->size(), 4);
  EXPECT_EQ(splits.test->size(), 2);
  EXPECT_EQ(pixels_of(*splits.validation).count(std::string("\0\1\1\0", 4)), 1u) << "picture 20";
  EXPECT_THAT(splits.notes, IsEmpty());
}

TEST_F(Folder, RefusesPartsThatDoNotFitTogether) {
  fill("train/a", 2, 0);
  fill("train/b", 2, 10);
  EXPECT_THAT([&] { open(); }, refuses(root().string(), "has train/ but no test/"));
  fill("test/a", 2, 20);
  fill("test/c", 2, 30);
  EXPECT_THAT([&] { open(); }, refuses("/test", "class 'b' is missing from it"));
  fill("test/b", 2, 40);
  EXPECT_THAT([&] { open(); }, refuses("/test", "class 'c' is missing from train/"));
  fs::remove_all(root() / "test/c");
  fill("validation/a", 1, 50);
  fill("validation/b", 1, 51);
  fill("valid/a", 1, 52);
  EXPECT_THAT([&] { open(); }, refuses("/validation", "a second validation folder"));
  fs::remove_all(root() / "valid");
  make_directories(root() / "more");
  EXPECT_THAT([&] { open(); }, refuses("/more", "unexpected beside train/"));
}

TEST_F(Folder, TakesAClassThatIsCalledTrainForAClass) {
  fill("train", 3, 0);
  fill("plane", 3, 10);
  EXPECT_THAT(open().train->class_names(), ElementsAre("plane", "train"));
}

TEST_F(Folder, CutsPartsThatShareNoPictureAndMissNone) {
  fill("a", 20, 0);
  fill("b", 30, 100);
  const Splits splits = open();
  EXPECT_EQ(splits.test->size(), 4 + 6) << "a fifth of each class";
  EXPECT_EQ(splits.validation->size(), 2 + 2) << "a tenth of the rest of each class";
  EXPECT_EQ(splits.train->size(), 14 + 22);
  std::set<std::string> all;
  for (const auto& part : {splits.train, splits.validation, splits.test}) all.merge(pixels_of(*part));
  EXPECT_EQ(all.size(), 50u);
}

TEST_F(Folder, CutsTheSameTestPartWhateverTheSeedButAnotherValidationPart) {
  fill("a", 40, 0);
  fill("b", 40, 100);
  const Splits one = open({.seed = 1}), two = open({.seed = 2}), again = open({.seed = 2});
  EXPECT_EQ(checksum(*one.test), checksum(*two.test));
  EXPECT_NE(pixels_of(*one.validation), pixels_of(*two.validation));
  EXPECT_EQ(checksum(*two.validation), checksum(*again.validation));
  EXPECT_EQ(checksum(*two.train), checksum(*again.train));
}

TEST_F(Folder, KeepsCopiesOfAPictureInOnePart) {
  fill("a", 12, 0);
  fill("b", 12, 100);
  for (int i = 0; i < 12; ++i) put("b/copy" + std::to_string(i) + ".png", picture(i));  // every picture of a is also in b
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Splits splits = open({.seed = seed, .validation_share = 0.3});
    const std::set<std::string> train = pixels_of(*splits.train), validation = pixels_of(*splits.validation),
                                test = pixels_of(*splits.test);
    EXPECT_EQ(train.size() + validation.size() + test.size(), 24u) << "seed " << seed;
  }
}

TEST_F(Folder, WarnsWhenAGivenTestPartRepeatsTrainingPictures) {
  fill("train/a", 3, 0);
  fill("train/b", 3, 10);
  fill("test/a", 2, 1);
  fill("test/b", 2, 20);
  EXPECT_THAT(open().notes,
              Contains(AllOf(HasSubstr("2 images stand in two parts"), HasSubstr("train/a/1.png"), HasSubstr("test/a/0.png"))));
}

TEST_F(Folder, ShufflesSoThatTheFirstImagesShowSeveralClasses) {
  for (int c = 0; c < 4; ++c) fill(std::string(1, static_cast<char>('a' + c)), 30, 50 * c);
  const Splits splits = open();
  for (const auto& part : {splits.train, splits.test}) {
    std::set<int> labels;
    for (int i = 0; i < 10; ++i) labels.insert(part->label(i));
    EXPECT_GE(labels.size(), 3u);
  }
}

TEST_F(Folder, IsInColourAsSoonAsOneImageIs) {
  fill("a", 3, 0);
  fill("b", 3, 10);
  EXPECT_EQ(open().train->shape(), (ImageShape{1, 1, 4}));
  put("b/colour.png", plain_png(4, 1, "abc"));
  const Splits splits = open();
  EXPECT_EQ(splits.train->shape(), (ImageShape{3, 1, 4}));
  std::set<std::string> all;
  for (const auto& part : {splits.train, splits.validation, splits.test}) all.merge(pixels_of(*part));
  EXPECT_EQ(all.count(std::string("\1\0\0\0\1\0\0\0\1\0\0\0", 12)), 1u) << "picture 1, its channel three times";
  EXPECT_EQ(all.count("aaaabbbbcccc"), 1u);
}

TEST_F(Folder, NamesTwoFilesWhenSizesDifferAndResizesWhenAsked) {
  fill("a", 3, 0);
  fill("b", 3, 10);
  put("b/wide.png", plain_png(5, 1, "x"));
  EXPECT_THAT([&] { open(); }, refuses("/b/wide.png: is 1x5, but ", "/a/0.png is 1x4; set a height and width"));
  EXPECT_EQ(open({.height = 2, .width = 3}).train->shape(), (ImageShape{1, 2, 3}));
  EXPECT_THAT([&] { open({.height = 2}); }, refuses(root().string(), "give both height and width"));
}

TEST_F(Folder, NamesTheDamagedImageAndTheDecodersReasonWhenOpened) {
  fill("a", 3, 0);
  fill("b", 3, 10);
  const std::string jpeg = jpeg_file(gradient({1, 1, 4}), JCS_GRAYSCALE);
  put("b/broken.jpg", jpeg.substr(0, jpeg.size() - 8));
  EXPECT_THAT([&] { open(); }, refuses("/b/broken.jpg: damaged JPEG: Premature end of JPEG file", "replace or remove it"));
  put("b/broken.jpg", "");
  EXPECT_THAT([&] { open(); }, refuses("/b/broken.jpg", "an empty file"));
}

TEST_F(Folder, NamesTheFirstDamagedImageAndCountsTheOthers) {
  fill("a", 30, 0);
  fill("b", 30, 100);
  for (const char* name : {"a/17.png", "a/29.png", "b/3.png"}) put(name, "not an image");
  EXPECT_THAT([&] { open(); }, refuses("/a/17.png", "(and 2 more images like it)"));
}

TEST_F(Folder, SkipsCorruptImagesWhenAskedAndNamesThem) {
  fill("a", 20, 0);
  fill("b", 20, 100);
  put("a/17.png", "not an image");               // found by its header
  put("b/3.png", picture(103).substr(0, 45));    // found by its pixels
  put("b/4.png", "");
  EXPECT_THAT([&] { open(); }, refuses("/a/17.png", "(and 1 more images like it)"));
  const Splits splits = open({.skip_corrupt = true});
  std::set<std::string> all;
  for (const auto& part : {splits.train, splits.validation, splits.test}) all.merge(pixels_of(*part));
  EXPECT_EQ(all.size(), 37u);
  EXPECT_EQ(splits.train->size() + splits.validation->size() + splits.test->size(), 37);
  EXPECT_THAT(splits.notes, ElementsAre("skipped 3 of 40 images, which are corrupt", HasSubstr("/a/17.png: not a JPEG or PNG image"),
                                        HasSubstr("/b/3.png: damaged PNG"), HasSubstr("/b/4.png: an empty file")));
}

TEST_F(Folder, OpensWithoutACorruptImageAsIfItWereNotThere) {
  fill("a", 12, 0);
  fill("b", 12, 100);
  const Splits clean = open();
  put("b/zz.png", "not an image");  // last by name, so that it moves no other image
  const Splits skipped = open({.skip_corrupt = true});
  EXPECT_EQ(checksum(*clean.train), checksum(*skipped.train));
  EXPECT_EQ(checksum(*clean.test), checksum(*skipped.test));
}

TEST_F(Folder, NamesAFewOfManyCorruptImages) {
  fill("a", 20, 0);
  fill("b", 20, 100);
  for (int i = 0; i < 9; ++i) put("a/" + std::to_string(i) + ".png", "not an image");
  const std::vector<std::string> notes = open({.skip_corrupt = true}).notes;
  ASSERT_EQ(notes.size(), 7u);
  EXPECT_EQ(notes.front(), "skipped 9 of 40 images, which are corrupt");
  EXPECT_EQ(notes.back(), "skipped 4 more");
}

TEST_F(Folder, RefusesASetOfWhichTooLittleIsLeft) {
  fill("a", 20, 0);
  fill("b", 4, 100);
  for (int i = 0; i < 4; ++i) put("b/" + std::to_string(i) + ".png", "not an image");
  EXPECT_THAT([&] { open({.skip_corrupt = true}); }, refuses("/b: all of its images (4) are corrupt", "remove the folder"));
  for (int i = 0; i < 9; ++i) put("a/" + std::to_string(i) + ".png", picture(i).substr(0, 45));
  fill("b", 1, 100);
  EXPECT_EQ(open({.height = 1, .width = 4, .skip_corrupt = true}).notes.front(), "skipped 12 of 24 images, which are corrupt");
  put("a/9.png", "not an image");
  EXPECT_THAT([&] { open({.skip_corrupt = true}); },
              refuses(root().string(), "13 of 24 images are corrupt, more than may be skipped; the first: "));
}

TEST_F(Folder, SkipsNoImageThatIsOnlyUnreadable) {
  fill("a", 5, 0);
  fill("b", 5, 10);
  fs::remove(root() / "b/2.png");
  fs::create_symlink("/proc/self/mem", root() / "b/2.png");  // may be opened, and not read: also by root
  EXPECT_THAT([&] { open({.skip_corrupt = true}); }, refuses("/b/2.png", "cannot read"));
}

TEST_F(Folder, RefusesAClassTooSmallToBeCut) {
  fill("a", 1, 0);
  fill("b", 1, 10);
  EXPECT_THAT([&] { open(); }, refuses(root().string(), "no class has enough different images"));
}

}  // namespace
}  // namespace bitloom::data
