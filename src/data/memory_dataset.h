#pragma once

#include "data/dataset.h"

namespace bitloom::data {

/// Images decoded into memory, one behind the other.
class MemoryDataset final : public Dataset {
 public:
  /// @param pixels  labels.size() images of shape.bytes() each
  MemoryDataset(ImageShape shape, std::vector<std::uint8_t> pixels, std::vector<int> labels, std::vector<std::string> class_names);

  std::int64_t size() const override { return static_cast<std::int64_t>(labels_.size()); }
  ImageShape shape() const override { return shape_; }
  int label(std::int64_t index) const override { return labels_[static_cast<std::size_t>(index)]; }
  void read(std::int64_t index, std::span<std::uint8_t> pixels) const override;
  const std::vector<std::string>& class_names() const override { return class_names_; }

  std::span<const std::uint8_t> pixels(std::int64_t index) const override;

 private:
  ImageShape shape_;
  std::vector<std::uint8_t> pixels_;
  std::vector<int> labels_;
  std::vector<std::string> class_names_;
};

}  // namespace bitloom::data
