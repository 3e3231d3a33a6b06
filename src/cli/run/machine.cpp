#include "cli/run/machine.h"

#include <fmt/format.h>

#include <fstream>
#include <regex>

#include "base/parallel.h"
#include "base/subprocess.h"

namespace bitloom::cli {
namespace {

/// What stands behind `key` and its separator on the first line of `file` that begins with it; "" if there is none.
std::string field(const char* file, const std::string& key, char separator) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    std::string value = line.substr(line.find(separator) + 1);
    std::erase(value, '"');
    return value.substr(std::min(value.find_first_not_of(' '), value.size()));
  }
  return {};
}

std::string version_of(const std::vector<std::string>& command) {
  const std::string output = run_subprocess(command).output;
  std::smatch found;
  return std::regex_search(output, found, std::regex(R"(\d+\.\d+(\.\d+)*)")) ? found.str() : "unknown";
}

}  // namespace

std::string machine_description() {
  return fmt::format("{}, {} threads, {}", field("/proc/cpuinfo", "model name", ':'), default_threads(),
                     field("/etc/os-release", "PRETTY_NAME", '='));
}

std::vector<std::pair<std::string, std::string>> tool_versions() {
  struct Tool {
    const char *name, *program, *flag;
  };
  std::vector<std::pair<std::string, std::string>> versions;
  for (const Tool& tool : {Tool{"g++", "g++", "-dumpfullversion"}, Tool{"Verilator", "verilator", "--version"},
                           Tool{"Icarus Verilog", "iverilog", "-V"}, Tool{"Yosys", "yosys", "-V"},
                           Tool{"nextpnr-ice40", "nextpnr-ice40", "--version"}})
    if (!find_program(tool.program).empty()) versions.emplace_back(tool.name, version_of({tool.program, tool.flag}));
  return versions;
}

}  // namespace bitloom::cli
