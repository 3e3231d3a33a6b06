#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "ir/graph.h"

/// Broadcasting as numpy and ONNX do it: shapes are aligned at their last axis, missing axes count as 1, and an axis of 1 is repeated.
namespace bitloom::ops {

/// The shape that all operands of `node` are broadcast to. @throws InputError naming the two shapes that do not fit together.
Shape broadcast_shape(const Node& node);

/// Op::stacks_images of an operator with broadcasting. Where N images are stacked along axis 0, the other axes must not notice: an operand
/// that changes with the image needs its axis 0 to be the result's, and one that does not must have 1 there or fewer axes.
bool stacks_images_when_broadcast(const Node& node);

/// For each axis of `out` the distance in `operand` between one index and the next: 0 along axes that are repeated.
std::vector<std::size_t> broadcast_steps(const Shape& operand, const Shape& out);

/// Calls use(i, p) for every element i of a tensor of shape `out`, in order; p[k] is the element of the k-th operand that belongs to it.
template <std::size_t N, class Use>
void for_broadcast(const Shape& out, const std::array<Shape, N>& operands, Use use) {
  std::array<std::vector<std::size_t>, N> steps;
  for (std::size_t k = 0; k < N; ++k) steps[k] = broadcast_steps(operands[k], out);
  std::vector<std::size_t> index(out.dims().size());
  std::array<std::size_t, N> at{};
  for (std::size_t i = 0, count = static_cast<std::size_t>(out.elements()); i < count; ++i) {
    use(i, at);
    for (std::size_t axis = index.size(); axis-- > 0;) {
      const auto size = static_cast<std::size_t>(out.dims()[axis]);
      for (std::size_t k = 0; k < N; ++k) at[k] += steps[k][axis];
      if (++index[axis] < size) break;
      for (std::size_t k = 0; k < N; ++k) at[k] -= steps[k][axis] * size;
      index[axis] = 0;
    }
  }
}

}  // namespace bitloom::ops
