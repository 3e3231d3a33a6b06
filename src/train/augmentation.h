#pragma once

#include <cstdint>
#include <span>

#include "data/dataset.h"
#include "recipe/recipe.h"

namespace bitloom::train {

/// What training images go through before the network sees them, anew in each epoch: the recipe's augment section, in its order. A function
/// of (seed, epoch, index) and the image alone, whatever thread does it.
class Augmentation {
 public:
  Augmentation(const Recipe::Augment& options, std::uint64_t seed, data::ImageShape shape);

  bool changes_nothing() const;

  /// @param pixels   channel planes of image `index`
  /// @param changed  as many pixels; where to write
  void apply(std::span<const std::uint8_t> pixels, std::int64_t epoch, std::int64_t index, std::span<std::uint8_t> changed) const;

 private:
  Recipe::Augment options_;
  std::uint64_t seed_;
  data::ImageShape shape_;
};

}  // namespace bitloom::train
