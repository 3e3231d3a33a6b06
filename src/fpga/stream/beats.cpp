#include "fpga/stream/beats.h"

#include <cassert>

namespace bitloom::fpga {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

}  // namespace

std::vector<std::int32_t> stream_order(const Tensor& tensor, const MapShape& map) {
  assert(tensor.elements() == map.elements());
  const auto values = tensor.integers();
  std::vector<std::int32_t> ordered;
  ordered.reserve(values.size());
  const std::int64_t plane = map.height * map.width;
  for (std::int64_t pixel = 0; pixel < plane; ++pixel)
    for (std::int64_t c = 0; c < map.channels; ++c) ordered.push_back(values[static_cast<std::size_t>(c * plane + pixel)]);
  return ordered;
}

std::vector<std::uint8_t> field_bytes(std::span<const std::int32_t> elements, const StreamFormat& format) {
  const int bytes_each = field_bits(format.bits) / 8;
  std::vector<std::uint8_t> bytes;
  bytes.reserve(elements.size() * static_cast<std::size_t>(bytes_each));
  for (const std::int32_t element : elements)
    for (int b = 0; b < bytes_each; ++b) bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(element) >> (8 * b)));
  return bytes;
}

std::string hex_beats(std::span<const std::uint8_t> bytes, const StreamFormat& format) {
  const auto beat = static_cast<std::size_t>(format.lanes * field_bits(format.bits) / 8);
  assert(bytes.size() % beat == 0);
  std::string text;
  text.reserve(bytes.size() * 2 + bytes.size() / beat);
  for (std::size_t begin = 0; begin < bytes.size(); begin += beat) {
    for (std::size_t b = beat; b-- > 0;) text.append({kDigits[bytes[begin + b] >> 4], kDigits[bytes[begin + b] & 15]});
    text += '\n';
  }
  return text;
}

std::string hex_words(const MemoryFile& memory) {
  assert(memory.fields.size() % static_cast<std::size_t>(memory.fields_per_word) == 0);
  const int word_bits = memory.field_bits * memory.fields_per_word, digits = (word_bits + 3) / 4;
  std::string text;
  for (std::size_t first = 0; first < memory.fields.size(); first += static_cast<std::size_t>(memory.fields_per_word)) {
    std::string word(static_cast<std::size_t>(digits), '0');  // most significant digit first
    std::vector<int> nibbles(static_cast<std::size_t>(digits), 0);
    for (int bit = 0; bit < word_bits; ++bit) {
      const std::int64_t field = memory.fields[first + static_cast<std::size_t>(bit / memory.field_bits)];
      if ((field >> (bit % memory.field_bits)) & 1) nibbles[static_cast<std::size_t>(bit / 4)] |= 1 << (bit % 4);
    }
    for (int d = 0; d < digits; ++d) word[static_cast<std::size_t>(digits - 1 - d)] = kDigits[nibbles[static_cast<std::size_t>(d)]];
    text += word + '\n';
  }
  return text;
}

}  // namespace bitloom::fpga
