#include "ir/ops/pool_nd.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/ops/check.h"

namespace bitloom {
namespace {

using ops::require;

constexpr OperandInfo kUnary[] = {{"x"}};

/// Whether a window covers some of an axis wherever it stands, where the pads are below its extent: a dilated one that begins before the
/// image can step over it.
bool all_cover(const WindowNd& window, int axis, std::int64_t size, std::int64_t positions) {
  const auto a = static_cast<std::size_t>(axis);
  for (std::int64_t position = 0; position < positions && position * window.strides[a] < window.pads_begin[a]; ++position) {
    const ops::Covered inside = ops::covered(window, axis, position, size);
    if (inside.begin >= inside.end) return false;
  }
  return true;
}

Shape pooled_shape(const Node& node, const WindowNd& window, const Shape& x) {
  const std::vector<std::int64_t> positions = window.positions(node, x);
  for (int axis = 0; axis < window.axes(); ++axis) {
    const int most = std::max(window.pads_begin[static_cast<std::size_t>(axis)], window.pads_end[static_cast<std::size_t>(axis)]);
    require(most < window.extent(axis), node, fmt::format("a pad of {} reaches the size of the kernel {}", most, window.extent(axis)),
            "use pads below it, so that every window covers some input");
    require(all_cover(window, axis, x[axis + 2], positions[static_cast<std::size_t>(axis)]), node,
            "a window of the dilated kernel covers nothing but padding", "use smaller pads");
  }
  require(x.elements() > 0, node, "input has shape " + to_string(x), "give every axis at least one element");
  std::vector<std::int64_t> dims{x[0], x[1]};
  dims.insert(dims.end(), positions.begin(), positions.end());
  return Shape(std::move(dims));
}

/// Calls use(element of y, first element of the plane of x, taps of the window) for every window of every plane.
template <class Use>
void for_windows(const WindowNd& window, const Shape& x, const Shape& y, Use use) {
  const auto sizes = ops::image_axes(x), positions = ops::image_axes(y);
  const std::int64_t planes = x[0] * x[1], x_plane = x.elements() / planes, y_plane = y.elements() / planes;
  std::vector<std::int64_t> position(positions.size());
  std::int64_t at = 0;
  do {
    const std::vector<ops::Tap> taps = ops::taps(window, position, sizes);
    for (std::int64_t plane = 0; plane < planes; ++plane) use(static_cast<std::size_t>(plane * y_plane + at), plane * x_plane, taps);
    ++at;
  } while (ops::next_index(position, positions));
}

/// The place of row-major element `index` of an image where its first axis counts fastest.
std::int64_t column_major_index(std::int64_t index, std::span<const std::int64_t> sizes) {
  std::int64_t result = 0, step = 1;
  for (const std::int64_t size : sizes) step *= size;
  for (std::size_t axis = sizes.size(); axis-- > 0;) {
    step /= sizes[axis];
    result += index % sizes[axis] * step;
    index /= sizes[axis];
  }
  return result;
}

/// The first largest element under the window; a NaN wins and stays, to be seen.
template <class T>
std::int64_t largest(std::span<const T> x, std::int64_t plane, const std::vector<ops::Tap>& taps) {
  std::int64_t best = taps.front().image;
  for (const ops::Tap& tap : taps) {
    const T value = x[static_cast<std::size_t>(plane + tap.image)], so_far = x[static_cast<std::size_t>(plane + best)];
    if (value > so_far || (value != value && so_far == so_far)) best = tap.image;
  }
  return best;
}

}  // namespace

std::span<const OperandInfo> MaxPoolNd::operands() const { return kUnary; }

Attributes MaxPoolNd::attributes() const {
  Attributes list = window.attributes();
  if (column_major) list.emplace_back("column_major", std::int64_t{1});
  return list;
}

std::vector<TensorType> MaxPoolNd::infer(const Node& node) const {
  TensorType type = ops::operand(node, 0);
  require(type.element.bits <= 32, node, "operand 'x' is " + to_string(type.element), "feed it floats or quantized values");
  type.shape = pooled_shape(node, window, type.shape);
  if (!indices) return {type};
  const TensorType of_indices{type.shape, ElementType::int64(), {}};
  return {type, of_indices};
}

void MaxPoolNd::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const auto sizes = ops::image_axes(inputs[0]->shape());
  outputs[0].visit([&](auto y) {
    using T = typename decltype(y)::value_type;
    const auto x = inputs[0]->values<T>();
    for_windows(window, inputs[0]->shape(), outputs[0].shape(), [&](std::size_t i, std::int64_t plane, const std::vector<ops::Tap>& taps) {
      const std::int64_t best = largest<T>(x, plane, taps);
      y[i] = x[static_cast<std::size_t>(plane + best)];
      if (indices) outputs[1].indices()[i] = plane + (column_major ? column_major_index(best, sizes) : best);
    });
  });
}

std::span<const OperandInfo> AveragePoolNd::operands() const { return kUnary; }

Attributes AveragePoolNd::attributes() const {
  Attributes list = window.attributes();
  if (count_include_pad) list.emplace_back("count_include_pad", std::int64_t{1});
  return list;
}

std::vector<TensorType> AveragePoolNd::infer(const Node& node) const {
  return {{pooled_shape(node, window, ops::float_operand(node, 0).shape), ElementType::float32(), {}}};
}

void AveragePoolNd::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const auto x = inputs[0]->floats();
  const auto y = outputs[0].floats();
  double kernel_size = 1;
  for (const int length : window.kernel) kernel_size *= length;
  for_windows(window, inputs[0]->shape(), outputs[0].shape(), [&](std::size_t i, std::int64_t plane, const std::vector<ops::Tap>& taps) {
    double sum = 0;
    for (const ops::Tap& tap : taps) sum += x[static_cast<std::size_t>(plane + tap.image)];
    y[i] = static_cast<float>(sum / (count_include_pad ? kernel_size : static_cast<double>(taps.size())));
  });
}

}  // namespace bitloom
