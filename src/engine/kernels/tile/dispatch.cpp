#include "engine/kernels/tile/tile.h"

namespace bitloom::engine {
namespace {

constexpr Variant<TileF32> kF32[] = {
#if defined(__x86_64__)
    {"avx512", Isa::kAvx512, tile_f32_avx512},
    {"avx2", Isa::kAvx2, tile_f32_avx2},
#endif
    {"baseline", Isa::kBaseline, tile_f32_baseline},
};
constexpr Variant<TileS16> kS16[] = {
#if defined(__x86_64__)
    {"avx512", Isa::kAvx512, tile_s16_avx512},
    {"avx2", Isa::kAvx2, tile_s16_avx2},
#endif
    {"baseline", Isa::kBaseline, tile_s16_baseline},
};

}  // namespace

std::span<const Variant<TileF32>> tile_f32_variants() { return kF32; }
std::span<const Variant<TileS16>> tile_s16_variants() { return kS16; }

}  // namespace bitloom::engine
