#include "data/image/image.h"

#include <fmt/format.h>

#include <cassert>

#include "base/error.h"
#include "base/text.h"
#include "data/image/codec.h"

namespace bitloom::data {
namespace {

[[noreturn]] void fail_format(std::string_view bytes, const std::string& where) {
  throw InputError(where, bytes.empty() ? "an empty file, not a JPEG or PNG image" : "not a JPEG or PNG image, whatever its name says",
                   "replace or remove it");
}

}  // namespace

void require_readable_size(std::int64_t height, std::int64_t width, const std::string& where) {
  if (height <= 0 || width <= 0 || height > kMostPixels / width)
    throw InputError(where, fmt::format("its header says {}x{} pixels; images have 1 to {} pixels", height, width, kMostPixels),
                     "replace or remove it");
}

void fail_damaged(const std::string& where, const std::string& format, const std::string& reason) {
  throw InputError(where, "damaged " + format + ": " + printable(reason), "replace or remove it");
}

void scatter_row(const std::uint8_t* row, int y, Image& image) {
  const std::size_t width = static_cast<std::size_t>(image.shape.width), plane = width * static_cast<std::size_t>(image.shape.height);
  const auto channels = static_cast<std::size_t>(image.shape.channels);
  std::uint8_t* out = image.pixels.data() + static_cast<std::size_t>(y) * width;
  for (std::size_t x = 0; x < width; ++x)
    for (std::size_t c = 0; c < channels; ++c) out[c * plane + x] = row[x * channels + c];
}

ImageShape probe_image(std::string_view bytes, const std::string& where) {
  if (is_jpeg(bytes)) return probe_jpeg(bytes, where);
  if (is_png(bytes)) return probe_png(bytes, where);
  fail_format(bytes, where);
}

Image decode_image(std::string_view bytes, const std::string& where) {
  if (is_jpeg(bytes)) return decode_jpeg(bytes, where);
  if (is_png(bytes)) return decode_png(bytes, where);
  fail_format(bytes, where);
}

Image with_channels(Image image, int channels) {
  if (image.shape.channels == channels) return image;
  assert(image.shape.channels == 1 && channels == 3);
  const std::vector<std::uint8_t> grey = image.pixels;
  for (int copy = 1; copy < channels; ++copy) image.pixels.insert(image.pixels.end(), grey.begin(), grey.end());
  image.shape.channels = channels;
  return image;
}

}  // namespace bitloom::data
