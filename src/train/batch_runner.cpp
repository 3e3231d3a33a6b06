#include "train/batch_runner.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <unordered_set>

#include "base/parallel.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/fake_quantize.h"
#include "train/backend.h"

namespace bitloom::train {
namespace {

struct Labels {
  std::vector<std::int32_t> own;
  std::vector<Mixture> mixtures;  ///< where images are blended
};

Labels labels_of(const Images& images, std::span<const std::uint32_t> indices, const StepOptions& options) {
  Labels labels;
  for (const std::uint32_t index : indices) {
    labels.own.push_back(images.labels[index]);
    if (!options.augmentation || !options.augmentation->blends()) continue;
    const auto [other, share] = options.augmentation->blend(options.epoch, index, images.size());
    labels.mixtures.push_back({images.labels[static_cast<std::size_t>(other)], share});
  }
  return labels;
}

constexpr std::int64_t kCacheBytes = 4 << 20;  // the fastest of 1 to 12 MiB for the zoo's dnn2fpga on cores with 1 MiB of L2

/// Of what trains, behind quantizers, too.
std::int64_t parameter_bytes(const Graph& graph) { return static_cast<std::int64_t>(Parameters(graph).trainable.size() * sizeof(float)); }

/// Of what nodes make of one image; quantized weights are made once, however many the images.
std::int64_t activation_bytes(const Graph& graph) {
  std::unordered_set<const Value*> of_image(graph.inputs().begin(), graph.inputs().end());
  std::int64_t elements = 0;
  for (const Node* node : graph.nodes()) {
    if (std::ranges::none_of(node->inputs(), [&](const Value* operand) { return of_image.contains(operand); })) continue;
    of_image.insert(node->output());
    elements += node->output()->shape().elements();
  }
  return elements * static_cast<std::int64_t>(sizeof(float));
}

}  // namespace

std::int64_t images_per_chunk(const Graph& graph, std::int64_t batch) {
  const std::int64_t bytes = std::max<std::int64_t>(1, activation_bytes(graph));
  const std::int64_t wanted = std::clamp<std::int64_t>(std::max(kCacheBytes, 2 * parameter_bytes(graph)) / bytes, 1, batch);
  const std::int64_t chunks = (batch + wanted - 1) / wanted;
  return (batch + chunks - 1) / chunks;  // of one size, so that none keeps the others waiting
}

bool couples_images(const Graph& graph, const Parameters& parameters) {
  return std::ranges::any_of(graph.nodes_of<BatchNorm>(), [&](const Node* node) { return !parameters.is_frozen(*node); }) ||
         std::ranges::any_of(graph.nodes_of<FakeQuantize>(), [](const Node* node) { return node->as<FakeQuantize>()->observer_share > 0; });
}

bool takes_batch_whole(const Graph& graph, const Parameters& parameters, std::int64_t batch) {
  const bool has_many_weights = 2 * parameter_bytes(graph) > kCacheBytes && images_per_chunk(graph, batch) == batch;
  return has_many_weights || couples_images(graph, parameters);
}

BatchRunner::BatchRunner(const Graph& graph, Parameters& parameters, const RunnerOptions& options)
    : loader_(graph),
      train_chunk_(images_per_chunk(graph, options.batch)),
      predict_chunk_(options.device.is_cuda ? options.batch : train_chunk_),
      kernel_threads_(1),
      loader_threads_(1) {
  if (options.device.is_cuda || takes_batch_whole(graph, parameters, options.batch)) {
    train_chunk_ = options.batch;
    kernel_threads_ = options.threads;
    loader_threads_ = options.loader_threads > 0 ? options.loader_threads : options.threads;
  }
  for (int i = 0; i < (options.device.is_cuda ? 1 : options.threads); ++i)
    executors_.emplace_back(graph, parameters, options.device, options.precision);
}

void BatchRunner::for_chunks(std::int64_t count, int kernel_threads, const ChunkWork& side_by_side, const ChunkWork& in_order) {
  std::atomic<std::int64_t> next{0};
  std::mutex mutex;
  std::condition_variable turn_changed;
  std::int64_t turn = 0;
  bool failed = false;
  const auto work = [&](std::int64_t worker) {
    Executor& executor = executors_[static_cast<std::size_t>(worker)];
    set_kernel_threads(kernel_threads);
    try {
      for (std::int64_t chunk; (chunk = next.fetch_add(1)) < count;) {
        side_by_side(executor, chunk);
        std::unique_lock lock(mutex);
        turn_changed.wait(lock, [&] { return turn == chunk || failed; });
        if (failed) return;
        in_order(executor, chunk);
        ++turn;
        turn_changed.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      failed = true;
      turn_changed.notify_all();
      throw;
    }
  };
  const std::int64_t workers = std::min(count, static_cast<std::int64_t>(executors_.size()));
  parallel_for(workers, work, static_cast<int>(workers));
}

Loss BatchRunner::train(const Images& images, std::span<const std::uint32_t> batch, std::span<float> gradient, const StepOptions& options) {
  std::ranges::fill(gradient, 0.0f);
  const auto size = static_cast<std::int64_t>(batch.size());
  const float share = 1.0f / static_cast<float>(options.mean_over > 0 ? options.mean_over : size);
  const std::int64_t chunks = (size + train_chunk_ - 1) / train_chunk_;
  std::vector<Loss> losses(static_cast<std::size_t>(chunks));
  const auto side_by_side = static_cast<double>(std::min(chunks, static_cast<std::int64_t>(executors_.size())));
  const auto pass = [&](Executor& executor, std::int64_t chunk) {
    const std::int64_t first = chunk * train_chunk_, count = std::min(train_chunk_, size - first);
    const auto indices = batch.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    const auto start = std::chrono::steady_clock::now();
    loader_.load(images, indices, {options.augmentation, options.epoch}, executor.input(count), loader_threads_);
    loading_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / side_by_side;
    const Labels labels = labels_of(images, indices, options);
    const std::span<const float> logits = executor.forward(Mode::kTrain);
    std::vector<float> logit_gradient(logits.size());
    losses[static_cast<std::size_t>(chunk)] = cross_entropy(logits, labels.own, share, logit_gradient, {options.label_smoothing, labels.mixtures});
    executor.backward(logit_gradient);
  };
  for_chunks(chunks, kernel_threads_, pass, [&](Executor& executor, std::int64_t) { executor.add_gradient(gradient); });
  Loss total;
  for (const Loss& loss : losses) total += loss;
  return total;
}

void BatchRunner::freeze_batch_norm() {
  for (Executor& executor : executors_) executor.freeze_batch_norm();
}

void BatchRunner::freeze_observers() {
  for (Executor& executor : executors_) executor.freeze_observers();
}

void BatchRunner::predict(const Images& images, const std::function<void(std::int64_t first, std::span<const float> logits)>& use,
                          std::int64_t begin, std::int64_t size) {
  const std::int64_t end = size < 0 ? images.size() : begin + size;
  std::vector<std::span<const float>> logits(static_cast<std::size_t>((end - begin + predict_chunk_ - 1) / predict_chunk_));
  const auto pass = [&](Executor& executor, std::int64_t chunk) {
    const std::int64_t first = begin + chunk * predict_chunk_, count = std::min(predict_chunk_, end - first);
    std::vector<std::uint32_t> indices(static_cast<std::size_t>(count));
    std::iota(indices.begin(), indices.end(), static_cast<std::uint32_t>(first));
    loader_.load(images, indices, {}, executor.input(count));
    logits[static_cast<std::size_t>(chunk)] = executor.forward(Mode::kEvaluate);
  };
  for_chunks(static_cast<std::int64_t>(logits.size()), 1, pass,
             [&](Executor&, std::int64_t chunk) { use(begin + chunk * predict_chunk_, logits[static_cast<std::size_t>(chunk)]); });
}

}  // namespace bitloom::train
