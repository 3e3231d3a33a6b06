#include <algorithm>
#include <bit>
#include <span>

#include "ir/ops/quantization.h"
#include "ir/ops/rescaled.h"
#include "passes/lower/lower.h"

namespace bitloom {
namespace {

std::int64_t bytes_of(std::int64_t elements, std::int64_t bits) { return (elements * bits + 7) / 8; }

std::int64_t factor_bytes(std::span<const FixedMultiplier> factors) {
  std::uint64_t multiplier = 0, shift = 0;
  for (const FixedMultiplier& factor : factors) {
    multiplier = std::max(multiplier, static_cast<std::uint64_t>(factor.multiplier));
    shift = std::max(shift, static_cast<std::uint64_t>(factor.shift));
  }
  const bool only_shifts = std::ranges::all_of(factors, [](const FixedMultiplier& f) { return f.multiplier == 1; });
  if (only_shifts && factors.size() == 1) return 0;
  const int width = (only_shifts ? 0 : std::bit_width(multiplier)) + std::bit_width(shift);
  return bytes_of(static_cast<std::int64_t>(factors.size()), width);
}

}  // namespace

std::int64_t parameter_bytes(const Graph& graph) {
  std::int64_t bytes = 0;
  for (const Value* constant : graph.constants()) {
    const TensorType& type = constant->type();
    bytes += bytes_of(type.shape.elements(), type.element.bits);
    if (type.quantization) bytes += bytes_of(static_cast<std::int64_t>(type.quantization->zero_points.size()), type.element.bits);
  }
  for (const Node* node : graph.nodes()) {
    if (const auto* requantize = node->as<Requantize>()) bytes += factor_bytes(requantize->factors);
    if (const auto* add = node->as<RescaledAdd>()) bytes += factor_bytes(add->factors);
    if (const auto* mul = node->as<RescaledMul>()) bytes += factor_bytes({&mul->factor, 1});
    if (const auto* lookup = node->as<LookupTable>())
      bytes += bytes_of(static_cast<std::int64_t>(lookup->table.size()), lookup->element.bits);
  }
  return bytes;
}

}  // namespace bitloom
