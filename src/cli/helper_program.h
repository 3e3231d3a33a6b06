#pragma once

#include <string>
#include <vector>

namespace bitloom::cli {

/// Becomes the executable `name` beside this one, with these arguments and --quiet where this process is: its messages, its exit code and
/// what Ctrl-C does are this command's then. @throws InputError if it is not there
[[noreturn]] void become_helper(const std::string& name, std::vector<std::string> arguments);

}  // namespace bitloom::cli
