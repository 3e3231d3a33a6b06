#include "fpga/eda/verilator_model.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/subprocess.h"
#include "fpga/embedded_files.h"

namespace bitloom::fpga {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kKeptPrograms = 24;
constexpr const char* kProgram = "simulate";
constexpr const char* kKey = "made_of";

std::vector<std::string> verilator_flags() {
  return {"--cc",          "--exe",   "--build",      "-O3",    "--top-module", "stream_top", "--x-assign", "unique",    "--x-initial",
          "unique",        "-CFLAGS", "-std=c++17",   "-Wno-fatal", "-MAKEFLAGS",   "OPT_FAST=-O2 OPT_SLOW=-O1 OPT_GLOBAL=-O2"};
}

/// Everything that the program depends on.
std::string key_of(const DesignFolder& design) {
  std::string key = tool_version({"verilator", "--version"});
  for (const std::string& flag : verilator_flags()) key += "\n" + flag;
  for (const char* name : {"templates/stream_harness.cc", "templates/stream_harness.vlt"}) key.append("\n").append(embedded_file(name));
  for (const std::string& source : design.sources) key += "\n" + source + "\n" + read_file(design.path / source);
  return key;
}

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

bool is_built(const fs::path& folder, const std::string& key) {
  return fs::exists(folder / kProgram) && fs::exists(folder / kKey) && read_file(folder / kKey) == key;
}

std::string first_error(const std::string& output) {
  const std::size_t begin = std::min(output.find("%Error"), output.find(" error: "));
  if (begin == std::string::npos) return "see the log";
  const std::size_t line = output.rfind('\n', begin) == std::string::npos ? 0 : output.rfind('\n', begin) + 1;
  return output.substr(line, output.find('\n', line) - line);
}

/// Builds in a folder of its own and moves the result into place, so that two verifies at once do not meet half a program.
void build(const DesignFolder& design, const fs::path& folder, const std::string& key) {
  const fs::path work = folder.string() + fmt::format(".tmp.{}", getpid());
  fs::remove_all(work);
  make_directories(work);
  const fs::path harness = work / "stream_harness.cc", config = work / "stream_harness.vlt";
  write_file(harness, embedded_file("templates/stream_harness.cc"));
  write_file(config, embedded_file("templates/stream_harness.vlt"));
  std::vector<std::string> command = {"verilator"};
  for (const std::string& flag : verilator_flags()) command.push_back(flag);
  for (const std::string& text : {std::string("-j"), std::to_string(default_threads()), std::string("--Mdir"), (work / "model").string(),
                                  std::string("-o"), (work / kProgram).string(), config.string(), harness.string()})
    command.push_back(text);
  for (const std::string& source : design.sources) command.push_back(source);
  const SubprocessResult result = run_in(design, command);
  if (result.exit_code != 0) {
    const fs::path log = design.path / "build" / "verilator.log";
    make_directories(log.parent_path());
    write_file(log, result.output);
    fs::remove_all(work);
    throw CheckError(design.path.string(), "Verilator: " + first_error(result.output), "log: " + log.string());
  }
  fs::remove_all(work / "model");
  write_file(work / kKey, key);
  std::error_code error;
  fs::remove_all(folder, error);
  fs::rename(work, folder, error);
  if (error && is_built(folder, key)) fs::remove_all(work, error);  // another process was first; its program is as good
}

void forget_oldest(const fs::path& programs) {
  std::vector<std::pair<fs::file_time_type, fs::path>> by_age;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(programs, error))
    if (fs::exists(entry.path() / kKey)) by_age.emplace_back(fs::last_write_time(entry.path() / kKey, error), entry.path());
  std::sort(by_age.begin(), by_age.end());
  for (std::size_t i = 0; i + kKeptPrograms < by_age.size(); ++i) fs::remove_all(by_age[i].second, error);
}

}  // namespace

fs::path cache_directory(const fs::path& fallback) {
  std::vector<fs::path> candidates;
  if (const char* cache = std::getenv("BITLOOM_CACHE")) candidates.emplace_back(cache);
  if (const char* cache = std::getenv("XDG_CACHE_HOME")) candidates.push_back(fs::path(cache) / "bitloom");
  if (const char* home = std::getenv("HOME")) candidates.push_back(fs::path(home) / ".cache" / "bitloom");
  for (const fs::path& candidate : candidates) {
    std::error_code error;
    fs::create_directories(candidate, error);
    if (!error && access(candidate.c_str(), W_OK) == 0) return candidate;
  }
  return fallback;
}

fs::path simulation_program(const DesignFolder& design) {
  require_program("verilator");
  const std::string key = key_of(design);
  const fs::path programs = cache_directory(design.path / "build") / "verilator";
  const fs::path folder = programs / fmt::format("{:016x}", fnv1a(key));
  if (!is_built(folder, key)) build(design, folder, key);
  std::error_code ignored;
  fs::last_write_time(folder / kKey, fs::file_time_type::clock::now(), ignored);
  forget_oldest(programs);
  return folder / kProgram;
}

}  // namespace bitloom::fpga
