#include "serve/runs/run_state.h"

#include <algorithm>

namespace bitloom::serve {
namespace {

// The trainer writes its checkpoint every 20 seconds and at the end of each epoch; copies of a run may have the lines alone.
constexpr double kSpareSeconds = 60, kSpareEpochs = 2;

}  // namespace

RunState judge(const RunSigns& signs, double now) {
  const bool any = signs.epochs_done > 0;
  if (any && signs.epochs_planned && signs.epochs_done >= *signs.epochs_planned) return RunState::kFinished;
  if (any && signs.model_at > 0 && signs.model_at + kClockStep >= signs.last_epoch_at) return RunState::kFinished;
  const double silence = now - std::max(signs.last_epoch_at, signs.last_write_at);
  return silence <= kSpareSeconds + kSpareEpochs * signs.epoch_seconds ? RunState::kRunning : RunState::kStopped;
}

std::string_view to_string(RunState state) {
  switch (state) {
    case RunState::kRunning: return "running";
    case RunState::kFinished: return "finished";
    case RunState::kStopped: break;
  }
  return "stopped";
}

}  // namespace bitloom::serve
