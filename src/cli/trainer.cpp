#include "cli/trainer.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "base/subprocess.h"
#include "cli/command_line.h"
#include "cli/helper_program.h"

namespace bitloom::cli {
namespace {

// Threads that wait for each other inside an operator sleep instead of spinning: 10 % slower on an idle machine, twice as fast on one
// that another process keeps busy.
constexpr const char *kWaitPolicy = "OMP_WAIT_POLICY", *kPassive = "passive";

constexpr const char* kTrainer = "bitloom-train";

void check_trainer() {
  const std::filesystem::path trainer = helper_path(kTrainer);
  if (!std::filesystem::exists(trainer))
    throw InputError(trainer.string(), "this build of bitloom cannot train", "build it with -DBITLOOM_TRAIN=ON (needs libtorch-dev)");
}

}  // namespace

namespace {

std::string run(std::vector<std::string> arguments, bool inherit_output) {
  check_trainer();
  arguments = helper_command(kTrainer, std::move(arguments));
  SubprocessOptions options;
  options.inherit_output = inherit_output;
  if (std::getenv(kWaitPolicy) == nullptr) options.environment.emplace_back(kWaitPolicy, kPassive);
  const auto handler = std::signal(SIGINT, [](int) {});  // Ctrl-C reaches the trainer, too; it ends when its checkpoint is written
  SubprocessResult result = run_subprocess(arguments, options);
  std::signal(SIGINT, handler);
  if (result.exit_code == 0) return std::move(result.output);
  std::fputs(result.output.c_str(), stderr);
  throw TrainerFailed{result.exit_code};
}

}  // namespace

void run_trainer(std::vector<std::string> arguments) { run(std::move(arguments), /*inherit_output=*/true); }
std::string trainer_output(std::vector<std::string> arguments) { return run(std::move(arguments), /*inherit_output=*/false); }

void become_trainer(std::vector<std::string> arguments) {
  check_trainer();
  setenv(kWaitPolicy, kPassive, /*overwrite=*/0);
  become_helper(kTrainer, std::move(arguments));
}

std::vector<std::string> train_arguments(const std::filesystem::path& recipe, const std::vector<std::string>& overrides,
                                         const std::filesystem::path& out, const std::filesystem::path& data_dir, bool fresh) {
  std::vector<std::string> arguments{"train", "--recipe", recipe.string(), "--out", out.string()};
  for (const std::string& assignment : overrides) arguments.insert(arguments.end(), {"--set", assignment});
  if (!data_dir.empty()) arguments.insert(arguments.end(), {"--data-dir", data_dir.string()});
  if (fresh) arguments.push_back("--fresh");
  return arguments;
}

std::filesystem::path default_run_folder(const Recipe& recipe) { return std::filesystem::path("runs") / recipe.name; }

}  // namespace bitloom::cli
