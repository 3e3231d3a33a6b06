#include "train/live_view.h"

#include <fmt/format.h>

#include "base/text.h"

namespace bitloom::train {
namespace {

constexpr std::size_t kCells = 24;  // of a curve

std::string curve(const std::vector<EpochMetrics>& metrics, double EpochMetrics::*member) {
  std::vector<double> values;
  for (const EpochMetrics& m : metrics) values.push_back(m.*member);
  return sparkline(values, kCells);
}

}  // namespace

std::vector<std::string> live_view(const Recipe& recipe, const TrainingState& state) {
  if (state.metrics.empty()) return {};
  const EpochMetrics& last = state.metrics.back();
  const EpochMetrics& best = state.metrics[static_cast<std::size_t>(state.best_epoch - 1)];
  const std::string& network = recipe.network.name.empty() ? recipe.network.model : recipe.network.name;
  return {
      fmt::format("{} on {}, {} of {} epochs", network, recipe.data.set, state.metrics.size(), recipe.train.epochs),
      fmt::format("  loss        train {:8.4f}   {}", last.train_loss, curve(state.metrics, &EpochMetrics::train_loss)),
      fmt::format("         validation {:8.4f}   {}", last.validation_loss, curve(state.metrics, &EpochMetrics::validation_loss)),
      fmt::format("  accuracy    train {:8.2f} % {}", last.train_top1, curve(state.metrics, &EpochMetrics::train_top1)),
      fmt::format("         validation {:8.2f} % {}  kept {:.2f} % of epoch {}", last.validation_top1,
                  curve(state.metrics, &EpochMetrics::validation_top1), best.validation_top1, best.epoch),
      fmt::format("  learning rate     {:8.2g}   {}", last.learning_rate, curve(state.metrics, &EpochMetrics::learning_rate)),
  };
}

}  // namespace bitloom::train
