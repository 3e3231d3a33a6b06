#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "recipe/recipe.h"

namespace bitloom::cli {

/// The trainer ended with an error, which it has printed itself; only the exit code is left to pass on.
struct TrainerFailed {
  int exit_code;
};

/// Runs bitloom-train, the executable beside this one that links LibTorch, with these arguments; it shares this process's terminal.
/// @throws InputError if this build has no trainer; TrainerFailed if it fails.
void run_trainer(std::vector<std::string> arguments);

/// Becomes bitloom-train: what a launcher of several processes signals is then the process that trains, and nothing needs passing on.
/// @throws InputError if this build has no trainer
[[noreturn]] void become_trainer(std::vector<std::string> arguments);

/// Those that train the recipe's network into `out`, or go on with a training that was stopped there. --float-only behind them leaves out
/// the training through quantization.
std::vector<std::string> train_arguments(const std::filesystem::path& recipe, const std::vector<std::string>& overrides,
                                         const std::filesystem::path& out, const std::filesystem::path& data_dir, bool fresh);

/// "runs/NAME", below the working folder.
std::filesystem::path default_run_folder(const Recipe& recipe);

/// Runs it and gives what it prints on standard output and error; @throws as run_trainer.
std::string trainer_output(std::vector<std::string> arguments);

}  // namespace bitloom::cli
