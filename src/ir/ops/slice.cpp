#include "ir/ops/slice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ir/ops/check.h"
#include "ir/ops/moving.h"

namespace bitloom {
namespace {

constexpr OperandInfo kUnary[] = {{"x"}};

constexpr auto kInputs = [] {
  std::array<OperandInfo, Concat::kMostInputs> inputs{};
  inputs.fill({"x"});
  return inputs;
}();

/// Whether the axis keeps all its elements where they are.
bool keeps(const Slice& slice, int axis, const Shape& x) {
  const auto named = std::ranges::find(slice.axes, axis);
  if (named == slice.axes.end()) return true;
  const auto i = static_cast<std::size_t>(named - slice.axes.begin());
  return slice.starts[i] == 0 && slice.steps[i] == 1 && slice.lengths[i] == x[axis];
}

bool keeps(const Pad& pad, int axis) {
  const auto a = static_cast<std::size_t>(axis);
  return pad.before[a] == 0 && pad.after[a] == 0;
}

/// The position in 0..size-1 that a padded position stands for; -1 for none.
std::int64_t inside(PadMode mode, std::int64_t position, std::int64_t size) {
  if (position >= 0 && position < size) return position;
  switch (mode) {
    case PadMode::kConstant:
      return -1;
    case PadMode::kEdge:
      return position < 0 ? 0 : size - 1;
    case PadMode::kWrap:
      return (position % size + size) % size;
    case PadMode::kReflect:
      break;
  }
  const std::int64_t period = std::max<std::int64_t>(2 * (size - 1), 1);  // there and back again
  const std::int64_t phase = (position % period + period) % period;
  return std::min(phase, period - phase);
}

}  // namespace

std::span<const OperandInfo> Slice::operands() const { return kUnary; }
Attributes Slice::attributes() const { return {{"axes", axes}, {"starts", starts}, {"steps", steps}, {"lengths", lengths}}; }

std::vector<TensorType> Slice::infer(const Node& node) const {
  const TensorType& x = ops::operand(node, 0);
  ops::require(starts.size() == axes.size() && steps.size() == axes.size() && lengths.size() == axes.size(), node,
               "axes, starts, steps and lengths differ in number", "give one of each per axis");
  Shape shape = x.shape;
  std::vector<bool> seen(static_cast<std::size_t>(shape.rank()));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    ops::require(axes[i] >= 0 && axes[i] < shape.rank() && !seen[static_cast<std::size_t>(axes[i])], node,
                 fmt::format("axis {} of {} is not there or named twice", axes[i], to_string(shape)), "name each axis at most once");
    seen[static_cast<std::size_t>(axes[i])] = true;
    const std::int64_t size = shape[static_cast<int>(axes[i])], last = starts[i] + (lengths[i] - 1) * steps[i];
    const bool fits = steps[i] != 0 && lengths[i] >= 0 &&
                      (lengths[i] == 0 || (starts[i] >= 0 && starts[i] < size && last >= 0 && last < size));
    ops::require(fits, node,
                 fmt::format("{} elements from {} in steps of {} leave axis {} of {}", lengths[i], starts[i], steps[i],
                             axes[i], to_string(shape)),
                 "stay inside the tensor");
    shape[static_cast<int>(axes[i])] = lengths[i];
  }
  const int channels = ops::channel_axis(x);
  return {ops::moved_type(node, x, std::move(shape), keeps(*this, channels, x.shape) ? channels : -1)};
}

void Slice::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const std::vector<std::int64_t> strides = ops::strides_of(inputs[0]->shape());
  std::vector<ops::Offsets> offsets;
  for (int axis = 0; axis < outputs[0].shape().rank(); ++axis)
    offsets.push_back(ops::steps(outputs[0].shape()[axis], strides[static_cast<std::size_t>(axis)]));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(axes[i]);
    for (std::size_t k = 0; k < offsets[axis].size(); ++k)
      offsets[axis][k] = (starts[i] + static_cast<std::int64_t>(k) * steps[i]) * strides[axis];
  }
  ops::move_elements(*inputs[0], outputs[0], offsets);
}

