#include "ir/ops/broadcast.h"

#include <algorithm>
#include <optional>

#include "ir/ops/check.h"

namespace bitloom::ops {
namespace {

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  const Shape &longer = a.rank() >= b.rank() ? a : b, &shorter = a.rank() >= b.rank() ? b : a;
  Shape result = longer;
  const int offset = longer.rank() - shorter.rank();
  for (int axis = 0; axis < shorter.rank(); ++axis) {
    const std::int64_t of_longer = longer[offset + axis], of_shorter = shorter[axis];
    if (of_longer != of_shorter && of_longer != 1 && of_shorter != 1) return std::nullopt;
    result[offset + axis] = of_longer == 1 ? of_shorter : of_longer;
  }
  return result;
}

}  // namespace

Shape broadcast_shape(const Node& node) {
  Shape result = operand(node, 0).shape;
  for (int i = 1; i < static_cast<int>(node.inputs().size()); ++i) {
    const Shape& next = operand(node, i).shape;
    const std::optional<Shape> both = broadcast(result, next);
    require(both.has_value(), node, "operands of shape " + to_string(result) + " and " + to_string(next) + " do not fit together",
            "give both the same size along each axis, or 1");
    result = *both;
  }
  return result;
}

bool stacks_images_when_broadcast(const Node& node) {
  const Shape& out = node.output()->shape();
  return std::ranges::all_of(node.inputs(), [&](const Value* value) {
    const Shape& shape = value->shape();
    const bool spans_axis_0 = shape.rank() == out.rank() && out.rank() > 0;
    return changes_with_the_image(*value) ? spans_axis_0 && shape[0] == out[0] : !spans_axis_0 || shape[0] == 1;
  });
}

std::vector<std::size_t> broadcast_steps(const Shape& operand, const Shape& out) {
  std::vector<std::size_t> steps(out.dims().size());
  const int offset = out.rank() - operand.rank();
  std::size_t step = 1;
  for (int axis = operand.rank() - 1; axis >= 0; --axis) {
    if (operand[axis] != 1) steps[static_cast<std::size_t>(offset + axis)] = step;
    step *= static_cast<std::size_t>(operand[axis]);
  }
  return steps;
}

}  // namespace bitloom::ops
