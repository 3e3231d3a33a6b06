#include "ir/ops/gather.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "ir/ops/check.h"
#include "ir/ops/moving.h"

namespace bitloom {
namespace {

constexpr OperandInfo kGather[] = {{"x"}, {"indices"}};
constexpr OperandInfo kScatter[] = {{"x"}, {"indices"}, {"updates"}};

std::vector<std::int64_t> indices_of(const Tensor& tensor) {
  std::vector<std::int64_t> indices;
  tensor.visit([&](auto values) {
    for (const auto value : values) indices.push_back(static_cast<std::int64_t>(value));
  });
  return indices;
}

std::int64_t resolved(std::int64_t index, std::int64_t size, std::string_view op_name) {
  if (index < -size || index >= size)
    throw InputError(op_name, fmt::format("index {} of an axis of length {}", index, size), "the model computes a wrong position");
  return index < 0 ? index + size : index;
}

const Shape& index_shape(const Node& node) { return ops::integer_operand(node, 1).shape; }

void check_axis(const Node& node, int axis, const Shape& shape) {
  ops::require(axis >= 0 && axis < shape.rank(), node, fmt::format("axis {} of {}", axis, to_string(shape)), "choose an axis that it has");
}

bool has_constant_indices(const Node& node) { return node.input(1)->is_constant(); }

std::int64_t product(const Shape& shape, int first, int last) {
  std::int64_t result = 1;
  for (int axis = first; axis < last; ++axis) result *= shape[axis];
  return result;
}

/// For each element of `walked`, in order: how far into a tensor of shape `x` the element lies whose position is the same but for `axis`,
/// where `indices` names it. Indices of one image serve all.
std::vector<std::int64_t> element_offsets(const Shape& x, const Shape& walked, int axis, const std::vector<std::int64_t>& indices,
                                          std::string_view op_name) {
  const std::vector<std::int64_t> x_strides = ops::strides_of(x), strides = ops::strides_of(walked);
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(walked.elements()));
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    auto rest = static_cast<std::int64_t>(i);
    for (int a = 0; a < walked.rank(); ++a) {
      const auto k = static_cast<std::size_t>(a);
      const std::int64_t position = a == axis ? resolved(indices[i % indices.size()], x[a], op_name) : rest / strides[k];
      offsets[i] += position * x_strides[k];
      rest %= strides[k];
    }
  }
  return offsets;
}

/// Where the slice begins that a tuple of indices names: positions along the axes of `x` from `first` on.
std::int64_t slice_offset(const Shape& x, int first, std::span<const std::int64_t> tuple, std::string_view op_name) {
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < tuple.size(); ++i) {
    const std::int64_t size = x[first + static_cast<int>(i)];
    offset = offset * size + resolved(tuple[i], size, op_name);
  }
  return offset * product(x, first + static_cast<int>(tuple.size()), x.rank());
}

/// `indices` without its last axis, then what of `x` its tuples leave whole.
Shape shape_of_slices(const Node& node, const Shape& x, const Shape& indices, int batch_dims) {
  ops::require(
      indices.rank() >= 1 && batch_dims >= 0 && batch_dims < indices.rank() && batch_dims < x.rank(), node,
      fmt::format("indices have shape {} for {} with batch_dims {}", to_string(indices), to_string(x), batch_dims),
      "give one tuple a slice");
  const std::int64_t depth = indices[indices.rank() - 1];
  ops::require(depth >= 1 && batch_dims + depth <= x.rank(), node, fmt::format("tuples of {} indices into {}", depth, to_string(x)),
               "give one to as many as it has axes");
  for (int axis = 0; axis < batch_dims; ++axis)
    ops::require(indices[axis] == x[axis], node,
                 fmt::format("indices have shape {} for {}", to_string(indices), to_string(x)), "let the batch agree");
  std::vector<std::int64_t> dims(indices.dims().begin(), indices.dims().end() - 1);
  dims.insert(dims.end(), x.dims().begin() + batch_dims + depth, x.dims().end());
  return Shape(std::move(dims));
}

}  // namespace

