#pragma once

#include <cstdint>
#include <span>

#include "recipe/recipe.h"

namespace bitloom::train {

/// Where a training stands: all that a learning rate depends on besides the recipe.
struct Position {
  std::int64_t step = 0;             ///< from 0, over all epochs
  std::int64_t steps_per_epoch = 1;
  std::span<const double> validation_losses = {};  ///< of the epochs that are over
};

/// train.learning_rate times what train.schedule makes of it, e being the epoch under way (from 0) and f train.factor:
///   constant     1
///   cosine       half a cosine from 1 after the warm-up to 0 at the end (arXiv:1608.03983, eq. (5), without restarts)
///   step         f to the number of whole train.step_epochs that are over
///   multi-step   f to the number of train.milestones (epochs) that are over
///   exponential  f to the number of epochs that are over
///   time         1 / (1 + f * e)
///   plateau      f to the number of times that train.patience epochs went by without the validation loss falling by a ten-thousandth (Keras'
///                and PyTorch's ReduceLROnPlateau)
/// Over the first train.warmup_epochs it rises in equal steps from almost 0 (arXiv:1706.02677, section 2.2).
double learning_rate(const Recipe::Train& options, const Position& position);

/// Whether train.stop_after epochs have gone by without a better validation accuracy; never where that is 0.
bool stops_early(const Recipe::Train& options, std::span<const double> validation_top1);

}  // namespace bitloom::train
