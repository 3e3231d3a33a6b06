#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ir/graph.h"

/// What operators share that work along some axes of a tensor and treat the others alike: reductions, normalizations,
/// softmax, sorting.
namespace bitloom::ops {

/// The elements of a row-major tensor in groups that differ along chosen axes only: element m of group g lies at
/// first[g] + step[m]. Groups are in the order of a tensor without the chosen axes, a group's elements in the order of
/// a tensor with only them.
struct Groups {
  std::vector<std::int64_t> first, step;
};
Groups groups_along(const Shape& shape, std::span<const int> axes);

/// Refuses axes of the node's input 0 that it does not have, that are not ascending, or that are given twice.
void check_axes(const Node& node, std::span<const int> axes);

}  // namespace bitloom::ops
