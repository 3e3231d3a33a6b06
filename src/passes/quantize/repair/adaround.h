#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "passes/quantize/repair/layer_rows.h"

namespace bitloom {

/// A layer whose weights are to be rounded, and the function behind it: f(y) = clamp(y, low, high).
struct RoundingProblem {
  std::span<const float> weights;          ///< float32 [outputs][fan_in]
  Quantization format;                     ///< of the integers, for all or for each output
  std::int32_t least = -127, most = 127;   ///< the integers' ends
  std::span<const std::int32_t> nearest;   ///< the integers as they are, [outputs][fan_in]
  std::vector<float> bias;                 ///< as the quantized layer has it, [outputs]
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();
  int steps = 2000;
};

/// What learning changed. Errors are sums over the rows to judge by.
struct RoundingFigures {
  std::int64_t changed = 0;                ///< weights that are not rounded to the nearest integer
  double before = 0, after = 0, power = 0; ///< of (f(given) - f(wanted))^2, and of f(wanted)^2
};

struct LearnedRounding {
  std::vector<std::int32_t> integers;      ///< [outputs][fan_in]
  RoundingFigures figures;
};

/// AdaRound: which of its two neighbouring integers each weight becomes, learned by making the layer's output like the wanted one.
///
///   minimize over V   mean over rows of (f(w x + b) - f(y))^2 + lambda * sum over weights of 1 - |2 h(V) - 1|^beta
///
/// by Adam, where V stands for w as in soft_rounding.h. V begins where w is the float weight; beta falls from 20 to 2 in whole steps after the first
/// fifth, so that h ends at 0 or 1. The squares are divided by scale^2 * (mean of x^2), the cost of one weight's error, so that lambda means the same
/// in every layer. When all weights are rounded, single ones are turned to their other neighbour as long as that lowers the squares. Outputs are
/// learned apart from each other, a block at a time on each processor; one whose error on the rows to judge by does not become less stays as it is.
/// Rows of the quantized network's inputs and the float network's outputs make it the paper's asymmetric reconstruction.
/// The same bits on every processor and any number of threads. Source: Nagel et al. 2020, arXiv:2004.10568, sections 3.2 to 3.4, eq. (21)-(25).
LearnedRounding learn_rounding(const LayerRows& rows, const RoundingProblem& problem);

}  // namespace bitloom
