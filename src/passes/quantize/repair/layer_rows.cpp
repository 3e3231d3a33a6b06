#include "passes/quantize/repair/layer_rows.h"

#include <algorithm>
#include <numeric>

#include "base/random.h"
#include "ir/ops/conv2d.h"
#include "passes/quantize/repair/places.h"

namespace bitloom {
namespace {

constexpr std::uint64_t kPlaceStream = 0x9AD0, kOrderStream = 0x9AD1;
constexpr std::size_t kMostRows = 16384, kMostFloats = std::size_t{16} << 20;  // 64 MB

/// Which rows come from which places of which images.
class Sample {
 public:
  Sample(const Places& output, std::size_t images, std::size_t floats_a_row, std::uint64_t seed) : places_(output.count()), seed_(seed) {
    const std::size_t most = std::clamp<std::size_t>(kMostFloats / floats_a_row, 1, kMostRows);
    images_ = std::min(images, most);
    an_image_ = std::clamp<std::size_t>(most / images_, 1, places_);
    const std::size_t held = images_ / 8;
    learned_ = (images_ - held) * an_image_;
    RandomStream random({seed, kOrderStream});
    slots_ = random_permutation(static_cast<std::uint32_t>(learned_), random);
  }

  std::size_t count() const { return images_ * an_image_; }
  std::size_t learned() const { return learned_; }

  /// Calls use(row, place) for the rows that are taken from an image.
  template <class Use>
  void for_rows(std::size_t image, Use use) const {
    if (image >= images_) return;
    RandomStream random({seed_, kPlaceStream, image});
    for (std::size_t i = 0; i < an_image_; ++i) {
      const std::size_t row = image * an_image_ + i;
      use(row < learned_ ? slots_[row] : row, an_image_ == places_ ? i : static_cast<std::size_t>(random.below(places_)));
    }
  }

 private:
  std::size_t places_, images_ = 0, an_image_ = 0, learned_ = 0;
  std::uint64_t seed_;
  std::vector<std::uint32_t> slots_;
};

/// The inputs [C, H, W] that an output at `position` is made of; positions in the padding are 0.
void copy_window(const Conv2d& conv, const float* x, const Shape& input, const Shape& weights, std::int64_t output_width, std::int64_t position,
                 float* to) {
  const std::int64_t channels = input[1], height = input[2], width = input[3];
  const std::int64_t top = position / output_width * conv.stride_h - conv.pad_top, left = position % output_width * conv.stride_w - conv.pad_left;
  for (std::int64_t c = 0; c < channels; ++c)
    for (std::int64_t u = 0; u < weights[2]; ++u)
      for (std::int64_t v = 0; v < weights[3]; ++v) {
        const std::int64_t i = top + u * conv.dilation_h, j = left + v * conv.dilation_w;
        const bool is_inside = i >= 0 && i < height && j >= 0 && j < width;
        *to++ = is_inside ? x[(c * height + i) * width + j] : 0.0f;
      }
}

}  // namespace

LayerRows sample_rows(const Node& wanted, const Node& repaired, const CalibrationImages& images, std::int64_t count, std::uint64_t seed,
                      const RunGraph& run) {
  const Conv2d* conv = wanted.as<Conv2d>();
  const Shape &weights = wanted.input(1)->shape(), &input = wanted.input(0)->shape(), &output = wanted.output()->shape();
  const Places places(output);
  LayerRows rows;
  rows.groups = conv ? static_cast<std::size_t>(conv->groups) : 1;
  rows.outputs = static_cast<std::size_t>(weights[0]);
  rows.fan_in = static_cast<std::size_t>(weights.elements()) / rows.outputs;
  const Sample sample(places, static_cast<std::size_t>(count), rows.stride() + rows.outputs, seed);
  rows.count = sample.count();
  rows.learned = sample.learned();
  rows.x.resize(rows.count * rows.stride());
  rows.y.resize(rows.count * rows.outputs);

  std::size_t image = 0;
  run(repaired.graph(), {repaired.input(0)}, images, [&](ObservedBatch batch) {
    for (const std::vector<Tensor>& values : batch)
      sample.for_rows(image++, [&](std::size_t row, std::size_t place) {
        float* to = rows.x.data() + row * rows.stride();
        const std::size_t length = values[0].floats().size() / places.rows;
        const std::span<const float> x = values[0].floats().subspan(places.row(place) * length, length);
        if (conv)
          copy_window(*conv, x.data(), input, weights, output[3], static_cast<std::int64_t>(places.position(place)), to);
        else
          std::ranges::copy(x, to);
      });
  });
  image = 0;
  run(wanted.graph(), {wanted.output()}, images, [&](ObservedBatch batch) {
    for (const std::vector<Tensor>& values : batch)
      sample.for_rows(image++, [&](std::size_t row, std::size_t place) {
        for (std::size_t o = 0; o < rows.outputs; ++o) rows.y[row * rows.outputs + o] = values[0].floats()[places.element(place, o)];
      });
  });
  return rows;
}

}  // namespace bitloom
