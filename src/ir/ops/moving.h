#pragma once

#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "ir/graph.h"

/// What the operators share that only move elements, whatever those are.
namespace bitloom::ops {

/// For every index along one axis of an output: how far along the input's elements it reaches, or kOutside where the input has none.
using Offsets = std::vector<std::int64_t>;
inline constexpr std::int64_t kOutside = -1;

/// 0, stride, 2 * stride, ...: `count` of them.
Offsets steps(std::int64_t count, std::int64_t stride);
/// Distance between neighbours along each axis of a dense tensor.
std::vector<std::int64_t> strides_of(const Shape& shape);

/// to[i0, i1, ...] = from[axes[0][i0] + axes[1][i1] + ...], or `fill` where one of the offsets is kOutside. The axes are any whose lengths
/// multiply to the elements of `to`; they need not be its own.
void move_elements(const Tensor& from, Tensor& to, std::span<const Offsets> axes, double fill = 0);

/// All elements in their order.
void copy_elements(const Tensor& from, Tensor& to);

/// The type of `x`, an operand of `node`, once its elements have been moved into `shape`. One quantization of the whole tensor stays true.
/// One per channel follows its axis to `channel_axis`; it is refused when that is -1 or does not hold all the channels.
TensorType moved_type(const Node& node, const TensorType& x, Shape shape, int channel_axis);

/// The axis along which `x` is quantized per channel; -1 when it is not.
int channel_axis(const TensorType& x);

/// Calls use(from, to) with the elements of both, which are stored alike, as spans.
template <class Use>
void visit_both(const Tensor& from, Tensor& to, Use use) {
  from.visit([&](auto source) {
    using T = std::remove_const_t<typename decltype(source)::element_type>;
    use(source, to.values<T>());
  });
}

}  // namespace bitloom::ops
