#include "data/views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/checksum.h"
#include "data/memory_dataset.h"

namespace bitloom::data {
namespace {

using testing::ElementsAre;

std::shared_ptr<const MemoryDataset> three_images(std::vector<std::uint8_t> pixels = {1, 2, 3, 4, 1, 2},
                                                  std::vector<int> labels = {0, 1, 1}) {
  return std::make_shared<MemoryDataset>(ImageShape{1, 1, 2}, std::move(pixels), std::move(labels), std::vector<std::string>{"a", "b"});
}

TEST(Subset, ShowsTheChosenImagesInTheGivenOrder) {
  const auto view = subset(three_images(), {1, 0, 1});
  EXPECT_EQ(view->size(), 3);
  EXPECT_EQ(view->label(0), 1);
  std::vector<std::uint8_t> image(2);
  view->read(0, image);
  EXPECT_THAT(image, ElementsAre(3, 4));
  view->read(1, image);
  EXPECT_THAT(image, ElementsAre(1, 2));
  EXPECT_THAT(view->pixels(2), ElementsAre(3, 4));
}

TEST(Checksum, ChangesWithPixelLabelOrderShapeAndLength) {
  const std::string original = checksum(*three_images());
  EXPECT_EQ(original, checksum(*three_images()));
  EXPECT_NE(original, checksum(*three_images({1, 2, 3, 5, 1, 2})));
  EXPECT_NE(original, checksum(*three_images({1, 2, 3, 4, 1, 2}, {0, 1, 0})));
  EXPECT_NE(original, checksum(*subset(three_images(), {1, 0, 2})));
  EXPECT_NE(original, checksum(*subset(three_images(), {0, 1})));
  EXPECT_NE(original, checksum(MemoryDataset({1, 2, 1}, {1, 2, 3, 4, 1, 2}, {0, 1, 1}, {"a", "b"})));
}

TEST(FirstEqual, PointsRepeatedImagesToTheFirst) { EXPECT_THAT(first_equal(*three_images()), ElementsAre(0, 1, 0)); }

}  // namespace
}  // namespace bitloom::data
