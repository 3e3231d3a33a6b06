#pragma once

#include <cstdint>
#include <vector>

#include "passes/quantize/run_graph.h"

namespace bitloom {

/// What a Conv2d or Gemm reads and should give at places of its output drawn from calibration images, in order of drawing but for the rows to
/// learn from, which are shuffled. The last eighth of the images, where there are so many, is kept to judge by.
struct LayerRows {
  std::size_t count = 0, learned = 0;     ///< rows in all, and how many of them, the first, are to learn from
  std::size_t groups = 1, fan_in = 0, outputs = 0;
  std::vector<float> x;                   ///< [count][groups][fan_in], in the order of the weights
  std::vector<float> y;                   ///< [count][outputs]

  const float* input(std::size_t row, std::size_t group) const { return x.data() + (row * groups + group) * fan_in; }
  std::size_t stride() const { return groups * fan_in; }
};

/// @param wanted   the layer that gives y, in the float graph
/// @param repaired the same layer in the quantized graph, whose input gives x
/// @param count    calibration images
LayerRows sample_rows(const Node& wanted, const Node& repaired, const CalibrationImages& images, std::int64_t count, std::uint64_t seed,
                      const RunGraph& run);

}  // namespace bitloom
