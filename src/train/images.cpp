#include "train/images.h"

#include <zlib.h>

#include <algorithm>

#include "base/parallel.h"

namespace bitloom::train {

Images load_images(const data::Dataset& set, int threads, std::int64_t count) {
  if (count < 0 || count > set.size()) count = set.size();
  Images images;
  images.shape = set.shape();
  const std::int64_t bytes = images.shape.bytes();
  images.pixels.resize(static_cast<std::size_t>(count * bytes));
  images.labels.resize(static_cast<std::size_t>(count));
  constexpr std::int64_t kRun = 64;  // images a thread takes at a time
  parallel_for(
      (count + kRun - 1) / kRun,
      [&](std::int64_t run) {
        for (std::int64_t i = run * kRun; i < std::min(count, (run + 1) * kRun); ++i) {
          set.read(i, std::span(images.pixels).subspan(static_cast<std::size_t>(i * bytes), static_cast<std::size_t>(bytes)));
          images.labels[static_cast<std::size_t>(i)] = set.label(i);
        }
      },
      threads);
  return images;
}

std::uint32_t digest(const Images& images) {
  uLong crc = crc32_z(0, images.pixels.data(), images.pixels.size());
  crc = crc32_z(crc, reinterpret_cast<const Bytef*>(images.labels.data()), images.labels.size() * sizeof(std::int32_t));
  return static_cast<std::uint32_t>(crc);
}

Normalizer::Normalizer(const Preprocessing& p, int channels) : value_(static_cast<std::size_t>(channels)) {
  for (std::size_t c = 0; c < value_.size(); ++c) {
    const float mean = p.mean.empty() ? 0.0f : p.mean.at(c), deviation = p.std.empty() ? 1.0f : p.std.at(c);
    for (std::size_t v = 0; v < 256; ++v) value_[c][v] = (p.low + static_cast<float>(v) / 255.0f * (p.high - p.low) - mean) / deviation;
  }
}

void Normalizer::apply(std::span<const std::uint8_t> pixels, std::span<float> input) const {
  const std::size_t channels = value_.size(), plane = pixels.size() / channels;
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t i = 0; i < plane; ++i) input[i * channels + c] = value_[c][pixels[c * plane + i]];
}

}  // namespace bitloom::train
