#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "recipe/recipe.h"
#include "train/augmentation.h"
#include "train/batch_order.h"
#include "train/batch_runner.h"
#include "train/distributed/data_parallel.h"
#include "train/images.h"
#include "train/incremental_quantization.h"
#include "train/run_folder.h"
#include "train/step_log.h"
#include "train/training_state.h"

namespace bitloom::train {

struct TrainingData {
  Images train, validation;
};

struct TrainerOptions {
  Recipe recipe;                    ///< seed, data, network and train are used
  double checkpoint_seconds = 20;   ///< between checkpoints inside an epoch; the end of an epoch always writes one
  std::filesystem::path step_log = {};  ///< gets a line a step (step_log.h); empty: nothing does
  Device device = {};               ///< train.device, opened
  std::function<Graph(const Graph& trained)> deploy = {};  ///< what becomes of the network: that is what is validated; empty: nothing else
  ProcessGroup* group = nullptr;    ///< the processes that train together (distributed/data_parallel.h); null: this one alone
};

/// @param set  its name, for messages
/// @throws InputError if there are no images to train with, or none to choose the best epoch by
void check_data(const TrainingData& data, const std::string& set);

/// Trains a classifier: mini-batch gradient descent on the cross entropy, accuracy on the validation images after each epoch, and the
/// weights of the best epoch in the end. All state is in the folder's checkpoint at the end of every epoch and some times between; made
/// anew with the same arguments, a Trainer goes on from there, and what it ends in has the same bits as if it had never been stopped.
/// With a process group each rank makes one with the same arguments; all of them hold the same state at every step, and rank 0 writes it.
class Trainer {
 public:
  /// @param graph  with its initial weights
  /// @param data   has passed check_data
  /// @param folder another rank's than 0 writes nothing in it
  /// @throws InputError for a checkpoint of another training, ranks whose trainings differ, and what training_graph throws
  Trainer(const Graph& graph, TrainingData data, TrainerOptions options, const RunFolder& folder);

  enum class Outcome { kFinished, kStopped };
  /// Trains to the end, or until `should_stop`, asked before every step, says so on any rank; then the checkpoint holds all that was done.
  /// @throws CheckError if the loss diverges or a rank is lost
  Outcome run(const std::function<bool()>& should_stop);

  /// The images, for another training; this one is over then.
  TrainingData take_data() { return std::move(data_); }

  /// Sets `graph` (the one given, or a clone) to the weights of the best epoch so far.
  void write_best(Graph& graph) const;

  const TrainingState& state() const { return state_; }
  std::int64_t steps_per_epoch() const { return order_.steps_per_epoch(); }

 private:
  Fingerprint fingerprint() const;
  void start_or_resume();
  void require_finite(const Loss& loss) const;
  Loss train_share(std::int64_t epoch, std::span<const std::uint32_t> batch);
  void train_step(std::int64_t epoch);
  void finish_epoch();
  Loss validate();
  Loss loss_of(BatchRunner& runner);
  void freeze_by_epoch(std::int64_t epoch);
  void save();
  void write_metrics() const;
  double rate_at(std::int64_t step) const;
  void update_average();
  std::int64_t total_steps() const { return options_.recipe.train.epochs * order_.steps_per_epoch(); }
  const EpochMetrics& best_metrics() const { return state_.metrics[static_cast<std::size_t>(state_.best_epoch - 1)]; }
  std::string note() const;        ///< of the epoch under way, for the progress line
  std::string epoch_line() const;  ///< of the epoch that just ended

  Graph graph_;
  TrainingData data_;
  TrainerOptions options_;
  bool is_quantized_;  ///< its graph holds quantizers that are trained
  const RunFolder& folder_;
  DataParallel parallel_;
  int threads_;
  Parameters parameters_;
  bool couples_;  ///< see couples_images
  BatchOrder order_;
  BatchRunner runner_;
  Augmentation augmentation_;
  IncrementalQuantization incremental_;
  std::unique_ptr<Optimizer> optimizer_;
  std::vector<float> gradient_;
  Fingerprint fingerprint_;
  TrainingState state_;
  std::optional<StepLog> step_log_;
};

}  // namespace bitloom::train
