#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace bitloom::serve {

// Run folders for tests, as the trainer writes them.

/// Seconds since 1970.
inline double now_seconds() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

/// A line of train/metrics.jsonl: epoch i took ten seconds, of which nine in training, and the curves rise and fall as they do.
/// @param end  when epoch 0 ended, in seconds since 1970
inline std::string metrics_line(int epoch, double end = 1.8e9, double top1_at_last = 98) {
  const double progress = 1 - std::exp(-epoch / 4.0), level = 1 - top1_at_last / 100, shiver = std::sin(epoch * (7 + level));
  return fmt::format(
      R"({{"epoch":{},"train_loss":{:.4f},"train_top1":{:.3f},"validation_loss":{:.4f},"validation_top1":{:.3f},)"
      R"("seconds":9,"images_per_s":{:.1f},"learning_rate":{:.6f},"finished_at":{:.3f}}})"
      "\n",
      epoch, 2.3 * (1 - progress) + 2 * level, 10 + (top1_at_last - 9) * progress, 2.2 * (1 - progress) + 3 * level + 0.02 * shiver,
      10 + (top1_at_last - 11 + shiver) * progress, 4000 + 60 * shiver + 3000 * level, 0.01 * std::pow(0.93, epoch), end + 10 * epoch);
}

inline std::string metrics_lines(int first, int last, double end = 1.8e9, double top1_at_last = 98) {
  std::string lines;
  for (int epoch = first; epoch <= last; ++epoch) lines += metrics_line(epoch, end, top1_at_last);
  return lines;
}

/// Appends to a file, which another program would do; Bitloom replaces its files whole.
inline void append(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary | std::ios::app) << text;
}

inline void put(const std::filesystem::path& file, std::string_view text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

inline std::string recipe_text(int epochs, double learning_rate = 0.01) {
  return fmt::format("data: {{set: digits}}\nnetwork: {{name: dnn2fpga}}\ntrain: {{epochs: {}, batch: 100, learning_rate: {}}}\n", epochs,
                     learning_rate);
}

/// As if nothing had been written to a file for some seconds.
inline void age(const std::filesystem::path& file, int seconds) {
  std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - std::chrono::seconds(seconds));
}

/// A run of `planned` epochs of which `done` are done, the last of them just now.
inline void write_run(const std::filesystem::path& folder, int done, int planned, double top1 = 98, double learning_rate = 0.01) {
  put(folder / "train/metrics.jsonl", metrics_lines(1, done, now_seconds() - 10 * done, top1));
  put(folder / "recipe.yaml", recipe_text(planned, learning_rate));
}

}  // namespace bitloom::serve
