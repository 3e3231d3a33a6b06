#pragma once

#include <span>
#include <string_view>

namespace bitloom::engine {

/// What a kernel's variant asks of the processor, from less to more.
enum class Isa {
  kBaseline,  ///< any
  kAvx2,      ///< AVX2 and FMA
  kAvx512,    ///< AVX-512 F, BW, DQ, VL and VNNI
};

/// The best that this processor has. BITLOOM_ISA=baseline (avx2, avx512) keeps it at that, for tests and comparisons.
/// @throws InputError for another word, or one that the processor does not have
Isa available_isa();

/// A kernel's code for one kind of processor. All variants of a kernel give the same bits.
template <class Function>
struct Variant {
  std::string_view name;
  Isa isa;
  Function* function;
};

/// The first of `variants`, which stand fastest first, that `isa` can run. The last one asks for nothing.
template <class Function>
const Variant<Function>& fastest(std::span<const Variant<Function>> variants, Isa isa) {
  for (const auto& variant : variants)
    if (variant.isa <= isa) return variant;
  return variants.back();
}

}  // namespace bitloom::engine
