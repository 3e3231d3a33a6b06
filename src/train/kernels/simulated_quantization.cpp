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
};

BITLOOM_CLONES void quantize_run(const float* __restrict x, std::int64_t count, Quantizer q, float* __restrict y) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float whole = std::rint(x[i] / q.scale) + q.zero, raised = whole < q.range.low ? q.range.low : whole;
    y[i] = ((raised > q.range.high ? q.range.high : raised) - q.zero) * q.scale;
  }
}

BITLOOM_CLONES void gradient_run(const float* __restrict x, const float* __restrict dy, std::int64_t count, Quantizer q, float* __restrict dx) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float whole = std::rint(x[i] / q.scale) + q.zero;
    dx[i] = whole >= q.range.low && whole <= q.range.high ? dy[i] : 0.0f;
  }
}

/// Calls work(first number, how many, their quantizer) for runs of all blocks, beside each other.
template <class Work>
void for_runs(const QuantizedBlocks& blocks, Work work) {
  constexpr std::int64_t kLongestRun = 1 << 14;  // numbers
  const std::int64_t runs = (blocks.block + kLongestRun - 1) / kLongestRun, count = static_cast<std::int64_t>(blocks.scales.size());
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t b = 0; b < count; ++b)
    for (std::int64_t run = 0; run < runs; ++run) {
      const std::int64_t first = run * kLongestRun;
      const auto i = static_cast<std::size_t>(b);
      work(b * blocks.block + first, std::min(kLongestRun, blocks.block - first), Quantizer{blocks.scales[i], blocks.zeros[i], blocks.range});
    }
}

}  // namespace

void simulate_quantization(const float* x, const QuantizedBlocks& blocks, float* y) {
  for_runs(blocks, [&](std::int64_t first, std::int64_t count, const Quantizer& q) { quantize_run(x + first, count, q, y + first); });
}

void simulate_quantization_gradient(const float* x, const float* dy, const QuantizedBlocks& blocks, float* dx) {
  for_runs(blocks, [&](std::int64_t first, std::int64_t count, const Quantizer& q) { gradient_run(x + first, dy + first, count, q, dx + first); });
}

}  // namespace bitloom::train
