#include "train/step_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace bitloom::train {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path) { throw InputError(path.string(), std::string("cannot write: ") + std::strerror(errno)); }

/// The whole lines of `text` that are of steps up to `done`.
std::string lines_until(const std::string& text, std::int64_t done) {
  std::string kept;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json step = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!step.is_object() || step.value("step", done + 1) > done) break;
    kept += line + "\n";
  }
  return kept;
}

}  // namespace

StepLog::StepLog(std::filesystem::path path, std::int64_t done) : path_(std::move(path)) {
  const bool exists = std::filesystem::exists(path_);
  if (!exists || std::filesystem::is_regular_file(path_))  // a pipe or terminal has nothing to keep
    write_file(path_, exists && done > 0 ? lines_until(read_file(path_), done) : "");
  descriptor_ = open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (descriptor_ < 0) fail(path_);
}

StepLog::~StepLog() { close(descriptor_); }

void StepLog::add(const StepMetrics& m) {
  const nlohmann::ordered_json json{{"step", m.step}, {"epoch", m.epoch}, {"loss", m.loss}, {"top1", m.top1}, {"learning_rate", m.learning_rate}};
  const std::string line = json.dump() + "\n";
  errno = ENOSPC;  // what a write that stops half way means
  if (write(descriptor_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) fail(path_);
}

}  // namespace bitloom::train
