#pragma once

#include <cstdint>

#include "ir/ops/conv2d.h"
#include "ir/tensor.h"

namespace bitloom::engine {

/// An image with the convolution's pads laid around it, so that no window looks outside: [channels][height][width].
struct PaddedImage {
  std::int64_t channels, height, width;
  std::int64_t top, left, inner_height, inner_width;  ///< where x lies in it
  std::int64_t pixel_step_h, pixel_step_w;            ///< between what neighbouring outputs look at, in elements

  PaddedImage(const Conv2d& op, const Shape& x)
      : channels(x[1]),
        height(x[2] + op.pad_top + op.pad_bottom),
        width(x[3] + op.pad_left + op.pad_right),
        top(op.pad_top),
        left(op.pad_left),
        inner_height(x[2]),
        inner_width(x[3]),
        pixel_step_h(op.stride_h * width),
        pixel_step_w(op.stride_w) {}

  std::int64_t elements() const { return channels * height * width; }
  std::int64_t inner_elements() const { return channels * inner_height * inner_width; }
  bool has_pads() const { return height != inner_height || width != inner_width; }

  /// Writes x - zero, and 0 into the pads.
  template <class T, class Packed>
  void fill(const T* x, std::int32_t zero, Packed* padded) const {
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t i = 0; i < height; ++i, padded += width) {
        const bool inside = i >= top && i < top + inner_height;
        const std::int64_t first = inside ? left : width, last = inside ? left + inner_width : width;
        for (std::int64_t j = 0; j < first; ++j) padded[j] = 0;
        for (std::int64_t j = first; j < last; ++j) padded[j] = static_cast<Packed>(*x++ - static_cast<T>(zero));
        for (std::int64_t j = last; j < width; ++j) padded[j] = 0;
      }
  }
};

}  // namespace bitloom::engine
