#pragma once

#include <cstdint>
#include <span>

#include "engine/isa.h"

/// The heart of convolutions and fully connected layers: a tile of a matrix product,
///   sums[r][c] += sum over k of a[k][r] * b[k][c],   r in [0, rows), c in [0, kTileColumns), 1 <= rows <= kTileRows,
/// with a and b packed so that both are read from front to back. Products are added in the order of k, each by one fused
/// multiply-add where they are floats, so that every variant gives the same bits.
namespace bitloom::engine {

inline constexpr int kTileRows = 8, kTileColumns = 32;

/// a [depth][rows], b [depth][kTileColumns], sums [rows][kTileColumns].
using TileF32 = void(const float* a, const float* b, std::int64_t depth, int rows, float* sums);

/// Pairs of k lie side by side, as processors multiply them: a [depth/2][rows][2], b [depth/2][kTileColumns][2]; `depth` is even. The
/// caller sees to it that no sum leaves int32.
using TileS16 = void(const std::int16_t* a, const std::int16_t* b, std::int64_t depth, int rows, std::int32_t* sums);

std::span<const Variant<TileF32>> tile_f32_variants();
std::span<const Variant<TileS16>> tile_s16_variants();

// Defined in the file of their name; the lists above are in dispatch.cpp.
TileF32 tile_f32_baseline;
TileS16 tile_s16_baseline;
#if defined(__x86_64__)
TileF32 tile_f32_avx2, tile_f32_avx512;
TileS16 tile_s16_avx2, tile_s16_avx512;
#endif

}  // namespace bitloom::engine
