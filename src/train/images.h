#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "data/dataset.h"
#include "ir/graph.h"

namespace bitloom::train {

/// A split of a data set in memory, one byte a pixel: read and decoded once, so that a step never waits for a disk.
struct Images {
  data::ImageShape shape;
  std::vector<std::uint8_t> pixels;  ///< image after image, channel planes
  std::vector<std::int32_t> labels;

  std::int64_t size() const { return static_cast<std::int64_t>(labels.size()); }
  std::span<const std::uint8_t> image(std::int64_t index) const {
    return std::span(pixels).subspan(static_cast<std::size_t>(index * shape.bytes()), static_cast<std::size_t>(shape.bytes()));
  }
};

/// Reads the first `count` images (all of them by default) on `threads` threads.
Images load_images(const data::Dataset& set, int threads, std::int64_t count = -1);

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
