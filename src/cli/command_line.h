#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace bitloom::cli {

// One function a command; each adds its options and does its work in the subcommand's callback, throwing bitloom::Error on failure.
void register_run(CLI::App& app);
void register_train(CLI::App& app);
void register_quantize(CLI::App& app);
void register_sensitivity(CLI::App& app);
void register_eval(CLI::App& app);
void register_inspect(CLI::App& app);
void register_compile(CLI::App& app);
void register_verify(CLI::App& app);
void register_synth(CLI::App& app);
void register_data(CLI::App& app);
void register_recipe(CLI::App& app);
void register_serve(CLI::App& app);

/// Parses and runs. Returns the exit code: 0 done, 1 a check failed, 2 bad input or usage; an error is one line on standard error.
int run_command_line(int argc, char** argv);

/// Prints one JSON object on standard output, for --json.
void print_json(const nlohmann::json& object);

/// A line for people, on standard error; silent with --quiet.
void say(const std::string& line);
void set_quiet(bool quiet);
bool is_quiet();

}  // namespace bitloom::cli
