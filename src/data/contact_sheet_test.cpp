#include "data/contact_sheet.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/test_folder.h"
#include "data/image/image.h"
#include "data/memory_dataset.h"

namespace bitloom::data {
namespace {

/// 32x32 images of one grey level each, three of class 0 and one of class 1.
MemoryDataset levels() {
  std::vector<std::uint8_t> pixels;
  for (const int level : {10, 20, 30, 40}) pixels.insert(pixels.end(), 32 * 32, static_cast<std::uint8_t>(level));
  return {{1, 32, 32}, pixels, {0, 1, 0, 0}, {"a", "b"}};
}

/// Grey level in the middle of a place of the sheet; a cell is 64 pixels and the gap before it 2.
int level_at(const Image& sheet, int row, int col) {
  return sheet.pixels[static_cast<std::size_t>((2 + row * 66 + 32) * sheet.shape.width + 2 + col * 66 + 32)];
}

TEST(ContactSheet, ShowsAClassARowInTheSetsOrderAndLeavesPlacesBlank) {
  const TestFolder folder;
  write_contact_sheet(levels(), 0, 2, folder.path() / "sheet.png");
  const Image sheet = decode_image(read_file(folder.path() / "sheet.png"), "sheet.png");
  EXPECT_EQ(sheet.shape, (ImageShape{1, 134, 134})) << "each image enlarged twice";
  EXPECT_EQ(level_at(sheet, 0, 0), 10);
  EXPECT_EQ(level_at(sheet, 0, 1), 30);
  EXPECT_EQ(level_at(sheet, 1, 0), 20);
  EXPECT_EQ(level_at(sheet, 1, 1), 255);
}

TEST(ContactSheet, GoesOnWithTheFirstClassInFurtherRows) {
  const TestFolder folder;
  write_contact_sheet(levels(), 3, 2, folder.path() / "sheet.png");
  const Image sheet = decode_image(read_file(folder.path() / "sheet.png"), "sheet.png");
  EXPECT_EQ(level_at(sheet, 2, 0), 40);
}

TEST(ContactSheet, SaysWhenItCannotBeWritten) {
  EXPECT_THROW(write_contact_sheet(levels(), 0, 2, "/no/such/folder/sheet.png"), InputError);
}

}  // namespace
}  // namespace bitloom::data
