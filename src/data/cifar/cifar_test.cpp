#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/test_folder.h"
#include "data/cifar/cifar_set.h"

namespace bitloom::data {
namespace fs = std::filesystem;
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::size_t kPixels = 3 * 32 * 32;

/// `labels`, then pixels that differ from record to record.
std::string record(const std::string& labels, int number) {
  std::string pixels(kPixels, static_cast<char>(number));
  pixels[0] = static_cast<char>(255 - number);
  return labels + pixels;
}

/// As many records a class as given.
std::string records(int classes, int each, bool has_superclass, int first = 0) {
  std::string bytes;
  for (int i = 0; i < classes * each; ++i) {
    const char label = static_cast<char>(i % classes);
    bytes += record(has_superclass ? std::string{'\x05', label} : std::string{label}, first + i);
  }
  return bytes;
}

class Cifar : public testing::Test {
 protected:
  Cifar() {
    const fs::path ten = place_.path() / "cifar10" / "cifar-10-batches-bin";
    fs::create_directories(ten);
    for (int batch = 1; batch <= 5; ++batch) write_file(ten / ("data_batch_" + std::to_string(batch) + ".bin"), records(10, 2, false, 20 * batch));
    write_file(ten / "test_batch.bin", records(10, 1, false, 200));
    write_file(ten / "batches.meta.txt", "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
  }
  Splits open(const std::string& name) const {
    for (const CifarSet& set : cifar_sets())
      if (set.name == name) return open_cifar(set, {.data_dir = place_.path()});
    return {};
  }
  fs::path file(const char* name) const { return place_.path() / "cifar10" / "cifar-10-batches-bin" / name; }
  auto refuses(const std::string& what) const { return ThrowsMessage<InputError>(HasSubstr(what)); }

  TestFolder place_;
};

TEST_F(Cifar, ReadsAllBatchesAndCutsValidationFromThem) {
  const Splits splits = open("cifar10");
  EXPECT_EQ(splits.train->size() + splits.validation->size(), 100);
  EXPECT_EQ(splits.validation->size(), 10);
  EXPECT_EQ(splits.test->size(), 10);
  EXPECT_EQ(splits.train->class_names()[9], "truck");
  EXPECT_EQ(splits.test->label(7), 7);
  std::vector<std::uint8_t> pixels(kPixels);
  splits.test->read(3, pixels);
  EXPECT_EQ(pixels[0], 255 - 203);
  EXPECT_EQ(pixels[1], 203);
}

TEST_F(Cifar, TakesFilesWithoutTheArchivesFolder) {
  fs::rename(place_.path() / "cifar10" / "cifar-10-batches-bin", place_.path() / "bare");
  fs::remove(place_.path() / "cifar10");
  fs::rename(place_.path() / "bare", place_.path() / "cifar10");
  EXPECT_EQ(open("cifar10").test->size(), 10);
}

TEST_F(Cifar, TheClassOfCifar100IsTheSecondLabel) {
  const fs::path hundred = place_.path() / "cifar100" / "cifar-100-binary";
  fs::create_directories(hundred);
  std::string names;
  for (int i = 0; i < 100; ++i) names += "class" + std::to_string(i) + "\r\n";
  write_file(hundred / "fine_label_names.txt", names);
  write_file(hundred / "train.bin", records(100, 2, true));
  write_file(hundred / "test.bin", records(100, 1, true));
  const Splits splits = open("cifar100");
  EXPECT_EQ(splits.test->label(42), 42);
  EXPECT_EQ(splits.test->class_names()[42], "class42");
}

TEST_F(Cifar, NamesTheFileThatIsWrong) {
  const std::string good = read_file(file("data_batch_3.bin"));
  write_file(file("data_batch_3.bin"), good.substr(0, good.size() - 1));
  EXPECT_THAT([&] { open("cifar10"); }, ThrowsMessage<InputError>(AllOf(HasSubstr("data_batch_3.bin: 61459 bytes are no whole number of records of 3073"))));
  write_file(file("data_batch_3.bin"), "\x0a" + good.substr(1));
  EXPECT_THAT([&] { open("cifar10"); }, refuses("data_batch_3.bin: label 10 in record 0, but cifar10 has the classes 0 to 9"));
  fs::remove(file("data_batch_3.bin"));
  EXPECT_THAT([&] { open("cifar10"); }, refuses("data_batch_3.bin: no such file; download it with `bitloom data get cifar10`"));
  write_file(file("batches.meta.txt"), "cat\n");
  EXPECT_THAT([&] { open("cifar10"); }, refuses("batches.meta.txt: 1 class names, but cifar10 has 10 classes"));
  EXPECT_THAT([&] { open("cifar100"); }, refuses("fine_label_names.txt: no such file"));
}

}  // namespace
}  // namespace bitloom::data