bool Slice::stacks_images(const Node& node) const { return keeps(*this, 0, node.input(0)->shape()); }

std::span<const OperandInfo> Concat::operands() const { return std::span(kInputs).first(static_cast<std::size_t>(count)); }
Attributes Concat::attributes() const { return {{"axis", std::int64_t{axis}}}; }

std::vector<TensorType> Concat::infer(const Node& node) const {
  TensorType type = ops::operand(node, 0);
  ops::require(static_cast<int>(node.inputs().size()) == count, node, fmt::format("{} inputs, not {}", node.inputs().size(), count),
               "give it as many as it says");
  ops::require(axis >= 0 && axis < type.shape.rank(), node, fmt::format("axis {} of {}", axis, to_string(type.shape)),
               "choose an axis that it has");
  for (int i = 1; i < count; ++i) {
    const TensorType& x = ops::operand(node, i);
    ops::require(x.element == type.element && x.quantization == type.quantization, node,
                 fmt::format("input {} is {} beside {}", i + 1, to_string(x), to_string(type)), "give all the same type and quantization");
    Shape expected = type.shape;
    if (x.shape.rank() == expected.rank()) expected[axis] = x.shape[axis];
    ops::require(x.shape == expected, node,
                 fmt::format("input {} has shape {} beside {}", i + 1, to_string(x.shape), to_string(type.shape)),
                 fmt::format("let them differ along axis {} only", axis));
    type.shape[axis] += x.shape[axis];
  }
  const int channels = ops::channel_axis(type);
  return {ops::moved_type(node, type, type.shape, channels)};
}

void Concat::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape& y = outputs[0].shape();
  std::int64_t outer = 1, inner = 1;
  for (int a = 0; a < axis; ++a) outer *= y[a];
  for (int a = axis + 1; a < y.rank(); ++a) inner *= y[a];
  outputs[0].visit([&](auto to) {
    using T = typename decltype(to)::value_type;
    auto at = to.begin();
    for (std::int64_t o = 0; o < outer; ++o)
      for (const Tensor* input : inputs) {
        const auto from = input->values<T>();
        const auto rows = static_cast<std::size_t>(input->shape()[axis] * inner);
        if (rows > 0) at = std::ranges::copy(from.subspan(static_cast<std::size_t>(o) * rows % from.size(), rows), at).out;
      }
  });
}

std::string_view to_string(PadMode mode) {
  switch (mode) {
    case PadMode::kConstant:
      return "constant";
    case PadMode::kReflect:
      return "reflect";
    case PadMode::kEdge:
      return "edge";
    case PadMode::kWrap:
      return "wrap";
  }
  return "";
}

std::span<const OperandInfo> Pad::operands() const { return kUnary; }
Attributes Pad::attributes() const {
  return {{"mode", std::string(to_string(mode))}, {"before", before}, {"after", after}, {"value", value}};
}

std::vector<TensorType> Pad::infer(const Node& node) const {
  const TensorType& x = ops::operand(node, 0);
  const auto rank = static_cast<std::size_t>(x.shape.rank());
  ops::require(before.size() == rank && after.size() == rank, node,
               fmt::format("{} + {} pads for {}", before.size(), after.size(), to_string(x.shape)), "give two per axis");
  const bool representable = x.element.is_float || (value == std::trunc(value) && value >= static_cast<double>(x.element.min()) &&
                                                    value <= static_cast<double>(x.element.max()) && std::abs(value) < 0x1p53);
  ops::require(representable, node, fmt::format("value {} is not one of {}", value, to_string(x.element)),
               "choose one that its elements can be");
  Shape shape = x.shape;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const std::int64_t b = before[static_cast<std::size_t>(axis)], a = after[static_cast<std::size_t>(axis)], size = shape[axis];
    constexpr std::int64_t kMost = std::int64_t{1} << 31;
    const bool fits = b >= -kMost && b <= kMost && a >= -kMost && a <= kMost && size + b + a >= 0 &&
                      (size > 0 || mode == PadMode::kConstant);
    ops::require(fits, node, fmt::format("pads {} and {} of axis {} of {}", b, a, axis, to_string(x.shape)),
                 "leave something of each axis");
    shape[axis] = size + b + a;
  }
  const int channels = ops::channel_axis(x);
  return {ops::moved_type(node, x, std::move(shape), channels >= 0 && keeps(*this, channels) ? channels : -1)};
}

