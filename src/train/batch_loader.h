#pragma once

#include <cstdint>
#include <span>

#include "ir/graph.h"
#include "train/augmentation.h"
#include "train/images.h"

namespace bitloom::train {

/// Makes a network's input of images: changed as the augmentation says, blended where it blends, and normalized.
class BatchLoader {
 public:
  /// What happens to images on the way.
  struct Changes {
    const Augmentation* augmentation = nullptr;  ///< null: nothing
    std::int64_t epoch = 0;                      ///< for the augmentation
  };

  explicit BatchLoader(const Graph& graph);

  /// @param input    images x height x width x channels floats
  /// @param threads  that load images side by side
  void load(const Images& images, std::span<const std::uint32_t> indices, const Changes& changes, std::span<float> input, int threads = 1) const;

 private:
  void load_blend(const Images& images, std::int64_t index, const Changes& changes, std::span<float> input) const;
  void load_image(const Images& images, std::int64_t index, const Changes& changes, std::span<float> input) const;

  Normalizer normalizer_;
  std::int64_t image_elements_;
};

}  // namespace bitloom::train
