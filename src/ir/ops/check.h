#pragma once

#include <string>

#include "ir/graph.h"

/// What the shape and type rules of the operators share: precise refusals, and the type of an exact accumulator.
namespace bitloom::ops {

/// @throws InputError "graph: node 'name' (Op): WHAT; FIX" unless `holds`.
void require(bool holds, const Node& node, const std::string& what, const std::string& fix);

/// Type of operand `i`. @throws InputError naming the operand if it is absent.
const TensorType& operand(const Node& node, int i);
/// As `operand`; null where an optional operand is absent.
const TensorType* optional_operand(const Node& node, int i);

/// Operand `i`, which must be float32 (an integer) of `rank` dimensions; rank -1 takes any.
const TensorType& float_operand(const Node& node, int i, int rank = -1);
const TensorType& integer_operand(const Node& node, int i, int rank = -1);

/// Operand `i`, float32 or an integer that stands for itself, such as a size or a position. @throws InputError for integers that stand for
/// reals: what an operator makes of those is the business of `lower`.
const TensorType& plain_operand(const Node& node, int i);
const TensorType& boolean_operand(const Node& node, int i);

/// Whether a value is computed from a graph input, so that it differs from image to image.
bool changes_with_the_image(const Value& value);

/// Positive finite scales, one or as many as `shape` has on the axis, and a zero point in the range of `element`.
void check_quantization(const Node& node, const Quantization& quantization, ElementType element, const Shape& shape);

/// Type of y = b + sum of x * w with operands (x, w, b): float32 when all are, else the exact int32 accumulator of distances from zero points,
/// b + sum of (x - x.zero_point) * (w - w.zero_point[o]), with scale x.scale * w.scale. `shape` is y's; output channels are w's axis 0 and y's
/// axis 1.
TensorType weighted_sum_type(const Node& node, const Shape& shape);

/// What an integer weight of output `o` is less its zero point, or a float weight as it is.
inline float distance_from_zero(float weight, const Tensor&, std::int64_t) { return weight; }
inline std::int64_t distance_from_zero(std::int32_t weight, const Tensor& weights, std::int64_t o) {
  const Quantization& quantization = *weights.type().quantization;
  return std::int64_t{weight} - quantization.zero_point_of(quantization.per_channel() ? static_cast<std::size_t>(o) : 0);
}

/// An exact sum as it is stored: a double rounds once to float32; an integer must fit int32.
/// @throws InputError naming operator and value when it does not; `lower` refuses a layer that could ever get there.
template <class T>
T stored(double sum, std::string_view) {
  return static_cast<T>(sum);
}
template <class T>
T stored(std::int64_t sum, std::string_view op_name);
template <>
std::int32_t stored<std::int32_t>(std::int64_t sum, std::string_view op_name);

}  // namespace bitloom::ops
