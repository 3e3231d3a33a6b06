#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fpga/stream/design.h"
#include "ir/tensor.h"

namespace bitloom::fpga {

/// The elements of one map or vector in the order in which they travel: row by row, pixel by pixel, channel 0 first.
/// @param tensor  integers, CHW as the graph has them (1xCxHxW, or flattened)
std::vector<std::int32_t> stream_order(const Tensor& tensor, const MapShape& map);

/// Elements as the AXI4-Stream words carry them: each in its field (field_bits), two's complement, low byte first.
std::vector<std::uint8_t> field_bytes(std::span<const std::int32_t> elements, const StreamFormat& format);

/// AXI4-Stream words for $readmemh, one a line.
std::string hex_beats(std::span<const std::uint8_t> bytes, const StreamFormat& format);

/// A memory's initial contents for $readmemh, one word a line.
std::string hex_words(const MemoryFile& memory);

}  // namespace bitloom::fpga
