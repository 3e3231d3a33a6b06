// A row of the tile is two registers; eight rows leave room for two of b and one weight.
#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>

#include "engine/kernels/tile/by_rows.h"

namespace bitloom::engine {
namespace {

using FixedF32 = void(const float* a, const float* b, std::int64_t depth, float* sums);
using FixedS16 = void(const std::int16_t* a, const std::int16_t* b, std::int64_t depth, std::int32_t* sums);

template <int kRows>
struct F32 {
  [[gnu::target("avx512f")]] static void run(const float* a, const float* b, std::int64_t depth, float* sums) {
    __m512 sum[kRows][2];
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r)
      for (int half = 0; half < 2; ++half) sum[r][half] = _mm512_loadu_ps(sums + r * kTileColumns + half * 16);
    for (std::int64_t k = 0; k < depth; ++k, a += kRows, b += kTileColumns) {
      const __m512 left = _mm512_loadu_ps(b), right = _mm512_loadu_ps(b + 16);
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
        const __m512 weight = _mm512_set1_ps(a[r]);
        sum[r][0] = _mm512_fmadd_ps(weight, left, sum[r][0]);
        sum[r][1] = _mm512_fmadd_ps(weight, right, sum[r][1]);
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r)
      for (int half = 0; half < 2; ++half) _mm512_storeu_ps(sums + r * kTileColumns + half * 16, sum[r][half]);
  }
};

template <int kRows>
struct S16 {
  [[gnu::target("avx512f,avx512vnni")]] static void run(const std::int16_t* a, const std::int16_t* b, std::int64_t depth, std::int32_t* sums) {
    __m512i sum[kRows][2];
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r)
      for (int half = 0; half < 2; ++half) sum[r][half] = _mm512_loadu_si512(sums + r * kTileColumns + half * 16);
    for (std::int64_t k = 0; k < depth; k += 2, a += 2 * kRows, b += 2 * kTileColumns) {
      const __m512i left = _mm512_loadu_si512(b), right = _mm512_loadu_si512(b + kTileColumns);
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
        std::int32_t pair;
        std::memcpy(&pair, a + 2 * r, sizeof pair);
        const __m512i weights = _mm512_set1_epi32(pair);
        sum[r][0] = _mm512_dpwssd_epi32(sum[r][0], left, weights);
        sum[r][1] = _mm512_dpwssd_epi32(sum[r][1], right, weights);
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r)
      for (int half = 0; half < 2; ++half) _mm512_storeu_si512(sums + r * kTileColumns + half * 16, sum[r][half]);
  }
};

constexpr auto kF32 = by_rows<F32, FixedF32>();
constexpr auto kS16 = by_rows<S16, FixedS16>();

}  // namespace

void tile_f32_avx512(const float* a, const float* b, std::int64_t depth, int rows, float* sums) {
  kF32[static_cast<std::size_t>(rows - 1)](a, b, depth, sums);
}

void tile_s16_avx512(const std::int16_t* a, const std::int16_t* b, std::int64_t depth, int rows, std::int32_t* sums) {
  kS16[static_cast<std::size_t>(rows - 1)](a, b, depth, sums);
}

}  // namespace bitloom::engine
#endif
