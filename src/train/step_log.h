#pragma once

#include <cstdint>
#include <filesystem>

namespace bitloom::train {

/// A line of the file that --log-steps names. Loss in nats an image, accuracy in per cent, both over the step's batch before its update.
struct StepMetrics {
  std::int64_t step = 0;  ///< from 1, over the whole training
  int epoch = 0;          ///< from 1
  double loss = 0, top1 = 0;
  double learning_rate = 0;
};

/// The metrics of every step as JSON, a line each, written as they come so that a curve can be followed.
class StepLog {
 public:
  /// Keeps the lines of the first `done` steps that an earlier process wrote, and drops those after them, which are about to be made again.
  /// @throws InputError if the file cannot be written
  StepLog(std::filesystem::path path, std::int64_t done);
  StepLog(const StepLog&) = delete;
  StepLog& operator=(const StepLog&) = delete;
  ~StepLog();

  /// @throws InputError naming the file and the system's reason
  void add(const StepMetrics& metrics);

 private:
  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace bitloom::train
