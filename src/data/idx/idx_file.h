#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace bitloom::data {

// The IDX format of MNIST: a big-endian magic number (two zero bytes, the element type, the number of dimensions), one 32-bit size a
// dimension, then the elements, last dimension fastest. Read plain or gzipped, told apart by content.

struct IdxImages {
  std::int64_t count = 0;
  int height = 0, width = 0;
  std::vector<std::uint8_t> pixels;  ///< count * height * width, row by row
};

/// Three dimensions of unsigned bytes (magic 0x00000803).
/// @throws InputError naming the file: unreadable, wrong magic, empty, shorter or longer than its header says, damaged gzip data.
/// A header that promises more than there is costs no more memory than the file's own bytes.
IdxImages read_idx_images(const std::filesystem::path& path);

/// How many bytes of pixels that will be, from the header alone. @throws InputError likewise
std::int64_t idx_pixel_bytes(const std::filesystem::path& path);

/// One dimension of unsigned bytes (magic 0x00000801). @throws InputError likewise
std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path);

}  // namespace bitloom::data
