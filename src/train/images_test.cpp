#include "train/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "base/test_folder.h"
#include "data/generated/generated_set.h"

namespace bitloom::train {
namespace {

/// Read into one array, as a plain loop does it.
Images flat(const data::Dataset& set) {
  Images images{set.shape(), std::vector<std::uint8_t>(static_cast<std::size_t>(set.size() * set.shape().bytes())), {}};
  const auto bytes = static_cast<std::size_t>(set.shape().bytes());
  for (std::int64_t i = 0; i < set.size(); ++i) {
    set.read(i, std::span(images.pixels).subspan(static_cast<std::size_t>(i) * bytes, bytes));
    images.labels.push_back(set.label(i));
  }
  return images;
}

std::uint32_t plain_digest(const Images& images) {
  const uLong crc = crc32_z(0, images.pixels.data(), images.pixels.size());
  return static_cast<std::uint32_t>(crc32_z(crc, reinterpret_cast<const Bytef*>(images.labels.data()), 4 * images.labels.size()));
}

TEST(Images, AreTheSameWhereverTheyLie) {
  const TestFolder place;
  const auto set = data::open_generated(data::digits_set()).validation;
  const Images expected = flat(*set);
  data::CacheBudget room{std::int64_t{1} << 30}, none{}, file{0, place.path()};
  const Images in_memory = load_images(set, room, 2), drawn = load_images(set, none, 2), mapped = load_images(set, file, 2);
  EXPECT_EQ(drawn.set, set);
  EXPECT_FALSE(in_memory.set->pixels(0).empty());
  EXPECT_FALSE(mapped.set->pixels(0).empty());
  for (const Images* images : {&in_memory, &drawn, &mapped, &expected}) {
    EXPECT_EQ(images->labels, expected.labels);
    EXPECT_EQ(digest(*images), plain_digest(expected));
    for (const std::int64_t i : {std::int64_t{0}, std::int64_t{77}, images->size() - 1})
      EXPECT_TRUE(std::ranges::equal(images->image(i), expected.image(i))) << "image " << i;
  }
  EXPECT_EQ(mapped.image(5).data(), mapped.set->pixels(5).data()) << "read where it lies, not copied";
}

TEST(Images, MayBeTheFirstOfASet) {
  const auto set = data::open_generated(data::digits_set()).test;
  EXPECT_EQ(images_of(set, 10).size(), 10);
  EXPECT_EQ(images_of(set, 1 << 30).size(), set->size());
  EXPECT_EQ(images_of(set).size(), set->size());
}

}  // namespace
}  // namespace bitloom::train
