#include "report/png.h"

#include <gtest/gtest.h>
#include <png.h>

#include "report/testing/sample_report.h"

namespace bitloom::report {
namespace {

/// The file's pixels as channel planes again.
Image decoded(const std::string& bytes) {
  png_image head{};
  head.version = PNG_IMAGE_VERSION;
  EXPECT_TRUE(png_image_begin_read_from_memory(&head, bytes.data(), bytes.size())) << head.message;
  const bool colour = (head.format & PNG_FORMAT_FLAG_COLOR) != 0;
  head.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(head));
  EXPECT_TRUE(png_image_finish_read(&head, nullptr, pixels.data(), 0, nullptr)) << head.message;
  Image image{colour ? 3 : 1, static_cast<int>(head.height), static_cast<int>(head.width), {}};
  for (std::size_t c = 0; c < static_cast<std::size_t>(image.channels); ++c)
    for (std::size_t i = c; i < pixels.size(); i += static_cast<std::size_t>(image.channels)) image.pixels.push_back(pixels[i]);
  return image;
}

TEST(EncodePng, KeepsEveryPixelOfGreyAndColourImages) {
  for (const int channels : {1, 3}) {
    const Image image = sample_image(3, channels), back = decoded(encode_png(image));
    EXPECT_EQ(back.channels, channels);
    EXPECT_EQ(back.height, 28);
    EXPECT_EQ(back.width, 28);
    EXPECT_EQ(back.pixels, image.pixels);
  }
}

TEST(EncodePng, KeepsHeightAndWidthApart) {
  const Image image{1, 2, 3, {1, 2, 3, 4, 5, 6}}, back = decoded(encode_png(image));
  EXPECT_EQ(back.height, 2);
  EXPECT_EQ(back.width, 3);
  EXPECT_EQ(back.pixels, image.pixels);
}

}  // namespace
}  // namespace bitloom::report
