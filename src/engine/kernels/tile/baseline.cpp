// The definition: every other variant equals it bit for bit.
#include <cmath>

#include "engine/kernels/tile/tile.h"

namespace bitloom::engine {

void tile_f32_baseline(const float* a, const float* b, std::int64_t depth, int rows, float* sums) {
  for (std::int64_t k = 0; k < depth; ++k)
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < kTileColumns; ++c) {
        float& sum = sums[r * kTileColumns + c];
        sum = std::fma(a[k * rows + r], b[k * kTileColumns + c], sum);
      }
}

void tile_s16_baseline(const std::int16_t* a, const std::int16_t* b, std::int64_t depth, int rows, std::int32_t* sums) {
  for (std::int64_t k = 0; k < depth; k += 2)
    for (int r = 0; r < rows; ++r) {
      const std::int16_t* pair = a + (k * rows + 2 * r);
      for (int c = 0; c < kTileColumns; ++c) {
        const std::int16_t* x = b + (k * kTileColumns + 2 * c);
        sums[r * kTileColumns + c] += std::int32_t{pair[0]} * x[0] + std::int32_t{pair[1]} * x[1];
      }
    }
}

}  // namespace bitloom::engine
