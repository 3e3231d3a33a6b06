#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"

namespace bitloom::data {

/// A decoded picture: channel planes (CHW), 1 (grey) or 3 (red, green, blue) channels.
struct Image {
  ImageShape shape;
  std::vector<std::uint8_t> pixels;
};

/// What a JPEG or PNG file (told apart by content, not by name) will decode to, from its header alone.
/// @param where  the file's name, for errors
/// @throws InputError naming the file and what the decoder found: neither format, a damaged header, CMYK, more than 2^26 pixels
ImageShape probe_image(std::string_view bytes, const std::string& where);

/// Decodes it. Data that had to be made up because a part is missing or damaged is an error, never a grey patch.
///   JPEG: grey or colour; an EXIF rotation is not applied.
///   PNG: every kind; palettes become RGB, 16 bits are scaled to 8, an alpha channel is dropped, gamma is left as it is.
Image decode_image(std::string_view bytes, const std::string& where);

/// Grey repeated to three channels; the image itself if it has `channels` already. A colour image is never made grey.
Image with_channels(Image image, int channels);

/// Stretches or shrinks each axis on its own to `height` x `width`: the mean over the covered area where it shrinks, linear
/// interpolation between pixel centres where it grows. In doubles with one rounding at the end: the same bytes everywhere.
Image resize(const Image& image, int height, int width);

/// 8-bit PNG, written atomically. @throws InputError if it cannot be written
void write_png(const Image& image, const std::filesystem::path& path);

}  // namespace bitloom::data
