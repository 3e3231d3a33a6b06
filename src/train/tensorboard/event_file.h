#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "train/training_state.h"

namespace bitloom::train {

/// The metrics as a TensorBoard event file: curves of loss, accuracy, learning rate and speed over the epochs. A file is a row of records, each
/// a length (8 bytes, little-endian), the masked CRC-32C of these bytes, an Event (event.proto), and the masked CRC-32C of that.
std::string to_event_file(const std::vector<EpochMetrics>& metrics);

/// CRC-32C, RFC 3720, appendix B.4 (Castagnoli's polynomial).
std::uint32_t crc32c(std::string_view bytes);

/// As records store a checksum: turned right by 15 bits, plus a constant, so that the checksum of data that holds checksums stays a good one.
std::uint32_t masked(std::uint32_t checksum);

}  // namespace bitloom::train