void Pad::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape& x = inputs[0]->shape();
  const std::vector<std::int64_t> strides = ops::strides_of(x);
  std::vector<ops::Offsets> offsets;
  for (int axis = 0; axis < x.rank(); ++axis) {
    ops::Offsets& along = offsets.emplace_back();
    for (std::int64_t i = 0; i < outputs[0].shape()[axis]; ++i) {
      const std::int64_t position = inside(mode, i - before[static_cast<std::size_t>(axis)], x[axis]);
      along.push_back(position < 0 ? ops::kOutside : position * strides[static_cast<std::size_t>(axis)]);
    }
  }
  ops::move_elements(*inputs[0], outputs[0], offsets, value);
}

std::span<const OperandInfo> Expand::operands() const { return kUnary; }
Attributes Expand::attributes() const { return {{"shape", shape.dims()}}; }

std::vector<TensorType> Expand::infer(const Node& node) const {
  const TensorType& x = ops::operand(node, 0);
  const int added = shape.rank() - x.shape.rank();
  bool fits = added >= 0;
  for (int axis = 0; fits && axis < x.shape.rank(); ++axis) fits = x.shape[axis] == shape[axis + added] || x.shape[axis] == 1;
  ops::require(fits, node, fmt::format("expands {} to {}", to_string(x.shape), to_string(shape)), "change only dimensions of length 1");
  return {ops::moved_type(node, x, shape, ops::channel_axis(x) < 0 ? -1 : ops::channel_axis(x) + added)};
}

void Expand::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape &x = inputs[0]->shape(), &y = outputs[0].shape();
  const std::vector<std::int64_t> strides = ops::strides_of(x);
  const int added = y.rank() - x.rank();
  std::vector<ops::Offsets> offsets;
  for (int axis = 0; axis < y.rank(); ++axis) {
    const bool repeats = axis < added || x[axis - added] == 1;
    offsets.push_back(ops::steps(y[axis], repeats ? 0 : strides[static_cast<std::size_t>(axis - added)]));
  }
  ops::move_elements(*inputs[0], outputs[0], offsets);
}

bool Expand::stacks_images(const Node& node) const {
  const Shape& x = node.input(0)->shape();
  return x.rank() > 0 && shape.rank() == x.rank() && shape[0] == x[0];
}

std::span<const OperandInfo> Tile::operands() const { return kUnary; }
Attributes Tile::attributes() const { return {{"repeats", repeats}}; }

std::vector<TensorType> Tile::infer(const Node& node) const {
  const TensorType& x = ops::operand(node, 0);
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  const bool fits = static_cast<int>(repeats.size()) == x.shape.rank() &&
                    std::ranges::all_of(repeats, [](std::int64_t r) { return r >= 0 && r <= kMost; });
  ops::require(fits, node, fmt::format("repeats {} [{}] times", to_string(x.shape), fmt::join(repeats, ", ")), "give one number per axis");
  Shape shape = x.shape;
  for (int axis = 0; axis < shape.rank(); ++axis) shape[axis] *= repeats[static_cast<std::size_t>(axis)];
  return {ops::moved_type(node, x, std::move(shape), ops::channel_axis(x))};
}

void Tile::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape& x = inputs[0]->shape();
  const std::vector<std::int64_t> strides = ops::strides_of(x);
  std::vector<ops::Offsets> offsets;
  for (int axis = 0; axis < x.rank(); ++axis) {
    ops::Offsets& along = offsets.emplace_back();
    for (std::int64_t i = 0; i < outputs[0].shape()[axis]; ++i) along.push_back(i % x[axis] * strides[static_cast<std::size_t>(axis)]);
  }
  ops::move_elements(*inputs[0], outputs[0], offsets);
}

}  // namespace bitloom
