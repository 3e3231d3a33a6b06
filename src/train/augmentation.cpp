#include "train/augmentation.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numbers>

#include "base/random.h"

namespace bitloom::train {
namespace {

constexpr std::uint64_t kAugmentationStream = 0xA06, kMixupStream = 0x313;

/// Where a pixel of the new image comes from: x' = a x + b y + c, y' = d x + e y + f, in pixels. Shifts, flips and turns are all of this kind.
struct Placement {
  double a = 1, b = 0, c = 0, d = 0, e = 1, f = 0;
  bool is_whole() const { return b == 0 && d == 0 && std::abs(a) == 1 && e == 1; }  ///< moves whole pixels
};

/// First turned about the centre and made `size` times as large, then flipped, then shifted.
Placement placement(double angle, double size, bool flip, int shift_x, int shift_y, int width, int height) {
  const double cosine = angle == 0 ? 1 / size : std::cos(angle) / size, sine = angle == 0 ? 0 : std::sin(angle) / size;
  const double centre_x = (width - 1) / 2.0, centre_y = (height - 1) / 2.0, sign = flip ? -1 : 1;
  // (x, y) of the new image, seen from the centre and moved back: u = sign * (x - shift_x - cx), v = y - shift_y - cy.
  Placement p{sign * cosine, sine, 0, -sign * sine, cosine, 0};
  p.c = centre_x - p.a * (shift_x + centre_x) - p.b * (shift_y + centre_y);
  p.f = centre_y - p.d * (shift_x + centre_x) - p.e * (shift_y + centre_y);
  return p;
}

void place_whole(const std::uint8_t* from, const Placement& p, int width, int height, std::uint8_t* to) {
  const auto left = static_cast<int>(std::lround(p.c)), top = static_cast<int>(std::lround(p.f)), step = static_cast<int>(p.a);
  for (int y = 0; y < height; ++y, to += width) {
    const int row = y + top;
    const bool inside = row >= 0 && row < height;
    for (int x = 0; x < width; ++x) {
      const int column = step * x + left;
      to[x] = inside && column >= 0 && column < width ? from[row * width + column] : 0;
    }
  }
}

/// Bilinear; black outside.
void place(const std::uint8_t* from, const Placement& p, int width, int height, std::uint8_t* to) {
  const auto at = [&](int x, int y) { return x >= 0 && y >= 0 && x < width && y < height ? static_cast<double>(from[y * width + x]) : 0.0; };
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const double u = p.a * x + p.b * y + p.c, v = p.d * x + p.e * y + p.f;
      const auto left = static_cast<int>(std::floor(u)), top = static_cast<int>(std::floor(v));
      const double right_share = u - left, lower_share = v - top;
      const double upper = at(left, top) * (1 - right_share) + at(left + 1, top) * right_share;
      const double lower = at(left, top + 1) * (1 - right_share) + at(left + 1, top + 1) * right_share;
      *to++ = static_cast<std::uint8_t>(std::lround(upper * (1 - lower_share) + lower * lower_share));
    }
}

/// v' = (v - mean) * contrast + mean + brightness, each pixel; a grey image has no colours to move.
void jitter(std::span<std::uint8_t> pixels, int channels, double strength, RandomStream& random) {
  const std::size_t plane = pixels.size() / static_cast<std::size_t>(channels);
  const double contrast = random.uniform(1 - strength, 1 + strength), brightness = random.uniform(-strength, strength) * 255;
  double mean = 0;
  for (const std::uint8_t v : pixels) mean += v;
  mean /= static_cast<double>(pixels.size());
  for (int c = 0; c < channels; ++c) {
    const double tint = channels > 1 ? random.uniform(-strength, strength) * 64 : 0;
    std::array<std::uint8_t, 256> table;
    for (int v = 0; v < 256; ++v)
      table[static_cast<std::size_t>(v)] = static_cast<std::uint8_t>(std::clamp(std::lround((v - mean) * contrast + mean + brightness + tint), 0L, 255L));
    for (std::uint8_t& v : pixels.subspan(static_cast<std::size_t>(c) * plane, plane)) v = table[v];
  }
}

/// A square of `size` around a random pixel becomes black (arXiv:1708.04552).
void cut_out(std::span<std::uint8_t> pixels, const data::ImageShape& shape, int size, RandomStream& random) {
  const auto centre_x = static_cast<int>(random.below(static_cast<std::uint64_t>(shape.width))),
             centre_y = static_cast<int>(random.below(static_cast<std::uint64_t>(shape.height)));
  const int left = std::max(0, centre_x - size / 2), right = std::min(shape.width, centre_x - size / 2 + size);
  const int top = std::max(0, centre_y - size / 2), bottom = std::min(shape.height, centre_y - size / 2 + size);
  for (int c = 0; c < shape.channels; ++c)
    for (int y = top; y < bottom; ++y) {
      std::uint8_t* row = pixels.data() + (static_cast<std::ptrdiff_t>(c) * shape.height + y) * shape.width;
      std::fill(row + left, row + right, std::uint8_t{0});
    }
}

/// Beta(alpha, alpha) by Johnk's method (1964): x / (x + y) of x = u^(1/alpha), y = v^(1/alpha) with x + y <= 1. It takes a draw in two for
/// alpha = 1 and one in six for 2, the largest that a recipe may ask for.
double symmetric_beta(double alpha, RandomStream& random) {
  for (;;) {
    const double x = std::pow(random.uniform(), 1 / alpha), y = std::pow(random.uniform(), 1 / alpha);
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
}

}  // namespace

Augmentation::Augmentation(const Recipe::Augment& options, std::uint64_t seed, data::ImageShape shape)
    : options_(options), seed_(seed), shape_(shape) {}

bool Augmentation::changes_nothing() const {
  return options_.pad == 0 && !options_.flip && options_.rotation == 0 && options_.scale == 0 && options_.jitter == 0 &&
         options_.cutout == 0 && options_.mixup == 0;
}

Augmentation::Blend Augmentation::blend(std::int64_t epoch, std::int64_t index, std::int64_t images) const {
  RandomStream random({seed_, kMixupStream, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(index)});
  const auto other = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(images)));
  return {other, static_cast<float>(symmetric_beta(options_.mixup, random))};
}

