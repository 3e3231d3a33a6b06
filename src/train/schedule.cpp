#include "train/schedule.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>

namespace bitloom::train {
namespace {

/// How often the loss stood still for `patience` epochs.
int plateaus(std::span<const double> losses, int patience) {
  constexpr double kFall = 1e-4;  // of the best so far, by which a loss must be lower to count
  double best = std::numeric_limits<double>::infinity();
  int waited = 0, found = 0;
  for (const double loss : losses) {
    if (loss < best * (1 - kFall)) {
      best = loss;
      waited = 0;
    } else if (++waited > patience) {
      ++found;
      waited = 0;
    }
  }
  return found;
}

/// From 0 to 1 between the end of the warm-up and that of the training; 0 where the warm-up takes all of it.
double progress(const Recipe::Train& options, double epochs_done) {
  const double rest = options.epochs - options.warmup_epochs;
  return rest <= 0 ? 0 : std::max(0.0, (epochs_done - options.warmup_epochs) / rest);
}

double shape(const Recipe::Train& options, const Position& position, double epochs_done) {
  const auto epoch = static_cast<int>(position.step / position.steps_per_epoch);
  const auto times = [&](auto count) { return std::pow(options.factor, static_cast<double>(count)); };
  if (options.schedule == "cosine") return 0.5 * (1 + std::cos(std::numbers::pi * progress(options, epochs_done)));
  if (options.schedule == "step") return times(epoch / options.step_epochs);
  if (options.schedule == "multi-step") return times(std::ranges::count_if(options.milestones, [&](double m) { return m <= epoch; }));
  if (options.schedule == "exponential") return times(epoch);
  if (options.schedule == "time") return 1 / (1 + options.factor * epoch);
  if (options.schedule == "plateau") return times(plateaus(position.validation_losses, options.patience));
  assert(options.schedule == "constant");  // the recipe's table admits no other
  return 1;
}

}  // namespace

double learning_rate(const Recipe::Train& options, const Position& position) {
  const double epochs_done = static_cast<double>(position.step) / static_cast<double>(position.steps_per_epoch);
  const double warmup_steps = options.warmup_epochs * static_cast<double>(position.steps_per_epoch);
  const double warmed = warmup_steps > 0 ? std::min(1.0, static_cast<double>(position.step + 1) / warmup_steps) : 1;
  return options.learning_rate * warmed * shape(options, position, epochs_done);
}

bool stops_early(const Recipe::Train& options, std::span<const double> validation_top1) {
  if (options.stop_after == 0 || validation_top1.empty()) return false;
  const auto best = std::ranges::max_element(validation_top1);  // of equals the first, which is the one that is kept
  return validation_top1.end() - best > options.stop_after;
}

}  // namespace bitloom::train
