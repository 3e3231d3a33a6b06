#include "serve/runs/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <vector>

namespace bitloom::serve {
namespace {

using nlohmann::json;

constexpr std::size_t kMostRecipeBytes = 1 << 20, kMostSummaryBytes = 1 << 24;
constexpr const char* kMetrics = "train/metrics.jsonl";
constexpr const char* kCheckpoint = "train/checkpoint";

double or_zero(double value) { return std::isfinite(value) ? value : 0; }

/// How long an epoch takes from one line to the next: the median of the last few.
double usual_epoch_seconds(const std::vector<EpochRow>& rows) {
  constexpr std::size_t kLast = 5;
  std::vector<double> gaps;
  for (std::size_t i = rows.size() - std::min(rows.size(), kLast); i < rows.size(); ++i) {
    const double gap = i > 0 ? rows[i][kFinishedAt] - rows[i - 1][kFinishedAt] : NAN;
    const double length = gap > 0 ? gap : rows[i][kSeconds];  // without validation, where there is no gap
    if (std::isfinite(length) && length > 0) gaps.push_back(length);
  }
  if (gaps.empty()) return 0;
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::ranges::nth_element(gaps, middle);
  return *middle;
}

json row_json(const EpochRow& row) {
  json object;
  for (std::size_t i = 0; i < kColumns.size(); ++i) object[std::string(kColumns[i])] = row[i];  // NaN is written as null
  return object;
}

/// One value in as few digits as a chart needs; times to the millisecond.
void append_value(fmt::memory_buffer& text, std::size_t column, double value) {
  const auto out = std::back_inserter(text);
  if (!std::isfinite(value))
    fmt::format_to(out, "null");
  else if (column == kFinishedAt)
    fmt::format_to(out, "{:.3f}", value);
  else if (column == kEpoch)
    fmt::format_to(out, "{:.0f}", value);
  else
    fmt::format_to(out, "{:.7g}", value);
}

/// "recipe.yaml" and why it cannot be read; "" where there is none, which is no fault.
std::string problem_of(const char* name, const OpenFile& file) {
  return file || !file.exists() ? "" : fmt::format("{}: {}", name, file.refusal());
}

}  // namespace

bool Run::is_run(const ConfinedFolder& folder) {
  return std::ranges::any_of(std::array{kMetrics, kCheckpoint, "summary.json"},
                             [&](const char* name) { return folder.file(name).exists(); });
}

void Run::refresh(const ConfinedFolder& folder, Deadline deadline) {
  const OpenFile metrics = folder.file(kMetrics), checkpoint = folder.file(kCheckpoint), model = folder.file("models/float.onnx");
  if (metrics)
    metrics_.update(metrics, kMetrics, deadline);
  else
    metrics_.clear(fmt::format("{}: {}", kMetrics, metrics.refusal()));
  last_write_at_ = std::max(metrics ? modified_at(metrics.status) : 0, checkpoint ? modified_at(checkpoint.status) : 0);
  model_at_ = model ? modified_at(model.status) : 0;
  has_report_ = static_cast<bool>(folder.file("report.html"));
  read_recipe(folder.file("recipe.yaml"));
  read_summary(folder.file("summary.json"));
  add_up();
}

void Run::read_recipe(const OpenFile& file) {
  const FileIdentity identity = file ? FileIdentity(file.status) : FileIdentity();
  recipe_problem_ = file && identity == recipe_seen_ ? recipe_problem_ : problem_of("recipe.yaml", file);
  if (identity == recipe_seen_) return;
  recipe_seen_ = identity;
  epochs_planned_.reset();
  keys_.reset();
  if (!file) return;
  try {
    const Recipe recipe = parse_recipe(read_all(file, kMostRecipeBytes), "recipe.yaml");
    epochs_planned_ = recipe.train.epochs;
    keys_ = changed_keys(recipe);
  } catch (const std::exception& error) {
    const std::string what = error.what();
    recipe_problem_ = what.starts_with("recipe.yaml") ? what : "recipe.yaml: " + what;
  }
}

void Run::read_summary(const OpenFile& file) {
  const FileIdentity identity = file ? FileIdentity(file.status) : FileIdentity();
  summary_problem_ = file && identity == summary_seen_ ? summary_problem_ : problem_of("summary.json", file);
  if (identity == summary_seen_) return;
  summary_seen_ = identity;
  summary_ = json();
  if (!file) return;
  summary_at_ = modified_at(file.status);
  try {
    const json whole = json::parse(read_all(file, kMostSummaryBytes));
    for (const char* key : {"float_top1", "int_top1", "int_bytes"})
      if (whole.contains(key) && whole[key].is_number()) summary_[key] = whole[key];
    if (whole.contains("passed") && whole["passed"].is_boolean()) summary_["passed"] = whole["passed"];
    if (whole.contains("stopped") && whole["stopped"].is_string()) summary_["stopped"] = whole["stopped"];
  } catch (const json::exception&) {
    summary_problem_ = "summary.json: not JSON";
  } catch (const std::exception& error) {
    summary_problem_ = fmt::format("summary.json: {}", error.what());
  }
}

void Run::add_up() {
  const std::vector<EpochRow>& rows = metrics_.rows();
  if (totals_generation_ == metrics_.generation() && totals_rows_ == rows.size()) return;
  totals_generation_ = metrics_.generation();
  totals_rows_ = rows.size();
  totals_ = Totals();
  if (rows.empty()) return;
  double speeds = 0, speed_count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    totals_.seconds += or_zero(rows[i][kSeconds]);
    if (std::isfinite(rows[i][kImagesPerS])) speeds += rows[i][kImagesPerS], ++speed_count;
    if (std::isfinite(rows[i][kValidationTop1]) && (!totals_.best || rows[i][kValidationTop1] > rows[*totals_.best][kValidationTop1]))
      totals_.best = i;
  }
  totals_.images_per_s = speed_count > 0 ? speeds / speed_count : 0;
  totals_.epoch_seconds = usual_epoch_seconds(rows);
  totals_.started_at = or_zero(rows.front()[kFinishedAt] - or_zero(rows.front()[kSeconds]));
}

