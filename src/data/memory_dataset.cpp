#include "data/memory_dataset.h"

#include <algorithm>
#include <cassert>

namespace bitloom::data {

MemoryDataset::MemoryDataset(ImageShape shape, std::vector<std::uint8_t> pixels, std::vector<int> labels,
                             std::vector<std::string> class_names)
    : shape_(shape), pixels_(std::move(pixels)), labels_(std::move(labels)), class_names_(std::move(class_names)) {
  assert(static_cast<std::int64_t>(pixels_.size()) == size() * shape_.bytes());
}

void MemoryDataset::read(std::int64_t index, std::span<std::uint8_t> out) const {
  const std::span<const std::uint8_t> image = pixels(index);
  assert(out.size() == image.size());
  std::copy(image.begin(), image.end(), out.begin());
}

std::span<const std::uint8_t> MemoryDataset::pixels(std::int64_t index) const {
  assert(index >= 0 && index < size());
  const auto bytes = static_cast<std::size_t>(shape_.bytes());
  return {pixels_.data() + static_cast<std::size_t>(index) * bytes, bytes};
}

}  // namespace bitloom::data
