#pragma once

#include <cstdint>
#include <span>

#include "data/dataset.h"
#include "recipe/recipe.h"

namespace bitloom::train {

/// What training images go through before the network sees them, anew in each epoch: the recipe's augment section. A function of (seed, epoch,
/// index) and the image alone, whatever thread does it.
class Augmentation {
 public:
  Augmentation(const Recipe::Augment& options, std::uint64_t seed, data::ImageShape shape);

  bool changes_nothing() const;

  /// Which image is blended into another one, and how much of that one is left.
  struct Blend {
    std::int64_t index;
    float share;
  };
  bool blends() const { return options_.mixup > 0; }
  /// Of image `index`, one of `images`, where the recipe says mixup (arXiv:1710.09412): share ~ Beta(alpha, alpha), the other image is any.
  Blend blend(std::int64_t epoch, std::int64_t index, std::int64_t images) const;

  /// @param pixels   channel planes of image `index`
  /// @param changed  as many pixels; where to write
  void apply(std::span<const std::uint8_t> pixels, std::int64_t epoch, std::int64_t index, std::span<std::uint8_t> changed) const;

 private:
  Recipe::Augment options_;
  std::uint64_t seed_;
  data::ImageShape shape_;
};

}  // namespace bitloom::train
