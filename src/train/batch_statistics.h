#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "ir/graph.h"
#include "train/augmentation.h"
#include "train/device.h"
#include "train/images.h"

namespace bitloom::train {

struct StatisticsOptions {
  std::int64_t batch;                  ///< images at a time, at most
  int threads = 1;
  Device device = {};
  std::set<std::string> frozen = {};   ///< names of BatchNorms that keep what they have
  std::optional<Augmentation> augmentation = {};  ///< what images go through before, as in the first epoch of a training
};

/// Sets the mean and variance of every BatchNorm of `graph`, float or with FakeQuantize nodes, to those of what it reads over all of `indices`,
/// instead of the moving average that training leaves: where weights go to and fro between two integers that lags behind them. Each batch
/// is normalized by its own statistics on the way, and batches are put together as one set of numbers; the variance has n - 1 in its divisor.
/// Images are to be augmented as in training, or the network gets statistics that it was not trained with. Observed ranges stay. Returns the
/// number of BatchNorms.
/// @param indices  which of `images`; at least one
/// Source: Wu, Johnson 2021, arXiv:2105.07576, section 3 ("PreciseBN"); behind training through quantization: Nagel et al. 2022, arXiv:2203.11086.
int reestimate_batch_norm(Graph& graph, const Images& images, std::span<const std::uint32_t> indices, const StatisticsOptions& options);

}  // namespace bitloom::train
