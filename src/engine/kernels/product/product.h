#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "engine/kernels/tile/tile.h"
#include "ir/graph.h"

/// What convolutions and fully connected layers share: how a matrix product y = bias + weights * x is packed for tiles and put together
/// from them. Floats are packed as floats; integers as int16, less their zero point, and summed in int32.
namespace bitloom::engine {

/// `Packed` is float or std::int16_t.
template <class Packed>
struct Arithmetic {
  static constexpr bool kIsFloat = std::is_same_v<Packed, float>;
  using Element = std::conditional_t<kIsFloat, float, std::int32_t>;  ///< of x, weights, bias and y as tensors store them
  using Tile = std::conditional_t<kIsFloat, TileF32, TileS16>;
  static constexpr std::int64_t kStep = kIsFloat ? 1 : 2;  ///< in k, of which a tile takes so many at a time

  static Tile* tile(Isa isa) {
    if constexpr (kIsFloat)
      return fastest(tile_f32_variants(), isa).function;
    else
      return fastest(tile_s16_variants(), isa).function;
  }
  static std::int64_t padded_depth(std::int64_t depth) { return (depth + kStep - 1) / kStep * kStep; }
};

/// What the kernels know of a node y = bias + sum of (x - zero) * weights (Conv2d, Gemm).
struct WeightedSum {
  std::int64_t outputs = 0, depth = 0;  ///< weights are [outputs, depth]
  std::int32_t zero = 0;                ///< of x; 0 for floats
};

/// Whether the kernels with tiles can do the node: weights and bias are constants, and either all is float or integers less their zero points
/// keep to int16, with sums that never leave int32.
bool has_float_weights(const Node& node);
bool has_narrow_weights(const Node& node);
WeightedSum weighted_sum(const Node& node);

/// The node's weights [outputs, depth], integers less their zero points.
template <class Element>
std::vector<Element> weights_of(const Node& node) {
  const Tensor& weights = node.input(1)->constant();
  const auto values = weights.values<Element>();
  std::vector<Element> result(values.begin(), values.end());
  if constexpr (!std::is_same_v<Element, float>) {
    const Quantization& quantization = *weights.type().quantization;
    const auto depth = static_cast<std::size_t>(weighted_sum(node).depth);
    for (std::size_t i = 0; i < result.size(); ++i) result[i] -= quantization.zero_point_of(quantization.per_channel() ? i / depth : 0);
  }
  return result;
}

/// The node's bias, or zeros.
template <class Packed>
std::vector<typename Arithmetic<Packed>::Element> bias_of(const Node& node) {
  using Element = typename Arithmetic<Packed>::Element;
  const Value* bias = node.input(2);
  if (!bias) return std::vector<Element>(static_cast<std::size_t>(weighted_sum(node).outputs));
  const auto values = bias->constant().values<Element>();
  return {values.begin(), values.end()};
}

/// `lines` [count, depth] as a tile reads one of its operands: [padded depth / kStep][width][kStep], lines beyond `count` being 0.
template <class Packed>
std::vector<Packed> pack(const typename Arithmetic<Packed>::Element* lines, std::int64_t count, std::int64_t depth, std::int64_t width) {
  constexpr std::int64_t kStep = Arithmetic<Packed>::kStep;
  std::vector<Packed> packed(static_cast<std::size_t>(Arithmetic<Packed>::padded_depth(depth) * width));
  for (std::int64_t line = 0; line < count; ++line)
    for (std::int64_t k = 0; k < depth; ++k)
      packed[static_cast<std::size_t>((k / kStep * width + line) * kStep + k % kStep)] = static_cast<Packed>(lines[line * depth + k]);
  return packed;
}

}  // namespace bitloom::engine
