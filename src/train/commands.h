#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace bitloom::train {

/// The command line of bitloom-train, which `bitloom` starts for what needs LibTorch. Returns the exit code.
int run_command_line(int argc, char** argv);

/// Each adds its command; the callback stores what the process is to exit with.
void register_train(CLI::App& app, int& exit_code);
void register_eval(CLI::App& app);

/// What there is to know about a data set, on standard error; silent with --quiet.
void print_notes(const std::vector<std::string>& notes);

}  // namespace bitloom::train
