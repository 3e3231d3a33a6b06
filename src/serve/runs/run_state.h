#pragma once

#include <optional>
#include <string_view>

namespace bitloom::serve {

/// A file's time may be so many seconds behind the clock that finished_at is read from: the kernel's is moved on in steps.
inline constexpr double kClockStep = 0.05;

enum class RunState { kRunning, kFinished, kStopped };

/// What a run's files tell of whether it is still at work. Times in seconds since 1970, lengths in seconds.
struct RunSigns {
  double epochs_done = 0;
  std::optional<double> epochs_planned;  ///< the recipe's
  double last_epoch_at = 0;              ///< finished_at of the last line; 0 without one
  double last_write_at = 0;              ///< the youngest of metrics and checkpoint; 0 without either
  double model_at = 0;                   ///< when models/float.onnx was written, which ends a training; 0 without one
  double epoch_seconds = 0;              ///< how long an epoch takes, from one line to the next; 0 when that is not known
};

/// Finished: all planned epochs are done, or the model was written after the last one (a training that stops early). Running: something was
/// written not longer ago than an epoch takes, with room to spare. Stopped: neither.
RunState judge(const RunSigns& signs, double now);

std::string_view to_string(RunState state);  ///< "running", "finished", "stopped"

}  // namespace bitloom::serve