std::span<const OperandInfo> Gather::operands() const { return kGather; }
Attributes Gather::attributes() const { return {{"axis", std::int64_t{axis}}}; }

std::vector<TensorType> Gather::infer(const Node& node) const {
  const TensorType& x = ops::operand(node, 0);
  const Shape& indices = index_shape(node);
  check_axis(node, axis, x.shape);
  std::vector<std::int64_t> dims(x.shape.dims().begin(), x.shape.dims().begin() + axis);
  dims.insert(dims.end(), indices.dims().begin(), indices.dims().end());
  dims.insert(dims.end(), x.shape.dims().begin() + axis + 1, x.shape.dims().end());
  int channels = ops::channel_axis(x);
  if (channels == axis) channels = -1;
  if (channels > axis) channels += indices.rank() - 1;
  return {ops::moved_type(node, x, Shape(std::move(dims)), channels)};
}

void Gather::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape& x = inputs[0]->shape();
  const std::int64_t inner = product(x, axis + 1, x.rank());
  ops::Offsets picked;
  for (const std::int64_t index : indices_of(*inputs[1])) picked.push_back(resolved(index, x[axis], kName) * inner);
  const ops::Offsets axes[] = {ops::steps(product(x, 0, axis), x[axis] * inner), picked, ops::steps(inner, 1)};
  ops::move_elements(*inputs[0], outputs[0], axes);
}

bool Gather::stacks_images(const Node& node) const { return axis > 0 && has_constant_indices(node); }

std::span<const OperandInfo> GatherElements::operands() const { return kGather; }
Attributes GatherElements::attributes() const { return {{"axis", std::int64_t{axis}}}; }

std::vector<TensorType> GatherElements::infer(const Node& node) const {
  const TensorType& x = ops::operand(node, 0);
  const Shape& indices = index_shape(node);
  check_axis(node, axis, x.shape);
  bool fits = indices.rank() == x.shape.rank();
  for (int a = 0; fits && a < indices.rank(); ++a) fits = a == axis || indices[a] <= x.shape[a];
  ops::require(fits, node, fmt::format("indices have shape {} for {}", to_string(indices), to_string(x.shape)),
               "stay inside it along the other axes");
  return {ops::moved_type(node, x, indices, ops::channel_axis(x) == axis ? -1 : ops::channel_axis(x))};
}

void GatherElements::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const auto offsets = element_offsets(inputs[0]->shape(), outputs[0].shape(), axis, indices_of(*inputs[1]), kName);
  ops::visit_both(*inputs[0], outputs[0], [&](auto from, auto to) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = from[static_cast<std::size_t>(offsets[i])];
  });
}

bool GatherElements::stacks_images(const Node& node) const {
  return axis > 0 && has_constant_indices(node) && node.input(1)->shape()[0] == node.input(0)->shape()[0];
}

std::span<const OperandInfo> GatherND::operands() const { return kGather; }
Attributes GatherND::attributes() const { return {{"batch_dims", std::int64_t{batch_dims}}}; }

std::vector<TensorType> GatherND::infer(const Node& node) const {
  const TensorType& x = ops::operand(node, 0);
  return {ops::moved_type(node, x, shape_of_slices(node, x.shape, index_shape(node), batch_dims), -1)};
}

void GatherND::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape& x = inputs[0]->shape();
  const std::vector<std::int64_t> indices = indices_of(*inputs[1]);
  const auto depth = static_cast<std::size_t>(inputs[1]->shape()[inputs[1]->shape().rank() - 1]);
  const std::int64_t batches = product(x, 0, batch_dims), batch = product(x, batch_dims, x.rank());
  const std::int64_t slice = product(x, batch_dims + static_cast<int>(depth), x.rank());
  const std::size_t per_batch = slice * batches == 0 ? 0 : static_cast<std::size_t>(outputs[0].elements() / slice / batches);
  ops::visit_both(*inputs[0], outputs[0], [&](auto from, auto to) {
    auto at = to.begin();
    for (std::int64_t b = 0; b < batches; ++b)
      for (std::size_t i = 0; i < per_batch; ++i) {
        const std::size_t tuple = (static_cast<std::size_t>(b) * per_batch + i) * depth % indices.size();
        const std::int64_t start = b * batch + slice_offset(x, batch_dims, std::span(indices).subspan(tuple, depth), kName);
        at = std::ranges::copy(from.subspan(static_cast<std::size_t>(start), static_cast<std::size_t>(slice)), at).out;
      }
  });
}

