#pragma once

#include "passes/quantize/repair/lanes.h"

/// AdaRound's weights while they are learned (arXiv:2004.10568, section 3.3), of sixteen outputs of a layer at once:
///
///   w = scale * clamp(floor + h(V), low, high),   h(V) = clamp(1.2 * sigmoid(V) - 0.1, 0, 1)
///
/// The same bits on every processor.
namespace bitloom {

/// The integers that a weight may become in each output, counted from its zero point.
struct WeightGrid {
  Lanes scale, low, high;
};

/// What is learned of a weight in each output: V, and Adam's averages.
struct SoftWeight {
  Lanes floor, v, mean, square;
};

struct DescentStep {
  float lambda = 0;                ///< of the regularizer lambda * (1 - |2 h(V) - 1|^beta)
  int beta = 2;
  float mean_share, square_share;  ///< 1 - 0.9^t and 1 - 0.999^t: what Adam's averages have seen
};

/// The weight at `place`, counted in steps of the grid, in one output: h(V) is the fraction of `place`.
void begin_at(SoftWeight& weight, std::size_t lane, float place);

/// soft[k] = w of weights[k]
void soften(const SoftWeight* weights, Lanes* soft, std::size_t depth, const WeightGrid& grid);

/// One step of Adam down the gradient by the soft weights (`g`) and of the regularizer.
void descend(SoftWeight* weights, const Lanes* g, std::size_t depth, const WeightGrid& grid, const DescentStep& step);

}  // namespace bitloom
