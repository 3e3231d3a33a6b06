#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bitloom::cli {

/// "AMD EPYC, 2 cores, Debian GNU/Linux 12 (bookworm)": where measured figures come from.
std::string machine_description();

/// {"Verilator", "5.006"}, ...: of the tools that are installed.
std::vector<std::pair<std::string, std::string>> tool_versions();

}  // namespace bitloom::cli