bool GatherND::stacks_images(const Node& node) const { return batch_dims > 0 && has_constant_indices(node); }

std::span<const OperandInfo> ScatterElements::operands() const { return kScatter; }
Attributes ScatterElements::attributes() const { return {{"axis", std::int64_t{axis}}}; }

std::vector<TensorType> ScatterElements::infer(const Node& node) const {
  const TensorType &x = ops::operand(node, 0), &updates = ops::operand(node, 2);
  const Shape& indices = index_shape(node);
  check_axis(node, axis, x.shape);
  bool fits = indices.rank() == x.shape.rank() && updates.shape == indices;
  for (int a = 0; fits && a < indices.rank(); ++a) fits = a == axis || indices[a] <= x.shape[a];
  ops::require(fits, node,
               fmt::format("indices have shape {} and updates {} for {}", to_string(indices), to_string(updates.shape),
                           to_string(x.shape)),
               "give one index an update, inside x along the other axes");
  ops::require(updates.element == x.element && updates.quantization == x.quantization, node,
               fmt::format("updates are {} in {}", to_string(updates), to_string(x)), "give both one type and quantization");
  return {ops::moved_type(node, x, x.shape, ops::channel_axis(x) == axis ? -1 : ops::channel_axis(x))};
}

void ScatterElements::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const auto offsets = element_offsets(inputs[0]->shape(), inputs[2]->shape(), axis, indices_of(*inputs[1]), kName);
  ops::copy_elements(*inputs[0], outputs[0]);
  ops::visit_both(*inputs[2], outputs[0], [&](auto from, auto to) {
    for (std::size_t i = 0; i < from.size(); ++i) to[static_cast<std::size_t>(offsets[i])] = from[i];
  });
}

bool ScatterElements::stacks_images(const Node& node) const {
  const Value *x = node.input(0), *updates = node.input(2);
  return axis > 0 && has_constant_indices(node) && !x->is_constant() && !updates->is_constant() && x->shape()[0] == updates->shape()[0];
}

std::span<const OperandInfo> ScatterND::operands() const { return kScatter; }

std::vector<TensorType> ScatterND::infer(const Node& node) const {
  const TensorType &x = ops::operand(node, 0), &updates = ops::operand(node, 2);
  const Shape slices = shape_of_slices(node, x.shape, index_shape(node), 0);
  ops::require(updates.shape == slices, node, fmt::format("updates have shape {}, not {}", to_string(updates.shape), to_string(slices)),
               "give one slice a tuple of indices");
  ops::require(updates.element == x.element && updates.quantization == x.quantization, node,
               fmt::format("updates are {} in {}", to_string(updates), to_string(x)), "give both one type and quantization");
  const Shape& indices = index_shape(node);
  const bool keeps_channels = slices.rank() == x.shape.rank() && ops::channel_axis(x) >= indices[indices.rank() - 1];  // inside the slices
  return {ops::moved_type(node, x, x.shape, keeps_channels ? ops::channel_axis(x) : -1)};
}

void ScatterND::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape& x = inputs[0]->shape();
  const std::vector<std::int64_t> indices = indices_of(*inputs[1]);
  const auto depth = static_cast<std::size_t>(inputs[1]->shape()[inputs[1]->shape().rank() - 1]);
  const auto slice = static_cast<std::size_t>(product(x, static_cast<int>(depth), x.rank()));
  ops::copy_elements(*inputs[0], outputs[0]);
  ops::visit_both(*inputs[2], outputs[0], [&](auto from, auto to) {
    for (std::size_t i = 0; (i + 1) * depth <= indices.size(); ++i) {
      const std::int64_t start = slice_offset(x, 0, std::span(indices).subspan(i * depth, depth), kName);
      std::ranges::copy(from.subspan(i * slice, slice), to.begin() + start);
    }
  });
}

}  // namespace bitloom
