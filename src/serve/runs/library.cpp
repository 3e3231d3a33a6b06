#include "serve/runs/library.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "report/html.h"

namespace bitloom::serve {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr std::size_t kMostReportBytes = std::size_t{64} << 20;

/// Folders of a run in which no run lies.
bool is_part_of_a_run(std::string_view name) { return name == "train" || name == "models" || name == "hardware"; }

std::chrono::milliseconds since_1970() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
}

/// What people call a run: its folder below RUNS, or RUNS' own name where that is the run.
std::string shown_name(const std::filesystem::path& root, const std::string& path) {
  if (path != ".") return report::valid_utf8(path);
  std::error_code ignored;
  return report::valid_utf8(std::filesystem::weakly_canonical(root, ignored).filename().string());
}

}  // namespace

std::string address_of(std::string_view path) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~/";
  std::string address;
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos)
      address += c;
    else
      address += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return address;
}

Library::Library(std::filesystem::path root, LibraryLimits limits)
    : root_(std::move(root)), limits_(limits), version_(static_cast<std::uint64_t>(since_1970().count())) {}

TaggedText Library::list() {
  const std::lock_guard lock(mutex_);
  refresh_if_due();
  return list_;
}

std::optional<std::string> Library::metrics(const std::string& id, std::uint64_t generation, std::size_t from) {
  const std::lock_guard lock(mutex_);
  refresh_if_due();
  const auto known = runs_.find(id);
  if (known == runs_.end()) return std::nullopt;
  return known->second.run.metrics_json(generation, from);
}

std::optional<std::string> Library::report(const std::string& id) {
  std::string path;
  {
    const std::lock_guard lock(mutex_);
    refresh_if_due();
    const auto known = runs_.find(id);
    if (known == runs_.end()) return std::nullopt;
    path = known->second.path;
  }
  const OpenFile file = ConfinedFolder::open(root_).folder(path).file("report.html");
  if (!file) return std::nullopt;
  return read_all(file, kMostReportBytes);
}

void Library::refresh_if_due() {
  const Deadline start = Clock::now();
  if (start < due_) return;
  refresh();
  const bool unread = std::ranges::any_of(runs_, [](const auto& entry) { return entry.second.run.unread(); });
  const Clock::duration took = Clock::now() - start, pause = limits_.pause;
  due_ = unread ? start : Clock::now() + std::max(pause, limits_.rest * took);
}

void Library::refresh() {
  ++look_;
  folders_ = 0;
  deadline_ = Clock::now() + limits_.reading;
  problem_.clear();
  const ConfinedFolder root = ConfinedFolder::open(root_);
  if (root)
    visit(root, ".", 0);
  else
    problem_ = fmt::format("{}: {}", root_.string(), root.refusal());
  std::erase_if(runs_, [&](const auto& entry) { return entry.second.seen != look_; });
  if (folders_ > limits_.folders)
    problem_ = fmt::format("{} holds more than {} folders; the others were not looked into", root_.string(), limits_.folders);
  write_list(static_cast<double>(since_1970().count()) / 1000);
}

void Library::visit(const ConfinedFolder& folder, const std::string& path, int depth) {
  if (!folder || ++folders_ > limits_.folders) return;
  const bool is_run = Run::is_run(folder);
  if (is_run) {
    const std::string id = address_of(path);
    Known& known = runs_.try_emplace(id, Known{path, Run(id, shown_name(root_, path))}).first->second;
    known.run.refresh(folder, deadline_);
    known.seen = look_;
  }
  if (depth >= limits_.depth) return;
  for (const std::string& name : folder.folders(limits_.folders + 1)) {
    if (folders_ > limits_.folders) return;
    if (is_run && is_part_of_a_run(name)) continue;
    visit(folder.folder(name), path == "." ? name : path + "/" + name, depth + 1);
  }
}

void Library::write_list(double now) {
  json runs = json::array();
  bool unread = false;
  for (const auto& [id, known] : runs_) {
    runs.push_back(known.run.entry(now));
    unread = unread || known.run.unread();
  }
  const json list{
      {"root", root_.string()}, {"problem", problem_}, {"unread", unread}, {"defaults", default_keys()}, {"runs", std::move(runs)}};
  std::string text = list.dump(-1, ' ', false, json::error_handler_t::replace);
  if (list_.text && *list_.text == text) return;
  list_ = {std::make_shared<const std::string>(std::move(text)), fmt::format("\"{}\"", ++version_)};
}

}  // namespace bitloom::serve
