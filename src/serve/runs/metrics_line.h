#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace bitloom::serve {

/// What a line of train/metrics.jsonl holds of its epoch, by the names that stand there. The page is given columns under the same names.
inline constexpr std::array<std::string_view, 9> kColumns{"epoch",   "train_loss",   "train_top1",    "validation_loss", "validation_top1",
                                                          "seconds", "images_per_s", "learning_rate", "finished_at"};
enum Column : std::size_t {
  kEpoch,
  kTrainLoss,
  kTrainTop1,
  kValidationLoss,
  kValidationTop1,
  kSeconds,
  kImagesPerS,
  kLearningRate,
  kFinishedAt
};

/// One value for each of kColumns; NaN where the line has none, or null. The epoch is always there.
using EpochRow = std::array<double, kColumns.size()>;

/// Reads one line. @return "" or what is wrong with it: "not JSON from byte 12 on", "has no epoch", "'train_loss' is not a number"
std::string parse_metrics_line(std::string_view line, EpochRow& row);

}  // namespace bitloom::serve
