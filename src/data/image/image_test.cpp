#include "data/image/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "base/test_folder.h"
#include "data/test_images.h"

namespace bitloom::data {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string row(std::initializer_list<int> samples) {
  std::string bytes(1, '\0');
  for (const int sample : samples) bytes += static_cast<char>(sample);
  return bytes;
}

auto refuses(const std::string& what) { return ThrowsMessage<InputError>(AllOf(HasSubstr("cat.jpg"), HasSubstr(what))); }

TEST(DecodePng, SeparatesRgbIntoPlanes) {
  const Image image = decode_image(png_file(2, 1, {8, 2}, {row({1, 2, 3, 4, 5, 6})}), "a");
  EXPECT_EQ(image.shape, (ImageShape{3, 1, 2}));
  EXPECT_THAT(image.pixels, ElementsAre(1, 4, 2, 5, 3, 6));
}

TEST(DecodePng, ReadsGreyOfOneBitTo16Bits) {
  EXPECT_THAT(decode_image(png_file(4, 1, {1, 0}, {row({0b10100000})}), "a").pixels, ElementsAre(255, 0, 255, 0));
  EXPECT_THAT(decode_image(png_file(2, 1, {4, 0}, {row({0x1F})}), "a").pixels, ElementsAre(17, 255));
  EXPECT_THAT(decode_image(png_file(2, 1, {16, 0}, {row({0x80, 0x80, 0xFF, 0xFF})}), "a").pixels, ElementsAre(0x80, 255));
}

TEST(DecodePng, DropsTheAlphaChannel) {
  EXPECT_THAT(decode_image(png_file(2, 1, {8, 4}, {row({10, 0, 20, 255})}), "a").pixels, ElementsAre(10, 20));
  EXPECT_THAT(decode_image(png_file(1, 1, {8, 6}, {row({1, 2, 3, 0})}), "a").pixels, ElementsAre(1, 2, 3));
}

TEST(DecodePng, LooksColoursUpInThePalette) {
  const PngKind palette{8, 3, png_chunk("PLTE", std::string("\x01\x02\x03\x09\x08\x07", 6))};
  const Image image = decode_image(png_file(2, 1, palette, {row({1, 0})}), "a");
  EXPECT_EQ(image.shape.channels, 3);
  EXPECT_THAT(image.pixels, ElementsAre(9, 1, 8, 2, 7, 3));
}

TEST(DecodePng, LeavesGammaAsItIs) {
  const PngKind linear{8, 0, png_chunk("gAMA", big_endian(100000))};
  EXPECT_THAT(decode_image(png_file(2, 1, linear, {row({64, 128})}), "a").pixels, ElementsAre(64, 128));
}

TEST(DecodePng, ReadsWhatWritePngWrote) {
  const TestFolder folder;
  for (const int channels : {1, 3}) {
    const Image image = gradient({channels, 7, 5});
    write_png(image, folder.path() / "x.png");
    const Image back = decode_image(read_file(folder.path() / "x.png"), "x.png");
    EXPECT_EQ(back.shape, image.shape);
    EXPECT_EQ(back.pixels, image.pixels);
  }
}

TEST(DecodePng, RefusesEveryTruncationAndNamesTheFile) {
  const std::string whole = plain_png(9, 9, "abc");
  for (std::size_t length = 8; length < whole.size(); ++length)
    EXPECT_THAT([&] { decode_image(whole.substr(0, length), "cat.jpg"); }, refuses("damaged PNG")) << length << " bytes";
}

TEST(DecodePng, RefusesPixelsWithAWrongChecksum) {
  std::string bytes = plain_png(9, 9, "abc");
  bytes[bytes.find("IDAT") + 6] ^= 1;
  EXPECT_THAT([&] { decode_image(bytes, "cat.jpg"); }, refuses("damaged PNG"));
}

TEST(DecodePng, RefusesFewerRowsThanTheHeaderSays) {
  EXPECT_THAT([] { decode_image(png_file(2, 3, {8, 0}, {row({1, 2}), row({3, 4})}), "cat.jpg"); }, refuses("damaged PNG"));
}

TEST(DecodePng, RefusesAHeaderThatWouldTakeTerabytesBeforeAllocating) {
  EXPECT_THAT([] { decode_image(png_file(0x7FFFFFFF, 0x7FFFFFFF, {8, 2}, {}), "cat.jpg"); }, refuses("2147483647x2147483647 pixels"));
  EXPECT_THAT([] { probe_image(png_file(0x7FFFFFFF, 0x7FFFFFFF, {8, 2}, {}), "cat.jpg"); }, refuses("2147483647x2147483647 pixels"));
}

TEST(DecodeJpeg, ReadsGreyAsOneChannelAndColourAsThreeCloseToTheOriginal) {
  for (const int channels : {1, 3}) {
    const Image image = gradient({channels, 40, 24});
    const std::string bytes = jpeg_file(image, channels == 1 ? JCS_GRAYSCALE : JCS_RGB);
    EXPECT_EQ(probe_image(bytes, "a"), image.shape);
    const Image back = decode_image(bytes, "a");
    ASSERT_EQ(back.shape, image.shape);
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
      EXPECT_NEAR(back.pixels[i], image.pixels[i], 8) << "channels " << channels << ", byte " << i;
  }
}

TEST(DecodeJpeg, RefusesEveryTruncationInsteadOfFillingUpWithGrey) {
  const std::string whole = jpeg_file(gradient({3, 24, 24}), JCS_RGB);
  for (std::size_t length = 3; length + 2 < whole.size(); length += 7)  // without the last two bytes, the end marker, every pixel is there
    EXPECT_THAT([&] { decode_image(whole.substr(0, length), "cat.jpg"); }, refuses("damaged JPEG")) << length << " bytes";
}

TEST(DecodeJpeg, RefusesACodeStreamThatWasOverwritten) {
  std::string bytes = jpeg_file(gradient({3, 64, 64}), JCS_RGB);
  for (std::size_t i = bytes.size() - 120; i < bytes.size() - 60; ++i) bytes[i] = static_cast<char>(0xFF);
  EXPECT_THAT([&] { decode_image(bytes, "cat.jpg"); }, refuses("damaged JPEG"));
}

TEST(DecodeJpeg, AcceptsStrayBytesThatCostNoPixel) {
  const Image image = gradient({1, 16, 16});
  std::string bytes = jpeg_file(image, JCS_GRAYSCALE);
  bytes.insert(20, "junk");  // behind the start marker and the 18 bytes of JFIF
  EXPECT_EQ(decode_image(bytes, "a").pixels, decode_image(jpeg_file(image, JCS_GRAYSCALE), "a").pixels);
}

TEST(DecodeJpeg, RefusesCmykAndNamesTheFix) {
  EXPECT_THAT([] { decode_image(jpeg_file(gradient({4, 8, 8}), JCS_CMYK), "cat.jpg"); }, refuses("convert it to RGB"));
}

TEST(DecodeImage, TellsFormatsApartByContent) {
  EXPECT_EQ(decode_image(plain_png(1, 1, "x"), "png-named-as.jpg").pixels, std::vector<std::uint8_t>{'x'});
  EXPECT_THAT([] { decode_image("GIF89a", "cat.jpg"); }, refuses("not a JPEG or PNG"));
  EXPECT_THAT([] { decode_image("", "cat.jpg"); }, refuses("empty file"));
}

/// Flips bytes of a good file. Whatever comes of it, the decoder answers with an image or an InputError (run under the address
/// sanitizer in the debug preset).
TEST(DecodeImage, SurvivesRandomDamage) {
  const std::string files[] = {jpeg_file(gradient({3, 24, 40}), JCS_RGB), plain_png(13, 11, "abc"),
                               png_file(8, 2, {1, 3, png_chunk("PLTE", "abcdef")}, {row({0x5A}), row({0xA5})})};
  constexpr std::uint64_t kSeed = 20261;
  int decoded = 0, refused = 0;
  for (std::uint64_t round = 0; round < 600; ++round) {
    RandomStream random({kSeed, round});
    std::string bytes = files[round % 3];
    for (std::uint64_t flips = 1 + random.below(6); flips > 0; --flips)
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    try {
      decode_image(bytes, "x");
      ++decoded;
    } catch (const InputError&) {
      ++refused;
    }
  }
  EXPECT_EQ(decoded + refused, 600) << "seed " << kSeed;
  EXPECT_GT(decoded, 20);
  EXPECT_GT(refused, 200);
}

TEST(WithChannels, RepeatsGrey) {
  EXPECT_THAT(with_channels({{1, 1, 2}, {3, 4}}, 3).pixels, ElementsAre(3, 4, 3, 4, 3, 4));
  EXPECT_THAT(with_channels({{3, 1, 1}, {3, 4, 5}}, 3).pixels, ElementsAre(3, 4, 5));
}

TEST(Resize, TakesTheMeanOverTheCoveredAreaWhenShrinking) {
  EXPECT_THAT(resize({{1, 2, 4}, {0, 10, 20, 30, 2, 12, 22, 32}}, 1, 2).pixels, ElementsAre(6, 26));
  EXPECT_THAT(resize({{1, 1, 3}, {0, 30, 90}}, 1, 2).pixels, ElementsAre(10, 70)) << "the middle pixel counts half on either side";
}

TEST(Resize, InterpolatesBetweenPixelCentresWhenGrowing) {
  EXPECT_THAT(resize({{1, 1, 2}, {0, 100}}, 1, 4).pixels, ElementsAre(0, 25, 75, 100));
}

TEST(Resize, ResizesEachAxisAndChannelOnItsOwn) {
  EXPECT_THAT(resize({{3, 2, 1}, {0, 10, 20, 40, 7, 7}}, 1, 2).pixels, ElementsAre(5, 5, 30, 30, 7, 7));
}

TEST(Resize, KeepsAFlatImageFlatAtEverySize) {
  for (const int level : {0, 1, 127, 254, 255})
    for (int size = 1; size < 40; size += 3) {
      const Image flat{{1, 17, 13}, std::vector<std::uint8_t>(17 * 13, static_cast<std::uint8_t>(level))};
      EXPECT_THAT(resize(flat, size, 40 - size).pixels, Each(level)) << size << " rows";
    }
}

}  // namespace
}  // namespace bitloom::data
