#include "passes/quantize/repair/channel_moments.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "passes/quantize/repair/places.h"

namespace bitloom {

ChannelMoments::ChannelMoments(const std::vector<const Value*>& values) {
  for (const Value* value : values) {
    const auto channels = static_cast<std::size_t>(value->shape()[1]);
    sums_.push_back({std::vector<double>(channels), std::vector<double>(channels)});
  }
}

void ChannelMoments::add(ObservedBatch batch) {
  parallel_for(static_cast<std::int64_t>(sums_.size()), [&](std::int64_t v) {
    Sums& sums = sums_[static_cast<std::size_t>(v)];
    for (const std::vector<Tensor>& image : batch) {
      const Tensor& values = image[static_cast<std::size_t>(v)];
      const Places places(values.shape());
      for (std::size_t c = 0; c < places.channels; ++c) {
        double sum = 0, square = 0;
        for (std::size_t row = 0; row < places.rows; ++row)
          for (const float x : values.floats().subspan(places.element(row * places.area, c), places.area)) {
            sum += x;
            square += double{x} * x;
          }
        sums.values[c] += sum / static_cast<double>(places.count());
        sums.squares[c] += square / static_cast<double>(places.count());
      }
    }
  });
  images_ += static_cast<std::int64_t>(batch.size());
}

std::vector<double> ChannelMoments::means(std::size_t value) const {
  std::vector<double> result = sums_[value].values;
  for (double& x : result) x /= static_cast<double>(images_);
  return result;
}

std::vector<double> ChannelMoments::deviations(std::size_t value) const {
  std::vector<double> result = means(value);
  for (std::size_t c = 0; c < result.size(); ++c)
    result[c] = std::sqrt(std::max(0.0, sums_[value].squares[c] / static_cast<double>(images_) - result[c] * result[c]));
  return result;
}

ChannelMoments channel_moments(const Graph& graph, const std::vector<const Value*>& values, const CalibrationImages& images, const RunGraph& run) {
  ChannelMoments moments(values);
  run(graph, values, images, [&](ObservedBatch batch) { moments.add(batch); });
  return moments;
}

}  // namespace bitloom
