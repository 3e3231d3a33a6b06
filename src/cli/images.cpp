#include "cli/images.h"

#include <algorithm>

#include "base/random.h"

namespace bitloom::cli {
namespace {

constexpr std::uint64_t kNoiseStream = 0x2015E;

}  // namespace

Images read_images(const data::Dataset& set, std::int64_t count) {
  Images images(static_cast<std::size_t>(std::min(count, set.size())));
  for (std::size_t i = 0; i < images.size(); ++i) {
    images[i].resize(static_cast<std::size_t>(set.shape().bytes()));
    set.read(static_cast<std::int64_t>(i), images[i]);
  }
  return images;
}

Images noise_images(const Graph& graph, std::int64_t count, std::uint64_t seed) {
  Images images(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < images.size(); ++i) {
    RandomStream random({seed, kNoiseStream, i});
    images[i].resize(static_cast<std::size_t>(graph.inputs().front()->shape().elements()));
    for (std::uint8_t& pixel : images[i]) pixel = static_cast<std::uint8_t>(random.below(256));
  }
  return images;
}

}  // namespace bitloom::cli