RunSigns Run::signs() const {
  RunSigns signs;
  if (!metrics_.rows().empty()) {
    signs.epochs_done = metrics_.rows().back()[kEpoch];
    signs.last_epoch_at = or_zero(metrics_.rows().back()[kFinishedAt]);
  }
  signs.epochs_planned = epochs_planned_;
  signs.last_write_at = last_write_at_;
  signs.model_at = model_at_;
  signs.epoch_seconds = totals_.epoch_seconds;
  return signs;
}

json Run::entry(double now) const {
  const RunSigns run = signs();
  std::vector<std::string> problems = metrics_.problems();
  for (const std::string& problem : {recipe_problem_, summary_problem_})
    if (!problem.empty()) problems.push_back(problem);
  json object{{"id", id_},
              {"name", name_},
              {"state", to_string(judge(run, now))},
              {"epochs", run.epochs_done},
              {"planned", nullptr},
              {"best", nullptr},
              {"last", nullptr},
              {"started_at", totals_.started_at},
              {"last_at", std::max(run.last_epoch_at, run.last_write_at)},
              {"seconds", totals_.seconds},
              {"epoch_seconds", totals_.epoch_seconds},
              {"images_per_s", totals_.images_per_s},
              {"generation", std::to_string(metrics_.generation())},
              {"rows", metrics_.rows().size()},
              {"report", has_report_},
              {"summary", nullptr},
              {"recipe", nullptr},
              {"problems", problems}};
  if (run.epochs_planned) object["planned"] = *run.epochs_planned;
  if (totals_.best) object["best"] = row_json(metrics_.rows()[*totals_.best]);
  if (!metrics_.rows().empty()) object["last"] = row_json(metrics_.rows().back());
  // A summary older than the last epoch is that of an earlier run in the same folder.
  if (!summary_.is_null() && summary_at_ + kClockStep >= run.last_epoch_at) object["summary"] = summary_;
  if (keys_) object["recipe"] = *keys_;
  return object;
}

std::string Run::metrics_json(std::uint64_t generation, std::size_t from) const {
  const std::vector<EpochRow>& rows = metrics_.rows();
  const std::size_t first = generation == metrics_.generation() ? std::min(from, rows.size()) : 0;
  fmt::memory_buffer text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, R"({{"generation":"{}","from":{},"columns":{{)", metrics_.generation(), first);
  for (std::size_t column = 0; column < kColumns.size(); ++column) {
    fmt::format_to(out, R"({}"{}":[)", column > 0 ? "," : "", kColumns[column]);
    for (std::size_t i = first; i < rows.size(); ++i) {
      if (i > first) text.push_back(',');
      append_value(text, column, rows[i][column]);
    }
    text.push_back(']');
  }
  fmt::format_to(out, "}}}}");
  return fmt::to_string(text);
}

}  // namespace bitloom::serve
