#include "ir/ops/rearrange.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "ir/ops/check.h"
#include "ir/ops/moving.h"

namespace bitloom {
namespace {

constexpr OperandInfo kUnary[] = {{"x"}};

/// The axis of `to` on which axis `axis` of `from` survives a reshape: same length, and as many elements before it. -1: none.
int axis_after_reshape(const Shape& from, int axis, const Shape& to) {
  if (axis < 0) return -1;
  const std::int64_t before = std::accumulate(from.dims().begin(), from.dims().begin() + axis, std::int64_t{1}, std::multiplies<>());
  std::int64_t product = 1;
  for (int i = 0; i < to.rank(); ++i) {
    if (product == before && to[i] == from[axis]) return i;
    product *= to[i];
  }
  return -1;
}

const TensorType& image_operand(const Node& node, int block) {
  const TensorType& x = ops::operand(node, 0);
  ops::require(x.shape.rank() == 4, node, "input has shape " + to_string(x.shape), "feed it images NxCxHxW");
  ops::require(block >= 1, node, "block " + std::to_string(block), "choose at least 1");
  return x;
}

}  // namespace

std::span<const OperandInfo> Reshape::operands() const { return kUnary; }
Attributes Reshape::attributes() const { return {{"shape", shape.dims()}}; }

std::vector<TensorType> Reshape::infer(const Node& node) const {
  const TensorType& x = ops::operand(node, 0);
  ops::require(x.shape.elements() == shape.elements(), node,
               fmt::format("makes {} of {}, which has {} elements", to_string(shape), to_string(x.shape), x.shape.elements()),
               "keep the number of elements");
  return {ops::moved_type(node, x, shape, axis_after_reshape(x.shape, ops::channel_axis(x), shape))};
}

void Reshape::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  ops::copy_elements(*inputs[0], outputs[0]);
}

bool Reshape::stacks_images(const Node& node) const {
  const Shape& x = node.input(0)->shape();
  return x.rank() > 0 && shape.rank() > 0 && x[0] == shape[0];
}

std::span<const OperandInfo> Transpose::operands() const { return kUnary; }
Attributes Transpose::attributes() const { return {{"perm", std::vector<std::int64_t>(perm.begin(), perm.end())}}; }

std::vector<TensorType> Transpose::infer(const Node& node) const {
  const TensorType& x = ops::operand(node, 0);
  std::vector<int> axes(static_cast<std::size_t>(x.shape.rank()));
  std::iota(axes.begin(), axes.end(), 0);
  ops::require(std::ranges::is_permutation(perm, axes), node,
               fmt::format("perm [{}] does not name each axis of {} once", fmt::join(perm, ", "), to_string(x.shape)),
               "name every axis once");
  std::vector<std::int64_t> dims;
  for (const int axis : perm) dims.push_back(x.shape[axis]);
  const auto channels = std::ranges::find(perm, ops::channel_axis(x));
  return {ops::moved_type(node, x, Shape(std::move(dims)), channels == perm.end() ? -1 : static_cast<int>(channels - perm.begin()))};
}

void Transpose::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape& x = inputs[0]->shape();
  const std::vector<std::int64_t> strides = ops::strides_of(x);
  std::vector<ops::Offsets> axes;
  for (const int axis : perm) axes.push_back(ops::steps(x[axis], strides[static_cast<std::size_t>(axis)]));
  ops::move_elements(*inputs[0], outputs[0], axes);
}

std::span<const OperandInfo> DepthToSpace::operands() const { return kUnary; }
Attributes DepthToSpace::attributes() const { return {{"block", std::int64_t{block}}, {"square_first", std::int64_t{square_first}}}; }

std::vector<TensorType> DepthToSpace::infer(const Node& node) const {
  const TensorType& x = image_operand(node, block);
  const std::int64_t b = block;
  ops::require(x.shape[1] % (b * b) == 0, node, fmt::format("{} channels do not divide into squares of {} by {}", x.shape[1], b, b),
               "choose a block whose square divides the channels");
  return {ops::moved_type(node, x, Shape{x.shape[0], x.shape[1] / (b * b), x.shape[2] * b, x.shape[3] * b}, -1)};
}

void DepthToSpace::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape &x = inputs[0]->shape(), &y = outputs[0].shape();
  const std::int64_t b = block, channels = y[1], plane = x[2] * x[3];
  const std::int64_t channel_step = square_first ? plane : b * b * plane, square_step = square_first ? channels * plane : plane;
  const ops::Offsets axes[] = {ops::steps(y[0], x[1] * plane), ops::steps(channels, channel_step), ops::steps(x[2], x[3]),
                               ops::steps(b, b * square_step), ops::steps(x[3], 1),             ops::steps(b, square_step)};
  ops::move_elements(*inputs[0], outputs[0], axes);
}

std::span<const OperandInfo> SpaceToDepth::operands() const { return kUnary; }
Attributes SpaceToDepth::attributes() const { return {{"block", std::int64_t{block}}}; }

std::vector<TensorType> SpaceToDepth::infer(const Node& node) const {
  const TensorType& x = image_operand(node, block);
  const std::int64_t b = block;
  ops::require(x.shape[2] % b == 0 && x.shape[3] % b == 0, node,
               fmt::format("{} does not divide into squares of {} by {}", to_string(x.shape), b, b),
               "choose a block that divides height and width");
  return {ops::moved_type(node, x, Shape{x.shape[0], x.shape[1] * b * b, x.shape[2] / b, x.shape[3] / b}, -1)};
}

void SpaceToDepth::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape &x = inputs[0]->shape(), &y = outputs[0].shape();
  const std::int64_t b = block, plane = x[2] * x[3];
  const ops::Offsets axes[] = {ops::steps(x[0], x[1] * plane), ops::steps(b, x[3]),        ops::steps(b, 1),
                               ops::steps(x[1], plane),        ops::steps(y[2], b * x[3]), ops::steps(y[3], b)};
  ops::move_elements(*inputs[0], outputs[0], axes);
}

}  // namespace bitloom
