#include <algorithm>
#include <bit>

#include "ir/ops/quantization.h"
#include "passes/lower/lower.h"

namespace bitloom {
namespace {

std::int64_t bytes_of(std::int64_t elements, std::int64_t bits) { return (elements * bits + 7) / 8; }

std::int64_t factor_bytes(const Requantize& requantize) {
  std::uint64_t multiplier = 0, shift = 0;
  for (const FixedMultiplier& factor : requantize.factors) {
    multiplier = std::max(multiplier, static_cast<std::uint64_t>(factor.multiplier));
    shift = std::max(shift, static_cast<std::uint64_t>(factor.shift));
  }
  const bool only_shifts =
      std::all_of(requantize.factors.begin(), requantize.factors.end(), [](const auto& f) { return f.multiplier == 1; });
  if (only_shifts && requantize.factors.size() == 1) return 0;
  const int width = (only_shifts ? 0 : std::bit_width(multiplier)) + std::bit_width(shift);
  return bytes_of(static_cast<std::int64_t>(requantize.factors.size()), width);
}

}  // namespace

std::int64_t parameter_bytes(const Graph& graph) {
  std::int64_t bytes = 0;
  for (const Value* constant : graph.constants()) bytes += bytes_of(constant->type().shape.elements(), constant->type().element.bits);
  for (const Node* node : graph.nodes()) {
    if (const auto* requantize = node->as<Requantize>()) bytes += factor_bytes(*requantize);
    if (const auto* lookup = node->as<LookupTable>())
      bytes += bytes_of(static_cast<std::int64_t>(lookup->table.size()), lookup->element.bits);
  }
  return bytes;
}

}  // namespace bitloom
