#include "ir/ops/groups.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "ir/ops/check.h"

namespace bitloom::ops {
namespace {

/// Offsets of all positions that are 0 along every axis but those where `wanted`, in row-major order.
template <class Wanted>
std::vector<std::int64_t> offsets(const Shape& shape, Wanted wanted) {
  std::vector<std::int64_t> found{0};
  std::int64_t stride = shape.elements();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    stride = shape[axis] == 0 ? 0 : stride / shape[axis];
    if (!wanted(axis)) continue;
    std::vector<std::int64_t> finer;
    finer.reserve(found.size() * static_cast<std::size_t>(shape[axis]));
    for (const std::int64_t offset : found)
      for (std::int64_t i = 0; i < shape[axis]; ++i) finer.push_back(offset + i * stride);
    found = std::move(finer);
  }
  return found;
}

}  // namespace

Groups groups_along(const Shape& shape, std::span<const int> axes) {
  const auto chosen = [&](int axis) { return std::ranges::find(axes, axis) != axes.end(); };
  return {offsets(shape, [&](int axis) { return !chosen(axis); }), offsets(shape, chosen)};
}

void check_axes(const Node& node, std::span<const int> axes) {
  const int rank = operand(node, 0).shape.rank();
  const bool ascending = std::ranges::adjacent_find(axes, std::greater_equal<>()) == axes.end();
  const bool exist = std::ranges::all_of(axes, [&](int axis) { return axis >= 0 && axis < rank; });
  require(ascending && exist, node,
          fmt::format("axes [{}] of a tensor {}", fmt::join(axes, ", "), to_string(node.input(0)->shape())),
          "give axes that it has, each once, in ascending order");
}

}  // namespace bitloom::ops
