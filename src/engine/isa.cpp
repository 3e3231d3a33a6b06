#include "engine/isa.h"

#include <cstdlib>
#include <string>

#include "base/error.h"

namespace bitloom::engine {
namespace {

struct Named {
  std::string_view name;
  Isa isa;
};
constexpr Named kNames[] = {{"baseline", Isa::kBaseline}, {"avx2", Isa::kAvx2}, {"avx512", Isa::kAvx512}};

Isa isa_of_processor() {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
  if (avx2) return avx512 ? Isa::kAvx512 : Isa::kAvx2;
#endif
  return Isa::kBaseline;
}

}  // namespace

Isa available_isa() {
  const Isa best = isa_of_processor();
  const char* wanted = std::getenv("BITLOOM_ISA");
  if (!wanted || !*wanted) return best;
  for (const auto& [name, isa] : kNames) {
    if (name != wanted) continue;
    if (isa > best) throw InputError("BITLOOM_ISA", "this processor has no " + std::string(name), "choose a lesser one, or unset it");
    return isa;
  }
  throw InputError("BITLOOM_ISA", "no '" + std::string(wanted) + "'", "choose baseline, avx2 or avx512");
}

}  // namespace bitloom::engine
