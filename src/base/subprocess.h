#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace bitloom {

constexpr int kExitStopped = 130;  ///< of a helper that Ctrl-C ended, as a shell counts it

struct SubprocessOptions {
  std::filesystem::path directory;                              ///< working folder; empty: the caller's
  std::filesystem::path log;                                    ///< standard output and error go here; empty: kept in `output` only
  std::vector<std::pair<std::string, std::string>> environment; ///< set on top of the caller's
  bool inherit_output = false;                                  ///< let the child write to this process's terminal instead
  std::function<void(const std::string& line)> on_line;         ///< called for each line of output as it comes
};

struct SubprocessResult {
  int exit_code = 0;       ///< 128 + signal when a signal ended it
  std::string output;      ///< standard output and error, interleaved; empty with inherit_output
  double seconds = 0;
  std::int64_t peak_bytes = 0;  ///< largest resident set of the child or one of its children; never below this process's own
};

/// Runs a program found on PATH and waits. Ctrl-C reaches the child, too; its standard input is empty unless it inherits the terminal.
/// Should on_line throw, the child is ended and the exception passed on.
/// @throws InputError if the program is not installed, naming it and the Debian package that brings it.
SubprocessResult run_subprocess(const std::vector<std::string>& command, const SubprocessOptions& options = {});

/// Full path of a program on PATH, or empty.
std::filesystem::path find_program(const std::string& name);

/// As find_program; @throws InputError with the Debian package that brings it ("install it: apt-get install verilator").
std::filesystem::path require_program(const std::string& name);

}  // namespace bitloom
