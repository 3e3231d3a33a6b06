#include "cli/trainer.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/subprocess.h"
#include "cli/command_line.h"

namespace bitloom::cli {
namespace {

// Threads that wait for each other inside an operator sleep instead of spinning: 10 % slower on an idle machine, twice as fast on one
// that another process keeps busy.
constexpr const char *kWaitPolicy = "OMP_WAIT_POLICY", *kPassive = "passive";

/// Program and arguments.
std::vector<std::string> command_line(std::vector<std::string> arguments) {
  const std::filesystem::path trainer = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "bitloom-train";
  if (!std::filesystem::exists(trainer))
    throw InputError(trainer.string(), "this build of bitloom cannot train", "build it with -DBITLOOM_TRAIN=ON (needs libtorch-dev)");
  arguments.insert(arguments.begin(), trainer.string());
  if (is_quiet()) arguments.push_back("--quiet");
  return arguments;
}

}  // namespace

void run_trainer(std::vector<std::string> arguments) {
  arguments = command_line(std::move(arguments));
  SubprocessOptions options;
  options.inherit_output = true;
  if (std::getenv(kWaitPolicy) == nullptr) options.environment.emplace_back(kWaitPolicy, kPassive);
  const auto handler = std::signal(SIGINT, [](int) {});  // Ctrl-C reaches the trainer, too; it ends when its checkpoint is written
  const int exit_code = run_subprocess(arguments, options).exit_code;
  std::signal(SIGINT, handler);
  if (exit_code != 0) throw TrainerFailed{exit_code};
}

void become_trainer(std::vector<std::string> arguments) {
  arguments = command_line(std::move(arguments));
  setenv(kWaitPolicy, kPassive, /*overwrite=*/0);
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  execv(words.front(), words.data());
  throw InputError(arguments.front(), std::string("cannot be started: ") + std::strerror(errno));
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
