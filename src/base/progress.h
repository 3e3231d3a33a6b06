#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bitloom {

/// Progress of long work on standard error. On a terminal one line is redrawn in place ("verify  [#####.....]  101/200  3.2 s left");
/// in a log (not a terminal, or NO_COLOR/CI set) a plain line is printed at most every ten seconds and at the end.
/// Silent with --quiet. Safe to advance from several threads.
class Progress {
 public:
  enum class Unit { kSteps, kBytes };  ///< bytes are shown as "12.3 MB/170.1 MB"

  /// @param total  number of steps of the work; > 0
  Progress(std::string_view what, std::int64_t total, Unit unit = Unit::kSteps);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void advance(std::int64_t steps = 1);
  void set_done(std::int64_t done);           ///< absolute position, for work resumed half way
  void set_note(std::string note);            ///< free text behind the bar: "loss 0.132  acc 96.1 %"
  /// Lines that are drawn above the bar, and anew with it, on a terminal that is high enough; a log does not have them.
  void set_panel(std::vector<std::string> lines);
  /// Prints a line that stays above the bar (an epoch's result).
  void print_line(const std::string& line);
  /// Ends the display; with a line that stays, when given. In a log the last position is printed without one. Called by the destructor.
  void finish(const std::string& line = {});

  static void set_quiet(bool quiet);
  static bool is_quiet();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bitloom
