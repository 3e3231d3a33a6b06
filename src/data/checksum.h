#pragma once

#include "data/dataset.h"

namespace bitloom::data {

/// FNV-1a, 64 bits. Tells images apart; no protection against someone who builds a collision.
std::uint64_t hash_bytes(std::span<const std::uint8_t> bytes);
std::uint64_t hash_text(const std::string& text);

/// Hash of the pixels of every image, in the set's order; made in parallel.
std::vector<std::uint64_t> image_hashes(const Dataset& set);

/// 16 hexadecimal digits over shape, order, labels and pixels: two parts with the same checksum train the same network.
std::string checksum(const Dataset& set);

/// For every image the lowest index that holds the same pixels: itself, or the one that it repeats. Compares pixels where hashes agree.
std::vector<std::int64_t> first_equal(const Dataset& set);

}  // namespace bitloom::data
