#pragma once

#include <stdio.h>  // jpeglib.h needs FILE before it

#include <jpeglib.h>
#include <zlib.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "data/image/image.h"

// For tests: image files built byte by byte, so that each kind and each damage can be made.
namespace bitloom::data {

/// Not base's write_file, whose fsync of each file would take most of these tests' time.
inline void put_file(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string big_endian(std::uint32_t number) {
  return {static_cast<char>(number >> 24), static_cast<char>(number >> 16), static_cast<char>(number >> 8), static_cast<char>(number)};
}

inline std::string png_chunk(const std::string& type, const std::string& content) {
  const std::string checked = type + content;
  const auto crc = static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size())));
  return big_endian(static_cast<std::uint32_t>(content.size())) + checked + big_endian(crc);
}

inline std::string zlib_compressed(const std::string& bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()));
  return out.substr(0, size);
}

struct PngKind {
  int bit_depth, colour_type;  // colour_type: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha
  std::string chunks = {};     // between IHDR and IDAT
};

/// @param rows  each a filter byte (0: none) and the packed samples
inline std::string png_file(std::uint32_t width, std::uint32_t height, const PngKind& kind, const std::vector<std::string>& rows) {
  std::string scan;
  for (const std::string& row : rows) scan += row;
  const std::string header = big_endian(width) + big_endian(height) + static_cast<char>(kind.bit_depth) +
                             static_cast<char>(kind.colour_type) + std::string(3, '\0');
  return "\x89PNG\r\n\x1A\n" + png_chunk("IHDR", header) + kind.chunks + png_chunk("IDAT", zlib_compressed(scan)) + png_chunk("IEND", "");
}

/// A whole PNG of one colour.
inline std::string plain_png(std::uint32_t width, std::uint32_t height, const std::string& colour) {
  std::string row(1, '\0');
  for (std::uint32_t x = 0; x < width; ++x) row += colour;
  return png_file(width, height, {8, colour.size() == 1 ? 0 : 2}, std::vector<std::string>(height, row));
}

/// @param colours  one of libjpeg's input colour spaces with image.shape.channels components
inline std::string jpeg_file(const Image& image, J_COLOR_SPACE colours, int quality = 95) {
  jpeg_compress_struct encoder{};
  jpeg_error_mgr errors{};
  encoder.err = jpeg_std_error(&errors);
  jpeg_create_compress(&encoder);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&encoder, &bytes, &size);
  const std::size_t width = static_cast<std::size_t>(image.shape.width), plane = width * static_cast<std::size_t>(image.shape.height);
  const auto channels = static_cast<std::size_t>(image.shape.channels);
  encoder.image_width = static_cast<JDIMENSION>(image.shape.width);
  encoder.image_height = static_cast<JDIMENSION>(image.shape.height);
  encoder.input_components = image.shape.channels;
  encoder.in_color_space = colours;
  jpeg_set_defaults(&encoder);
  jpeg_set_quality(&encoder, quality, TRUE);
  jpeg_start_compress(&encoder, TRUE);
  std::vector<std::uint8_t> row(width * channels);
  for (std::size_t y = 0; y < static_cast<std::size_t>(image.shape.height); ++y) {
    for (std::size_t x = 0; x < width; ++x)
      for (std::size_t c = 0; c < channels; ++c) row[x * channels + c] = image.pixels[c * plane + y * width + x];
    JSAMPROW pointer = row.data();
    jpeg_write_scanlines(&encoder, &pointer, 1);
  }
  jpeg_finish_compress(&encoder);
  std::string file(reinterpret_cast<const char*>(bytes), size);
  jpeg_destroy_compress(&encoder);
  std::free(bytes);
  return file;
}

/// Planes that run smoothly from corner to corner, each channel another way.
inline Image gradient(ImageShape shape) {
  Image image{shape, {}};
  for (int c = 0; c < shape.channels; ++c)
    for (int y = 0; y < shape.height; ++y)
      for (int x = 0; x < shape.width; ++x) {
        const int along = c == 0 ? x : c == 1 ? y : x + y;
        image.pixels.push_back(static_cast<std::uint8_t>(20 + 200 * along / (shape.width + shape.height)));
      }
  return image;
}

}  // namespace bitloom::data