void Augmentation::apply(std::span<const std::uint8_t> pixels, std::int64_t epoch, std::int64_t index, std::span<std::uint8_t> changed) const {
  assert(static_cast<std::int64_t>(pixels.size()) == shape_.bytes() && changed.size() == pixels.size());
  RandomStream random({seed_, kAugmentationStream, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(index)});
  const auto shift = [&] { return options_.pad == 0 ? 0 : static_cast<int>(random.below(2 * static_cast<std::uint64_t>(options_.pad) + 1)) - options_.pad; };
  const int shift_x = shift(), shift_y = shift();
  const bool flip = options_.flip && random.below(2) == 1;
  const double degrees = options_.rotation == 0 ? 0 : random.uniform(-options_.rotation, options_.rotation);
  const double size = options_.scale == 0 ? 1 : random.uniform(1 - options_.scale, 1 + options_.scale);
  const Placement p = placement(degrees * std::numbers::pi / 180, size, flip, shift_x, shift_y, shape_.width, shape_.height);
  const std::size_t plane = static_cast<std::size_t>(shape_.height) * static_cast<std::size_t>(shape_.width);
  for (std::size_t c = 0; c < static_cast<std::size_t>(shape_.channels); ++c)
    (p.is_whole() ? place_whole : place)(pixels.data() + c * plane, p, shape_.width, shape_.height, changed.data() + c * plane);
  if (options_.jitter > 0) jitter(changed, shape_.channels, options_.jitter, random);
  if (options_.cutout > 0) cut_out(changed, shape_, options_.cutout, random);
}

}  // namespace bitloom::train
