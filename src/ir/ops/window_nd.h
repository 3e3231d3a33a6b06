#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "ir/graph.h"

namespace bitloom {

/// A window over images of any number of axes, [N,C,D1,D2,...]: one entry per axis in every list. At position p it covers
///   p[a]*strides[a] + u[a]*dilations[a] - pads_begin[a],  0 <= u[a] < kernel[a]
/// Windows over images of two axes have operators of their own, which quantization and hardware know (Conv2d, MaxPool2d, ...).
struct WindowNd {
  std::vector<int> kernel, strides, dilations, pads_begin, pads_end;

  WindowNd() = default;
  explicit WindowNd(int axes);  ///< of one element, without pads
  int axes() const { return static_cast<int>(kernel.size()); }
  bool is_dilated() const;
  Attributes attributes() const;

  std::int64_t extent(int axis) const { return std::int64_t{dilations[at(axis)]} * (kernel[at(axis)] - 1) + 1; }
  std::int64_t pads(int axis) const { return std::int64_t{pads_begin[at(axis)]} + pads_end[at(axis)]; }

  /// Refuses lists of different lengths, another number of axes than x has, and entries that mean nothing.
  void check(const Node& node, const Shape& x) const;
  double steps(const Node& node) const;  ///< of an operator of one operand: every window's elements inside x, or more
  /// The positions along each axis of x. @throws InputError where the window exceeds the padded image
  std::vector<std::int64_t> positions(const Node& node, const Shape& x) const;

 private:
  static std::size_t at(int axis) { return static_cast<std::size_t>(axis); }
};

namespace ops {

/// The axes of an image, or of a kernel, [N,C,D1,D2,...]: what lies behind the first two.
std::span<const std::int64_t> image_axes(const Shape& shape);

/// The elements of the window along one axis, begin to end - 1, that lie inside an image of `size` there; none when begin >= end.
struct Covered {
  std::int64_t begin, end;
};
Covered covered(const WindowNd& window, int axis, std::int64_t position, std::int64_t size);

/// One element of a window: its index in the kernel and in the image, both row-major.
struct Tap {
  std::int64_t kernel, image;
};

/// What the window covers inside an image with axes `sizes` at `position`, in the order of the kernel.
std::vector<Tap> taps(const WindowNd& window, std::span<const std::int64_t> position, std::span<const std::int64_t> sizes);

/// Moves `index` to the next one, row-major; false behind the last.
bool next_index(std::vector<std::int64_t>& index, std::span<const std::int64_t> sizes);

}  // namespace ops
}  // namespace bitloom
