#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "train/fingerprint.h"
#include "train/loss.h"
#include "train/optimizer.h"

namespace bitloom::train {

/// A line of metrics.jsonl. Accuracies are per cent, losses nats an image.
struct EpochMetrics {
  int epoch = 0;                 ///< from 1
  double train_loss = 0, train_top1 = 0;            ///< means over the epoch's steps, while the weights moved
  double validation_loss = 0, validation_top1 = 0;  ///< with the weights at the epoch's end
  double seconds = 0;            ///< of the epoch's training steps, loading included
  double images_per_s = 0;
  double learning_rate = 0;      ///< of the epoch's first step
  double finished_at = 0;        ///< seconds since 1970
  double loading_seconds = 0;    ///< of `seconds`, those that training waited for images to be read, augmented and normalized
};

/// One JSON object a line.
std::string to_json_lines(const std::vector<EpochMetrics>& metrics);

struct Weights {
  std::vector<float> trainable, statistics;  ///< laid out as in Parameters
};

/// Everything that the rest of a training depends on. The order of the images is no part of it: it follows from seed and epoch.
struct TrainingState {
  std::int64_t step = 0;              ///< steps made since the start
  std::vector<EpochMetrics> metrics;  ///< of the epochs that are over, validation included
  Loss epoch_loss;                    ///< over the steps of the epoch under way
  std::int64_t epoch_images = 0;
  double epoch_seconds = 0, epoch_loading_seconds = 0;
  Weights weights, best;              ///< best: highest validation_top1, of equals the earliest, or the last epoch's where the recipe keeps that
  std::vector<float> average;         ///< of `weights.trainable` over the steps; empty where none is kept
  std::vector<float> quantized;       ///< of each trainable weight, 1 where it has its final value (incremental_quantization.h); empty: none has
  int best_epoch = 0;                 ///< 0: none yet
  OptimizerState optimizer;
};

/// The contents of a checkpoint file.
std::string to_checkpoint(const Fingerprint& fingerprint, const TrainingState& state);

/// What to do where a training cannot go on from its checkpoint.
constexpr const char* kStartOver = "start over with --fresh";
constexpr const char* kStartQuantizedOver = "remove this file to begin the training through quantization anew";

/// @param where  the file, for messages
/// @param start_over  one of the above
/// @throws InputError if it is damaged, or comes from a training with another fingerprint: then names what differs
TrainingState from_checkpoint(const std::string& where, std::string_view bytes, const Fingerprint& fingerprint, const char* start_over = kStartOver);

/// The weights that another training kept, to begin a new one with, and what training that was.
struct EarlierTraining {
  Weights weights;
  Fingerprint fingerprint;
};

/// @throws InputError if the checkpoint is damaged, or was made before the first epoch was over
EarlierTraining earlier_training(const std::string& where, std::string_view bytes);

/// @param same  what has to be as it was there; all else may differ
/// @throws InputError if it differs in one of these
void require_same(const std::string& where, const EarlierTraining& earlier, const Fingerprint& same);

}  // namespace bitloom::train
