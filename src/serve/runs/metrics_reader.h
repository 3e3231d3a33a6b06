#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "serve/runs/confined_folder.h"
#include "serve/runs/metrics_line.h"

namespace bitloom::serve {

using Deadline = std::chrono::steady_clock::time_point;

/// The epochs of one train/metrics.jsonl, kept up with the file as it grows. Only what was added is read: the file is taken to be the
/// one of before when its first line and the last one that was read still stand where they stood, whether it was appended to or replaced
/// (Bitloom replaces it whole). Otherwise everything is read anew, under a new generation.
class MetricsReader {
 public:
  /// @param name      for problems: "train/metrics.jsonl"
  /// @param deadline  reading stops soon after it; `unread` then says that there is more, and the next call goes on
  void update(const OpenFile& file, const std::string& name, Deadline deadline);
  /// There is no file, or none that may be read.
  void clear(std::string problem);

  const std::vector<EpochRow>& rows() const { return rows_; }
  /// Changes when rows that were handed out may no longer be right; unique in this program and, by the clock, after a restart.
  std::uint64_t generation() const { return generation_; }
  bool unread() const { return unread_; }
  /// "train/metrics.jsonl:12: not JSON from byte 3 on"; of many the first ones and their number.
  std::vector<std::string> problems() const;

 private:
  struct Anchor {
    off_t offset = 0;
    std::string bytes;
    bool holds(const OpenFile& file) const;
  };
  void start_over();
  void read(const OpenFile& file, Deadline deadline);
  std::size_t take_lines(std::string_view bytes);
  void take_rest(std::string_view bytes);
  std::string take_line(std::string_view line);
  void pass(std::string_view line, off_t end);
  void report(const std::string& what);

  std::vector<EpochRow> rows_;
  std::uint64_t generation_ = next_generation();
  FileIdentity seen_;
  off_t offset_ = 0;             ///< of the first line that was not read
  std::int64_t line_ = 1;        ///< its number
  bool skipping_ = false;        ///< inside a line that is too long
  bool unread_ = false;
  Anchor first_, last_;          ///< lines that were read
  std::string name_, absence_, half_line_;
  std::vector<std::string> bad_lines_;
  std::int64_t bad_line_count_ = 0;

  static std::uint64_t next_generation();
};

}  // namespace bitloom::serve
