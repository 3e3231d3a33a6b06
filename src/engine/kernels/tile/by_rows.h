#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "engine/kernels/tile/tile.h"

namespace bitloom::engine {

/// {Code<1>::run, Code<2>::run, ...}: a tile's sums stay in registers, so their number is part of the code.
template <template <int> class Code, class Function, int kMost = kTileRows>
constexpr std::array<Function*, kMost> by_rows() {
  return []<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    return std::array<Function*, kMost>{Code<static_cast<int>(kIndex) + 1>::run...};
  }(std::make_index_sequence<kMost>());
}

}  // namespace bitloom::engine
