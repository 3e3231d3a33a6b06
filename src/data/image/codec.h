#pragma once

#include "data/image/image.h"

namespace bitloom::data {

// What jpeg.cpp and png.cpp share; for others image.h is the interface.

inline constexpr std::int64_t kMostPixels = std::int64_t{1} << 26;

/// @throws InputError if a picture of this size is not read: empty, or so large that its header is damaged or hostile
void require_readable_size(std::int64_t height, std::int64_t width, const std::string& where);
[[noreturn]] void fail_damaged(const std::string& where, const std::string& format, const std::string& reason);

/// One row of interleaved channels into its place in the planes.
void scatter_row(const std::uint8_t* row, int y, Image& image);

bool is_jpeg(std::string_view bytes);
ImageShape probe_jpeg(std::string_view bytes, const std::string& where);
Image decode_jpeg(std::string_view bytes, const std::string& where);

bool is_png(std::string_view bytes);
ImageShape probe_png(std::string_view bytes, const std::string& where);
Image decode_png(std::string_view bytes, const std::string& where);

}  // namespace bitloom::data
