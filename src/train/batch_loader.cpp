#include "train/batch_loader.h"

#include <algorithm>
#include <vector>

#include "base/parallel.h"

namespace bitloom::train {

BatchLoader::BatchLoader(const Graph& graph)
    : normalizer_(graph.preprocessing, static_cast<int>(graph.inputs().front()->shape()[1])),
      image_elements_(graph.inputs().front()->shape().elements()) {}

void BatchLoader::load(const Images& images, std::span<const std::uint32_t> indices, const Changes& changes, std::span<float> input,
                       int threads) const {
  constexpr std::int64_t kRun = 16;  // images a thread takes at a time
  const auto count = static_cast<std::int64_t>(indices.size());
  const auto load_run = [&](std::int64_t run) {
    for (std::int64_t i = run * kRun; i < std::min(count, (run + 1) * kRun); ++i)
      load_blend(images, indices[static_cast<std::size_t>(i)], changes, input.subspan(static_cast<std::size_t>(i * image_elements_)));
  };
  const std::int64_t runs = (count + kRun - 1) / kRun;
  if (threads > 1)
    parallel_for(runs, load_run, threads);
  else
    for (std::int64_t run = 0; run < runs; ++run) load_run(run);
}

/// An image, or its share of it and the rest of another one.
void BatchLoader::load_blend(const Images& images, std::int64_t index, const Changes& changes, std::span<float> input) const {
  load_image(images, index, changes, input);
  if (!changes.augmentation || !changes.augmentation->blends()) return;
  const auto [other, share] = changes.augmentation->blend(changes.epoch, index, images.size());
  thread_local std::vector<float> second;
  second.resize(static_cast<std::size_t>(image_elements_));
  load_image(images, other, changes, second);
  for (std::size_t i = 0; i < second.size(); ++i) input[i] = share * input[i] + (1 - share) * second[i];
}

void BatchLoader::load_image(const Images& images, std::int64_t index, const Changes& changes, std::span<float> input) const {
  if (!changes.augmentation) return normalizer_.apply(images.image(index), input);
  thread_local std::vector<std::uint8_t> changed;
  changed.resize(static_cast<std::size_t>(images.shape.bytes()));
  changes.augmentation->apply(images.image(index), changes.epoch, index, changed);
  normalizer_.apply(changed, input);
}

}  // namespace bitloom::train
