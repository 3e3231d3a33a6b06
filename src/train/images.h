#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/dataset.h"
#include "ir/graph.h"

namespace bitloom::train {

/// Labelled images, one byte a pixel.
struct Images {
  data::ImageShape shape;
  std::vector<std::uint8_t> pixels;  ///< image after image, channel planes; empty: they are those of `set`
  std::vector<std::int32_t> labels;
  std::shared_ptr<const data::Dataset> set = {};

  std::int64_t size() const { return static_cast<std::int64_t>(labels.size()); }
  /// Where it lies, in memory or in a mapped file; or decoded into a buffer of this thread, where it stays until this thread asks again.
  std::span<const std::uint8_t> image(std::int64_t index) const;
};

/// The first `count` images of a set (all of them by default), read through to it.
Images images_of(std::shared_ptr<const data::Dataset> set, std::int64_t count = -1);

/// All images of a set, kept where `cache` allows, for work that reads them again and again (data/cache/image_store.h).
Images load_images(std::shared_ptr<const data::Dataset> set, data::CacheBudget& cache, int threads);

/// CRC-32 over pixels and labels: tells one training's data from another's.
std::uint32_t digest(const Images& images);

/// Turns pixels into a network's input as `preprocess` (ir/interpreter.h) does, to the same bits, with the channels innermost.
class Normalizer {
 public:
  Normalizer(const Preprocessing& preprocessing, int channels);
  /// @param pixels  channel planes
  /// @param input   height x width x channels floats
  void apply(std::span<const std::uint8_t> pixels, std::span<float> input) const;

 private:
  std::vector<std::array<float, 256>> value_;  ///< of each pixel value, per channel
};

}  // namespace bitloom::train
