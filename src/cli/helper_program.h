#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace bitloom::cli {

/// The executable `name` beside this one.
std::filesystem::path helper_path(const std::string& name);

/// It with these arguments, and --quiet where this process is.
std::vector<std::string> helper_command(const std::string& name, std::vector<std::string> arguments);

/// Becomes that command: its messages, its exit code and what Ctrl-C does are this one's then.
/// @throws InputError if it is not there
[[noreturn]] void become_helper(const std::string& name, std::vector<std::string> arguments);

}  // namespace bitloom::cli
