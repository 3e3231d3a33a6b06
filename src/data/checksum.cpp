#include "data/checksum.h"

#include <fmt/format.h>

#include <unordered_map>

#include "base/parallel.h"

namespace bitloom::data {
namespace {

constexpr std::uint64_t kOffset = 0xCBF29CE484222325u, kPrime = 0x100000001B3u;

std::uint64_t add_number(std::uint64_t hash, std::uint64_t number) {
  for (int byte = 0; byte < 8; ++byte) hash = (hash ^ (number >> (8 * byte) & 0xFF)) * kPrime;
  return hash;
}

std::vector<std::uint8_t> read_image(const Dataset& set, std::int64_t index) {
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(set.shape().bytes()));
  set.read(index, pixels);
  return pixels;
}

}  // namespace

std::uint64_t hash_bytes(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = kOffset;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * kPrime;
  return hash;
}

std::uint64_t hash_text(const std::string& text) { return hash_bytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}); }

std::vector<std::uint64_t> image_hashes(const Dataset& set) {
  std::vector<std::uint64_t> hashes(static_cast<std::size_t>(set.size()));
  parallel_for(set.size(), [&](std::int64_t i) { hashes[static_cast<std::size_t>(i)] = hash_bytes(read_image(set, i)); });
  return hashes;
}

std::string checksum(const Dataset& set) {
  const ImageShape shape = set.shape();
  std::uint64_t hash = kOffset;
  for (const std::int64_t number : {std::int64_t{shape.channels}, std::int64_t{shape.height}, std::int64_t{shape.width}, set.size()})
    hash = add_number(hash, static_cast<std::uint64_t>(number));
  const std::vector<std::uint64_t> images = image_hashes(set);
  for (std::int64_t i = 0; i < set.size(); ++i)
    hash = add_number(add_number(hash, static_cast<std::uint64_t>(set.label(i))), images[static_cast<std::size_t>(i)]);
  return fmt::format("{:016x}", hash);
}

std::vector<std::int64_t> first_equal(const Dataset& set) {
  const std::vector<std::uint64_t> hashes = image_hashes(set);
  std::unordered_multimap<std::uint64_t, std::int64_t> seen;
  std::vector<std::int64_t> first(hashes.size());
  for (std::int64_t i = 0; i < set.size(); ++i) {
    const std::uint64_t hash = hashes[static_cast<std::size_t>(i)];
    std::int64_t& own = first[static_cast<std::size_t>(i)] = i;
    for (auto [at, end] = seen.equal_range(hash); at != end; ++at)
      if (read_image(set, at->second) == read_image(set, i)) own = at->second;
    if (own == i) seen.emplace(hash, i);
  }
  return first;
}

}  // namespace bitloom::data
