#include "train/kernels/simulated_quantization.h"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "base/clones.h"

namespace bitloom::train {
namespace {

/// Numbers of one scale.
struct Quantizer {
  float scale, zero;
  IntegerRange range;
  bool is_bipolar;

  float whole(float u) const { return is_bipolar ? (u < 0 ? -1.0f : 1.0f) : std::rint(u); }
};

BITLOOM_CLONES void quantize_run(const float* __restrict x, std::int64_t count, Quantizer q, float* __restrict y) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float whole = q.whole(x[i] / q.scale) + q.zero, raised = whole < q.range.low ? q.range.low : whole;
    y[i] = ((raised > q.range.high ? q.range.high : raised) - q.zero) * q.scale;
  }
}

BITLOOM_CLONES void gradient_run(const float* __restrict x, const float* __restrict dy, std::int64_t count, Quantizer q, float* __restrict dx) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float whole = std::rint(x[i] / q.scale) + q.zero;
    dx[i] = whole >= q.range.low && whole <= q.range.high ? dy[i] : 0.0f;
  }
}

/// What the scale gets of dy by where x lies.
struct ScaleWeights {
  float inside, below, above;
};

struct RunSums {
  double scale = 0, outside = 0;
};

/// One number: its gradient goes to `dx`, and its shares of the sums to theirs. No branches, and nothing computed under a condition, so that it
/// becomes vector instructions.
inline void learn_from(float x, float g, Quantizer q, float low, float high, ScaleWeights w, float& dx, double& scale, double& outside) {
  const float u = x / q.scale, raised = u < low ? low : u, bounded = raised > high ? high : raised;
  const float below = u < low ? w.below : 0.0f, above = u > high ? w.above : 0.0f;
  const float kept = u < low ? 0.0f : g, passed = u > high ? 0.0f : kept;
  dx = passed;
  // Where it is cut off it is bounded by a whole number, whose rounding adds 0.
  scale += static_cast<double>(g * ((q.whole(bounded) - bounded) * w.inside + (below + above)));
  outside += static_cast<double>(g - passed);
}

/// Lanes of their own sum up, so that vector units can without changing the order.
BITLOOM_CLONES RunSums learned_gradient_run(const float* __restrict x, const float* __restrict dy, std::int64_t count, Quantizer q, ScaleWeights w,
                                            float* __restrict dx) {
  constexpr std::int64_t kLanes = 16;
  double scale[kLanes] = {}, outside[kLanes] = {};
  const float low = q.range.low - q.zero, high = q.range.high - q.zero;
  const std::int64_t whole = count - count % kLanes;
  for (std::int64_t first = 0; first < whole; first += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane)
      learn_from(x[first + lane], dy[first + lane], q, low, high, w, dx[first + lane], scale[lane], outside[lane]);
  for (std::int64_t i = whole; i < count; ++i) learn_from(x[i], dy[i], q, low, high, w, dx[i], scale[i - whole], outside[i - whole]);
  RunSums sums;
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    sums.scale += scale[lane];
    sums.outside += outside[lane];
  }
  return sums;
}

BITLOOM_CLONES Extremes extremes_run(const float* __restrict x, std::int64_t count) {
  constexpr std::int64_t kLanes = 16;
  float least[kLanes] = {}, most[kLanes] = {};
  const auto look_at = [&](std::int64_t i, std::int64_t lane) {
    least[lane] = x[i] < least[lane] ? x[i] : least[lane];
    most[lane] = x[i] > most[lane] ? x[i] : most[lane];
  };
  const std::int64_t whole = count - count % kLanes;
  for (std::int64_t first = 0; first < whole; first += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) look_at(first + lane, lane);
  for (std::int64_t i = whole; i < count; ++i) look_at(i, i - whole);
  return {*std::ranges::min_element(least), *std::ranges::max_element(most)};
}

constexpr std::int64_t kLongestRun = 1 << 14;  // numbers

std::int64_t runs_of(const QuantizedBlocks& blocks) { return (blocks.block + kLongestRun - 1) / kLongestRun; }

/// Calls work(first number, how many, their quantizer) for runs of all blocks, beside each other.
template <class Work>
void for_runs(const QuantizedBlocks& blocks, Work work) {
  const std::int64_t runs = runs_of(blocks), count = static_cast<std::int64_t>(blocks.scales.size());
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t b = 0; b < count; ++b)
    for (std::int64_t run = 0; run < runs; ++run) {
      const std::int64_t first = run * kLongestRun;
      const auto i = static_cast<std::size_t>(b);
      work(b * blocks.block + first, std::min(kLongestRun, blocks.block - first),
           Quantizer{blocks.scales[i], blocks.zeros[i], blocks.range, blocks.is_bipolar});
    }
}

}  // namespace

void simulate_quantization(const float* x, const QuantizedBlocks& blocks, float* y) {
  for_runs(blocks, [&](std::int64_t first, std::int64_t count, const Quantizer& q) { quantize_run(x + first, count, q, y + first); });
}

void simulate_quantization_gradient(const float* x, const float* dy, const QuantizedBlocks& blocks, float* dx) {
  for_runs(blocks, [&](std::int64_t first, std::int64_t count, const Quantizer& q) { gradient_run(x + first, dy + first, count, q, dx + first); });
}

StepGradient learned_quantization_gradient(const float* x, const float* dy, const QuantizedBlocks& blocks, ScaleRule rule, float* dx) {
  const std::int64_t runs = runs_of(blocks);
  const std::size_t count = blocks.scales.size();
  std::vector<RunSums> sums(count * static_cast<std::size_t>(runs));
  for_runs(blocks, [&](std::int64_t first, std::int64_t length, const Quantizer& q) {
    const float fixed_zero = rule.zero_moves ? 0 : q.zero;
    const ScaleWeights weights{rule.rounding_counts ? 1.0f : 0.0f, q.range.low - fixed_zero, q.range.high - fixed_zero};
    const std::int64_t block = first / blocks.block, run = (first - block * blocks.block) / kLongestRun;
    sums[static_cast<std::size_t>(block * runs + run)] = learned_gradient_run(x + first, dy + first, length, q, weights, dx + first);
  });
  StepGradient gradient{std::vector<double>(count), std::vector<double>(count)};
  for (std::size_t i = 0; i < sums.size(); ++i) {
    gradient.scale[i / static_cast<std::size_t>(runs)] += sums[i].scale;
    gradient.outside[i / static_cast<std::size_t>(runs)] += sums[i].outside;
  }
  return gradient;
}

Extremes extremes_with_zero(const float* x, std::int64_t count) {
  const std::int64_t runs = (count + kLongestRun - 1) / kLongestRun;
  float least = 0, most = 0;
#pragma omp parallel for schedule(static) reduction(min : least) reduction(max : most)
  for (std::int64_t run = 0; run < runs; ++run) {
    const Extremes of_run = extremes_run(x + run * kLongestRun, std::min(kLongestRun, count - run * kLongestRun));
    least = std::min(least, of_run.least);
    most = std::max(most, of_run.most);
  }
  return {least, most};
}

}  // namespace bitloom::train
