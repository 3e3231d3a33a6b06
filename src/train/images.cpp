#include "train/images.h"

#include <zlib.h>

#include <algorithm>

#include "base/parallel.h"
#include "data/cache/image_store.h"

namespace bitloom::train {

std::span<const std::uint8_t> Images::image(std::int64_t index) const {
  const auto bytes = static_cast<std::size_t>(shape.bytes());
  if (!pixels.empty()) return std::span(pixels).subspan(static_cast<std::size_t>(index) * bytes, bytes);
  if (const std::span<const std::uint8_t> lying = set->pixels(index); !lying.empty()) return lying;
  thread_local std::vector<std::uint8_t> decoded;
  decoded.resize(bytes);
  set->read(index, decoded);
  return decoded;
}

Images images_of(std::shared_ptr<const data::Dataset> set, std::int64_t count) {
  if (count < 0 || count > set->size()) count = set->size();
  Images images{set->shape(), {}, {}, set};
  for (std::int64_t i = 0; i < count; ++i) images.labels.push_back(set->label(i));
  return images;
}

Images load_images(std::shared_ptr<const data::Dataset> set, data::CacheBudget& cache, int threads) {
  return images_of(data::keep_images(std::move(set), cache, threads));
}

std::uint32_t digest(const Images& images) {
  constexpr std::int64_t kRun = 256;  // images a thread takes at a time
  const std::int64_t runs = (images.size() + kRun - 1) / kRun;
  std::vector<uLong> sums(static_cast<std::size_t>(runs));
  parallel_for(runs, [&](std::int64_t run) {
    uLong sum = crc32_z(0, nullptr, 0);
    for (std::int64_t i = run * kRun; i < std::min(images.size(), (run + 1) * kRun); ++i) {
      const std::span<const std::uint8_t> image = images.image(i);
      sum = crc32_z(sum, image.data(), image.size());
    }
    sums[static_cast<std::size_t>(run)] = sum;
  });
  uLong crc = crc32_z(0, nullptr, 0);
  for (std::int64_t run = 0; run < runs; ++run) {
    const std::int64_t count = std::min(images.size() - run * kRun, kRun);
    crc = crc32_combine(crc, sums[static_cast<std::size_t>(run)], static_cast<z_off_t>(count * images.shape.bytes()));
  }
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
