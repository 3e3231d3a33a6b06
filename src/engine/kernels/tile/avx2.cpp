// Sixteen registers hold four rows of half a tile, two of b and one weight: a tile is worked on in up to four parts.
#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "engine/kernels/tile/by_rows.h"

namespace bitloom::engine {
namespace {

constexpr int kPartRows = 4, kPartColumns = 16;

/// A part of a tile: `a` and `b` at its first element, a step in k being `a_step` elements of a and a whole tile's row of b.
using PartF32 = void(const float* a, std::int64_t a_step, const float* b, std::int64_t depth, float* sums);
using PartS16 = void(const std::int16_t* a, std::int64_t a_step, const std::int16_t* b, std::int64_t depth, std::int32_t* sums);

template <int kRows>
struct F32 {
  [[gnu::target("avx2,fma")]] static void run(const float* a, std::int64_t a_step, const float* b, std::int64_t depth, float* sums) {
    __m256 sum[kRows][2];
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r)
      for (int half = 0; half < 2; ++half) sum[r][half] = _mm256_loadu_ps(sums + r * kTileColumns + half * 8);
    for (std::int64_t k = 0; k < depth; ++k, a += a_step, b += kTileColumns) {
      const __m256 left = _mm256_loadu_ps(b), right = _mm256_loadu_ps(b + 8);
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r) {
        const __m256 weight = _mm256_set1_ps(a[r]);
        sum[r][0] = _mm256_fmadd_ps(weight, left, sum[r][0]);
        sum[r][1] = _mm256_fmadd_ps(weight, right, sum[r][1]);
      }
    }
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r)
      for (int half = 0; half < 2; ++half) _mm256_storeu_ps(sums + r * kTileColumns + half * 8, sum[r][half]);
  }
};

template <int kRows>
struct S16 {
  [[gnu::target("avx2")]] static void run(const std::int16_t* a, std::int64_t a_step, const std::int16_t* b, std::int64_t depth,
                                          std::int32_t* sums) {
    const auto place = [&](int r, int half) { return reinterpret_cast<__m256i*>(sums + r * kTileColumns + half * 8); };
    __m256i sum[kRows][2];
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r)
      for (int half = 0; half < 2; ++half) sum[r][half] = _mm256_loadu_si256(place(r, half));
    for (std::int64_t k = 0; k < depth; k += 2, a += a_step, b += 2 * kTileColumns) {
      const __m256i left = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b));
      const __m256i right = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + kPartColumns));
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r) {
        std::int32_t pair;
        std::memcpy(&pair, a + 2 * r, sizeof pair);
        const __m256i weights = _mm256_set1_epi32(pair);
        sum[r][0] = _mm256_add_epi32(sum[r][0], _mm256_madd_epi16(left, weights));
        sum[r][1] = _mm256_add_epi32(sum[r][1], _mm256_madd_epi16(right, weights));
      }
    }
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r)
      for (int half = 0; half < 2; ++half) _mm256_storeu_si256(place(r, half), sum[r][half]);
  }
};

constexpr auto kF32 = by_rows<F32, PartF32, kPartRows>();
constexpr auto kS16 = by_rows<S16, PartS16, kPartRows>();

/// Calls use(first row, code for that many rows, first column) for every part of a tile.
template <class Codes, class Use>
void for_parts(const Codes& codes, int rows, Use use) {
  for (int row = 0; row < rows; row += kPartRows)
    for (int column = 0; column < kTileColumns; column += kPartColumns)
      use(row, codes[static_cast<std::size_t>(std::min(kPartRows, rows - row) - 1)], column);
}

}  // namespace

void tile_f32_avx2(const float* a, const float* b, std::int64_t depth, int rows, float* sums) {
  for_parts(kF32, rows, [&](int row, PartF32* code, int column) {
    code(a + row, rows, b + column, depth, sums + row * kTileColumns + column);
  });
}

void tile_s16_avx2(const std::int16_t* a, const std::int16_t* b, std::int64_t depth, int rows, std::int32_t* sums) {
  for_parts(kS16, rows, [&](int row, PartS16* code, int column) {
    code(a + 2 * row, 2 * rows, b + 2 * column, depth, sums + row * kTileColumns + column);
  });
}

}  // namespace bitloom::engine
#endif
