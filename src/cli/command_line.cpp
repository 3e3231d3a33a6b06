#include "cli/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/progress.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/trainer.h"

namespace bitloom::cli {
namespace {

bool quiet_mode = false;

constexpr const char* kDescription =
    "Bitloom makes a convolutional network small and turns it into an integer program for CPUs and FPGAs whose every stage computes the "
    "same bits.\nStart with: bitloom run recipes/digits.yaml";
constexpr const char* kFooter = "Exit codes: 0 done; 1 a check failed; 2 bad input or usage. `bitloom COMMAND --help` says more.";

void register_all(CLI::App& app) {
  register_run(app);
  register_train(app);
  register_quantize(app);
  register_sensitivity(app);
  register_eval(app);
  register_inspect(app);
  register_compile(app);
  register_verify(app);
  register_synth(app);
  register_data(app);
  register_recipe(app);
  register_serve(app);
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(command->get_name());
  return names;
}

/// The first word that is no option and no known command, as in `bitloom inpsect model.onnx`; "" if the first word is a command.
std::string unknown_command(const CLI::App& app, int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("-")) continue;
    const std::vector<std::string> names = command_names(app);
    return std::find(names.begin(), names.end(), word) != names.end() ? "" : word;
  }
  return {};
}

/// All long options of the command that was being parsed, to find what a misspelt one meant.
std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

const CLI::App& command_in_use(const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return *command;
}

/// CLI11's message as one of ours: what is wrong, in which command, and what would be right.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  if (const std::string word = unknown_command(app, argc, argv); !word.empty())
    return fmt::format("unknown command '{}'; {}", word, suggest(word, command_names(app)));
  const CLI::App& command = command_in_use(app);
  const std::string where = &command == &app ? "bitloom" : "bitloom " + command.get_name();
  if (dynamic_cast<const CLI::ExtrasError*>(&error)) {
    const std::vector<std::string> extras = app.remaining(true);
    const std::string word = extras.empty() ? "" : extras.front();
    if (!word.starts_with("-")) return fmt::format("{}: unexpected argument '{}'; see {} --help", where, word, where);
    return fmt::format("{}: unknown option '{}'; {}", where, word, suggest(word, option_names(command)));
  }
  return fmt::format("{}: {}; see {} --help", where, error.what(), where);
}

}  // namespace

void print_json(const nlohmann::json& object) {
  // A file's name need not be UTF-8, which JSON has to be.
  std::cout << object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

void say(const std::string& line) {
  if (!quiet_mode) std::fputs((line + "\n").c_str(), stderr);
}

void set_quiet(bool quiet) {
  quiet_mode = quiet;
  Progress::set_quiet(quiet);
}

bool is_quiet() { return quiet_mode; }

int run_command_line(int argc, char** argv) {
  CLI::App app(kDescription, "bitloom");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("bitloom ") + version());
  app.add_flag_callback("-q,--quiet", [] { set_quiet(true); }, "No progress and no text for people; errors only");
  app.require_subcommand(1);
  app.fallthrough();
  app.get_formatter()->column_width(34);
  register_all(app);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::Success& help_or_version) {
    return app.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    std::fputs(fmt::format("error: {}\n", usage_error(app, error, argc, argv)).c_str(), stderr);
    return 2;
  } catch (const TrainerFailed& failed) {
    return failed.exit_code;
  } catch (const Error& error) {
    std::fputs(fmt::format("error: {}\n", error.what()).c_str(), stderr);
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    std::fputs("error: out of memory; use fewer images or threads (BITLOOM_THREADS)\n", stderr);
    return 2;
  } catch (const std::exception& error) {
    std::fputs(fmt::format("error: {} (this is a bug in bitloom; please report it with the command that you ran)\n", error.what()).c_str(), stderr);
    return 2;
  }
}

}  // namespace bitloom::cli
