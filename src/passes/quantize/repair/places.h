#pragma once

#include <cstddef>

#include "ir/type.h"

namespace bitloom {

/// Where the channels of a value [N, C, ...] of one image lie. N is above 1 where a Reshape has made rows of the image; a place is a row and a
/// position in it, row by row.
struct Places {
  std::size_t rows, channels, area;

  explicit Places(const Shape& shape)
      : rows(static_cast<std::size_t>(shape[0])), channels(static_cast<std::size_t>(shape[1])), area(1) {
    for (int axis = 2; axis < shape.rank(); ++axis) area *= static_cast<std::size_t>(shape[axis]);
  }

  std::size_t count() const { return rows * area; }
  std::size_t row(std::size_t place) const { return place / area; }
  std::size_t position(std::size_t place) const { return place % area; }  ///< in its row
  std::size_t element(std::size_t place, std::size_t channel) const { return (row(place) * channels + channel) * area + position(place); }
};

}  // namespace bitloom
