#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "ir/graph.h"
#include "train/augmentation.h"
#include "train/batch_loader.h"
#include "train/device.h"
#include "train/executor.h"
#include "train/images.h"
#include "train/loss.h"
#include "train/parameters.h"

namespace bitloom::train {

/// Images that are worked on at a time: so few that what passes from operator to operator stays in the cache, so many that each operator's
/// fixed cost and the summing of gradients do not show. A function of the graph and the batch alone.
std::int64_t images_per_chunk(const Graph& graph, std::int64_t batch);

/// True when the images of a batch must be worked on together, because a BatchNorm that is not frozen takes its statistics over them, or an
/// observer its range.
bool couples_images(const Graph& graph, const Parameters& parameters);

/// True when a batch of so many images is worked on at once, with the threads inside the operators, whose number then decides the bits: where
/// images are coupled, and where the weights are so many that their gradients, one a chunk, would cost more than chunks save.
bool takes_batch_whole(const Graph& graph, const Parameters& parameters, std::int64_t batch);

/// What a training step does besides the gradient of a batch.
struct StepOptions {
  std::int64_t epoch = 0;                       ///< for the augmentation
  const Augmentation* augmentation = nullptr;   ///< null: images as they are
  double label_smoothing = 0;
  std::int64_t mean_over = 0;                   ///< images that the gradient is the mean of, when these are a share of them; 0: these
};

struct RunnerOptions {
  std::int64_t batch;    ///< images per training step, at most
  int threads = 1;       ///< that compute
  int loader_threads = 0;  ///< that load the images of a batch which is worked on whole; 0: as many as compute
  Device device = {};    ///< a GPU takes a whole batch at a time; threads then load its images only
  Precision precision = Precision::kFloat32;  ///< of training; predictions are made in float32
};

/// Runs batches in chunks, side by side on several threads. Each thread loads its chunk, runs it forwards and backwards with an executor
/// of its own, and adds what it found in the chunks' order. So the result does not depend on the number of threads, nobody waits at
/// barriers inside operators, and loading is part of the parallel work. Where `takes_batch_whole`, there is one chunk.
class BatchRunner {
 public:
  /// `graph` (whose one output are the logits) and `parameters` must outlive the runner.
  BatchRunner(const Graph& graph, Parameters& parameters, const RunnerOptions& options);

  /// Loss over images[batch], and the gradient of its mean in `gradient` (as long as parameters.trainable).
  Loss train(const Images& images, std::span<const std::uint32_t> batch, std::span<float> gradient, const StepOptions& options = {});

  /// How long training steps have waited for their images so far: a thread's loading time, over the threads that work beside each other.
  double loading_seconds() const { return loading_seconds_; }

  /// Executor::freeze_batch_norm, of all of them.
  void freeze_batch_norm();
  void freeze_observers();  ///< Executor::freeze_observers, likewise

  /// Calls use(first image, logits of it and those after it) for the `count` images from `begin` (default: all), in order, one call at a
  /// time.
  void predict(const Images& images, const std::function<void(std::int64_t first, std::span<const float> logits)>& use,
               std::int64_t begin = 0, std::int64_t count = -1);

 private:
  using ChunkWork = std::function<void(Executor& executor, std::int64_t chunk)>;
  void for_chunks(std::int64_t count, int kernel_threads, const ChunkWork& side_by_side, const ChunkWork& in_order);

  std::vector<Executor> executors_;  ///< one a thread
  BatchLoader loader_;
  std::int64_t train_chunk_, predict_chunk_;
  int kernel_threads_, loader_threads_;  ///< inside an operator, and before it, while training
  std::atomic<double> loading_seconds_{0};
};

}  // namespace bitloom::train
