#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include "base/error.h"
#include "base/test_folder.h"
#include "data/idx/idx_file.h"
#include "data/idx/idx_set.h"
#include "data/test_images.h"

namespace bitloom::data {
namespace fs = std::filesystem;
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string idx_images(std::uint32_t count, std::uint32_t height, std::uint32_t width, const std::string& pixels) {
  return big_endian(0x803) + big_endian(count) + big_endian(height) + big_endian(width) + pixels;
}
std::string idx_labels(const std::string& labels) {
  return big_endian(0x801) + big_endian(static_cast<std::uint32_t>(labels.size())) + labels;
}

std::string gzipped(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

auto refuses(const std::string& file, const std::string& what) {
  return ThrowsMessage<InputError>(AllOf(HasSubstr(file), HasSubstr(what)));
}

class Idx : public testing::Test {
 protected:
  fs::path write(const fs::path& name, const std::string& bytes) {
    put_file(folder_.path() / name, bytes);
    return folder_.path() / name;
  }
  IdxImages images_of(const std::string& bytes) { return read_idx_images(write("images", bytes)); }
  std::vector<std::uint8_t> labels_of(const std::string& bytes) { return read_idx_labels(write("labels", bytes)); }

  TestFolder folder_;
};

TEST_F(Idx, ReadsPlainAndGzippedFilesAlike) {
  const std::string plain = idx_images(2, 1, 3, "abcdef");
  for (const std::string& bytes : {plain, gzipped(plain)}) {
    const IdxImages images = images_of(bytes);
    EXPECT_EQ(images.count, 2);
    EXPECT_EQ(images.height, 1);
    EXPECT_EQ(images.width, 3);
    EXPECT_THAT(images.pixels, ElementsAre('a', 'b', 'c', 'd', 'e', 'f'));
  }
  EXPECT_THAT(labels_of(gzipped(idx_labels("\1\2"))), ElementsAre(1, 2));
}

TEST_F(Idx, SaysWhenImagesAndLabelsAreSwapped) {
  EXPECT_THAT([&] { images_of(idx_labels("abcdefghijklmnop")); }, refuses("images", "0x00000801, not 0x00000803: these are labels"));
  EXPECT_THAT([&] { labels_of(idx_images(1, 1, 1, "a")); }, refuses("labels", "these are images"));
}

TEST_F(Idx, RefusesAnotherMagicNumber) {
  EXPECT_THAT([&] { images_of("<html>not found</html>"); }, refuses("images", "magic number is 0x3c68746d, not 0x00000803; download"));
  EXPECT_THAT([&] { images_of(big_endian(0xD03) + std::string(40, '\0')); }, refuses("images", "0x00000d03"));
}

TEST_F(Idx, SaysHowManyBytesATruncatedFileHasAndShouldHave) {
  EXPECT_THAT([&] { images_of(idx_images(2, 2, 2, "abcde")); },
              refuses("images", "promises 2 images of 2x2 (24 bytes), but it holds 21 bytes"));
  EXPECT_THAT([&] { labels_of(idx_labels("abc").substr(0, 10)); },
              refuses("labels", "promises 3 labels (11 bytes), but it holds 10 bytes"));
}

TEST_F(Idx, RefusesEveryTruncationOfEitherForm) {
  const std::string plain = idx_images(3, 4, 4, std::string(48, 'x')), zipped = gzipped(plain);
  for (std::size_t length = 0; length < plain.size(); ++length)
    EXPECT_THAT([&] { images_of(plain.substr(0, length)); }, refuses("images", "truncated")) << length << " plain bytes";
  for (std::size_t length = 18; length < zipped.size(); ++length)
    EXPECT_THAT([&] { images_of(zipped.substr(0, length)); }, refuses("images", "truncated")) << length << " gzipped bytes";
}

TEST_F(Idx, RefusesGzipDataWhoseChecksumIsWrong) {
  std::string zipped = gzipped(idx_images(1, 2, 2, "abcd"));
  zipped[zipped.size() - 6] ^= 1;  // the CRC lies in front of the 4-byte length
  EXPECT_THAT([&] { images_of(zipped); }, refuses("images", "damaged gzip data"));
}

TEST_F(Idx, RefusesBytesBehindTheLastImage) {
  EXPECT_THAT([&] { images_of(idx_images(1, 2, 2, "abcde")); },
              refuses("images", "longer than its header says: 1 images of 2x2 end at byte 20"));
}

TEST_F(Idx, RefusesEmptySetsAndSizes) {
  EXPECT_THAT([&] { images_of(idx_images(0, 28, 28, "")); }, refuses("images", "promises 0 images"));
  EXPECT_THAT([&] { images_of(idx_images(1, 0, 28, "")); }, refuses("images", "of 0x28"));
  EXPECT_THAT([&] { labels_of(idx_labels("")); }, refuses("labels", "promises 0 labels"));
}

TEST_F(Idx, RefusesHeadersThatPromiseTerabytesWithoutAllocatingThem) {
  EXPECT_THAT([&] { images_of(idx_images(0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, "abc")); }, refuses("images", "damaged header"));
  EXPECT_THAT([&] { images_of(idx_images(0xFFFFFFFF, 28, 28, "abc")); }, refuses("images", "damaged header"));
  EXPECT_THAT([&] { images_of(idx_images(16000000, 32, 32, "abc")); }, refuses("images", "truncated"));  // 16 GB, a size that may exist
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_LT(usage.ru_maxrss, 2 << 20) << "KiB of memory used at the most";
}

class IdxSetFiles : public Idx {
 protected:
  void SetUp() override {
    put("train-images-idx3-ubyte", idx_images(20, 1, 2, pixels(20, 'A')));
    put("train-labels-idx1-ubyte", idx_labels(std::string("\0\1\2\3\4\5\6\7\x8\x9\0\1\2\3\4\5\6\7\x8\x9", 20)));
    put("t10k-images-idx3-ubyte", idx_images(2, 1, 2, pixels(2, 'a')));
    put("t10k-labels-idx1-ubyte", idx_labels("\1\2"));
  }
  void put(const std::string& name, const std::string& bytes) { write(fs::path("mnist") / name, bytes); }
  void remove(const std::string& name) { fs::remove(folder_.path() / "mnist" / name); }
  static std::string pixels(int count, char first) {
    std::string bytes;
    for (int i = 0; i < count; ++i) bytes += {static_cast<char>(first + i), '.'};
    return bytes;
  }
  Splits open() { return open_dataset("mnist", {.data_dir = folder_.path()}); }
};

TEST_F(IdxSetFiles, CutsValidationFromTrainingAndKeepsTest) {
  const Splits splits = open();
  EXPECT_EQ(splits.train->size(), 10);
  EXPECT_EQ(splits.validation->size(), 10) << "a tenth of two images a class, but at least one";
  EXPECT_EQ(splits.test->size(), 2);
  EXPECT_EQ(splits.test->shape(), (ImageShape{1, 1, 2}));
  EXPECT_EQ(splits.test->label(1), 2);
  std::vector<std::uint8_t> image(2);
  splits.test->read(1, image);
  EXPECT_THAT(image, ElementsAre('b', '.'));
}

TEST_F(IdxSetFiles, TakesGzippedFilesToo) {
  remove("t10k-labels-idx1-ubyte");
  put("t10k-labels-idx1-ubyte.gz", gzipped(idx_labels("\3\4")));
  EXPECT_EQ(open().test->label(0), 3);
}

TEST_F(IdxSetFiles, NamesTheMissingFileAndHowToGetIt) {
  remove("t10k-images-idx3-ubyte");
  EXPECT_THAT([&] { open(); }, refuses("mnist/t10k-images-idx3-ubyte: no such file, nor with .gz behind it",
                                       "download it with `bitloom data get mnist`"));
}

TEST_F(IdxSetFiles, NamesTheLabelThatIsOutOfRange) {
  put("t10k-labels-idx1-ubyte", idx_labels("\1\xA"));
  EXPECT_THAT([&] { open(); }, refuses("t10k-labels-idx1-ubyte", "label 10 at index 1, but mnist has the classes 0 to 9"));
}

TEST_F(IdxSetFiles, NamesBothCountsWhenImagesAndLabelsDiffer) {
  put("t10k-labels-idx1-ubyte", idx_labels("\1\2\3"));
  EXPECT_THAT([&] { open(); }, refuses("t10k-labels-idx1-ubyte", "3 labels for the 2 images of "));
}

TEST_F(IdxSetFiles, RefusesTestImagesOfAnotherSize) {
  put("t10k-images-idx3-ubyte", idx_images(2, 2, 1, "abcd"));
  EXPECT_THAT([&] { open(); }, refuses("mnist", "training images are 1x2, test images 2x1"));
}

TEST_F(IdxSetFiles, RefusesToResize) {
  EXPECT_THAT([&] { open_dataset("mnist", {.data_dir = folder_.path(), .height = 14, .width = 14}); },
              refuses("mnist", "not resized to 14x14"));
}

TEST(IdxSet, SaysHowToNameADataFolderWhenNoneIsGiven) {
  const char* set_outside = std::getenv("BITLOOM_DATA");
  const std::string kept = set_outside == nullptr ? "" : set_outside;
  unsetenv("BITLOOM_DATA");
  EXPECT_THAT([] { open_dataset("fashion-mnist"); }, refuses("fashion-mnist", "--data-dir DIR or set BITLOOM_DATA"));
  if (set_outside != nullptr) setenv("BITLOOM_DATA", kept.c_str(), 1);
}

}  // namespace
}  // namespace bitloom::data
