#pragma once

#include <cstddef>
#include <vector>

namespace bitloom::engine {

/// A stretch of memory that steps `first` to `last` of a network need, both included.
struct Lifetime {
  std::size_t bytes = 0;
  int first = 0, last = 0;
};

struct MemoryPlan {
  std::vector<std::size_t> offsets;  ///< of each lifetime, multiples of kAlignment
  std::size_t bytes = 0;             ///< of the block that holds all
};

inline constexpr std::size_t kAlignment = 64;

/// Places in one block so that what is needed at the same time does not overlap: the largest first, each at the lowest offset that is free
/// for all its steps (greedy by size, arXiv:2001.03288).
MemoryPlan plan_memory(const std::vector<Lifetime>& lifetimes);

}  // namespace bitloom::engine
