#include "report/png.h"

#include <png.h>

#include <cassert>
#include <stdexcept>

namespace bitloom::report {
namespace {

/// Channel planes to pixels, as PNG has them.
std::vector<png_byte> interleaved(const Image& image) {
  const auto channels = static_cast<std::size_t>(image.channels), area = image.pixels.size() / channels;
  std::vector<png_byte> pixels(image.pixels.size());
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t i = 0; i < area; ++i) pixels[i * channels + c] = image.pixels[c * area + i];
  return pixels;
}

}  // namespace

std::string encode_png(const Image& image) {
  assert((image.channels == 1 || image.channels == 3) && image.height > 0 && image.width > 0);
  assert(image.pixels.size() == static_cast<std::size_t>(image.channels) * static_cast<std::size_t>(image.height * image.width));
  png_image head{};
  head.version = PNG_IMAGE_VERSION;
  head.width = static_cast<png_uint_32>(image.width);
  head.height = static_cast<png_uint_32>(image.height);
  head.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  const std::vector<png_byte> pixels = interleaved(image);
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(head), '\0');
  png_alloc_size_t size = bytes.size();
  if (png_image_write_to_memory(&head, bytes.data(), &size, 0, pixels.data(), 0, nullptr) == 0)
    throw std::runtime_error(std::string("libpng: ") + head.message);
  bytes.resize(size);
  return bytes;
}

}  // namespace bitloom::report
