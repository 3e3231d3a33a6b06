#include <algorithm>
#include <cassert>
#include <cmath>

#include "data/image/image.h"

namespace bitloom::data {
namespace {

/// One output position of an axis: the weighted mean of the input positions first, first + 1, ...
struct Taps {
  std::size_t first;
  std::vector<double> weights;  // sum to 1
};

Taps mean_over(double low, double high) {
  Taps taps{static_cast<std::size_t>(low), {}};
  for (int at = static_cast<int>(low); at < high; ++at)
    taps.weights.push_back((std::min<double>(at + 1, high) - std::max<double>(at, low)) / (high - low));
  return taps;
}

Taps between_centres(double at, int size) {
  const double clipped = std::clamp(at, 0.0, static_cast<double>(size - 1)), low = std::floor(clipped);
  if (clipped == low) return {static_cast<std::size_t>(low), {1}};
  return {static_cast<std::size_t>(low), {1 - (clipped - low), clipped - low}};
}

std::vector<Taps> plan_axis(int from, int to) {
  std::vector<Taps> axis;
  for (int i = 0; i < to; ++i) {
    if (to < from) {
      const double low = static_cast<double>(std::int64_t{i} * from) / to, high = static_cast<double>(std::int64_t{i + 1} * from) / to;
      axis.push_back(mean_over(low, high));
    } else {
      axis.push_back(between_centres((i + 0.5) * from / to - 0.5, from));
    }
  }
  return axis;
}

}  // namespace

Image resize(const Image& image, int height, int width) {
  assert(height > 0 && width > 0);
  if (image.shape.height == height && image.shape.width == width) return image;
  const std::vector<Taps> rows = plan_axis(image.shape.height, height), columns = plan_axis(image.shape.width, width);
  const std::size_t from_height = static_cast<std::size_t>(image.shape.height), from_width = static_cast<std::size_t>(image.shape.width);

  Image out{{image.shape.channels, height, width}, {}};
  out.pixels.reserve(static_cast<std::size_t>(out.shape.bytes()));
  std::vector<double> narrow(from_height * columns.size());  // one channel, its columns already resized
  for (std::size_t c = 0; c < static_cast<std::size_t>(image.shape.channels); ++c) {
    const std::uint8_t* plane = image.pixels.data() + c * from_height * from_width;
    for (std::size_t y = 0; y < from_height; ++y) {
      for (std::size_t x = 0; x < columns.size(); ++x) {
        double sum = 0;
        for (std::size_t t = 0; t < columns[x].weights.size(); ++t)
          sum += columns[x].weights[t] * plane[y * from_width + columns[x].first + t];
        narrow[y * columns.size() + x] = sum;
      }
    }
    for (const Taps& row : rows) {
      for (std::size_t x = 0; x < columns.size(); ++x) {
        double sum = 0;
        for (std::size_t t = 0; t < row.weights.size(); ++t) sum += row.weights[t] * narrow[(row.first + t) * columns.size() + x];
        out.pixels.push_back(static_cast<std::uint8_t>(std::min(255.0, sum + 0.5)));
      }
    }
  }
  return out;
}

}  // namespace bitloom::data
