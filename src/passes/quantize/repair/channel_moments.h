#pragma once

#include <cstdint>
#include <vector>

#include "passes/quantize/run_graph.h"

namespace bitloom {

/// Mean and standard deviation of each channel of values [N, C, ...], over all images and places (quantize/repair/places.h).
class ChannelMoments {
 public:
  explicit ChannelMoments(const std::vector<const Value*>& values);
  void add(ObservedBatch batch);

  std::int64_t images() const { return images_; }
  std::vector<double> means(std::size_t value) const;
  std::vector<double> deviations(std::size_t value) const;

 private:
  struct Sums {
    std::vector<double> values, squares;  ///< of each image's means
  };
  std::vector<Sums> sums_;
  std::int64_t images_ = 0;
};

ChannelMoments channel_moments(const Graph& graph, const std::vector<const Value*>& values, const CalibrationImages& images, const RunGraph& run);

}  // namespace bitloom
