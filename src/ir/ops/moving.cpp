#include "ir/ops/moving.h"

#include <algorithm>

#include "ir/ops/check.h"

namespace bitloom::ops {
namespace {

template <class T>
struct Mover {
  std::span<const T> from;
  std::span<const Offsets> axes;
  T fill;
  T* to;

  /// Writes all positions of the axes from `axis` on, which begin at `base`; kOutside where an outer axis already lies there.
  void move(std::size_t axis, std::int64_t base) {
    if (axis == axes.size()) {
      *to++ = base == kOutside ? fill : from[static_cast<std::size_t>(base)];
      return;
    }
    for (const std::int64_t offset : axes[axis]) move(axis + 1, base == kOutside || offset == kOutside ? kOutside : base + offset);
  }
};

}  // namespace

Offsets steps(std::int64_t count, std::int64_t stride) {
  Offsets offsets(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] = static_cast<std::int64_t>(i) * stride;
  return offsets;
}

std::vector<std::int64_t> strides_of(const Shape& shape) {
  std::vector<std::int64_t> strides(static_cast<std::size_t>(shape.rank()), 1);
  for (std::size_t axis = strides.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[static_cast<int>(axis)];
  return strides;
}

void move_elements(const Tensor& from, Tensor& to, std::span<const Offsets> axes, double fill) {
  visit_both(from, to, [&]<class T>(std::span<const T> source, std::span<T> target) {
    Mover<T>{source, axes, static_cast<T>(fill), target.data()}.move(0, 0);
  });
}

void copy_elements(const Tensor& from, Tensor& to) {
  visit_both(from, to, [](auto source, auto target) { std::ranges::copy(source, target.begin()); });
}

int channel_axis(const TensorType& x) { return x.quantization ? x.quantization->axis : -1; }

TensorType moved_type(const Node& node, const TensorType& x, Shape shape, int channel_axis) {
  TensorType type{std::move(shape), x.element, x.quantization};
  if (type.quantization && type.quantization->per_channel()) {
    const bool follows = channel_axis >= 0 && type.shape[channel_axis] == static_cast<std::int64_t>(type.quantization->scales.size());
    require(follows, node, "input is quantized per channel, and its channels do not stay on one axis", "quantize it per tensor");
    type.quantization->axis = channel_axis;
  }
  return type;
}

}  // namespace bitloom::ops
