#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "serve/runs/confined_folder.h"
#include "serve/runs/metrics_reader.h"
#include "serve/runs/recipe_keys.h"
#include "serve/runs/run_state.h"

namespace bitloom::serve {

/// One run folder (docs/architecture.md) as far as it can be read. What is missing, half written or broken is named in `problems`.
class Run {
 public:
  /// Whether a folder holds a run: metrics, a checkpoint, or the summary of one.
  static bool is_run(const ConfinedFolder& folder);

  /// @param id    stands for the run in addresses
  /// @param name  for people: its folder below RUNS
  Run(std::string id, std::string name) : id_(std::move(id)), name_(std::move(name)) {}

  /// Reads what changed since the last call. @param deadline  as MetricsReader::update
  void refresh(const ConfinedFolder& folder, Deadline deadline);
  bool unread() const { return metrics_.unread(); }

  /// The run in the page's list; page/api.js says what the keys mean. @param now  seconds since 1970, to judge its state
  nlohmann::json entry(double now) const;

  /// Its epochs as columns: {"generation": "17", "from": 3, "columns": {"epoch": [4, 5], ...}}, from the row `from` on where
  /// `generation` is still the one that the caller has the rows before of, and otherwise all.
  std::string metrics_json(std::uint64_t generation, std::size_t from) const;

 private:
  /// What is told of all epochs together.
  struct Totals {
    std::optional<std::size_t> best;  ///< row of the best validation accuracy; of equals the first, which is the one the trainer keeps
    double started_at = 0, seconds = 0, epoch_seconds = 0, images_per_s = 0;
  };
  void read_recipe(const OpenFile& file);
  void read_summary(const OpenFile& file);
  void add_up();
  RunSigns signs() const;

  std::string id_, name_;
  MetricsReader metrics_;
  Totals totals_;
  std::uint64_t totals_generation_ = 0;
  std::size_t totals_rows_ = 0;
  FileIdentity recipe_seen_, summary_seen_;
  std::optional<double> epochs_planned_;
  std::optional<RecipeKeys> keys_;
  nlohmann::json summary_;
  std::string recipe_problem_, summary_problem_;
  double last_write_at_ = 0, model_at_ = 0, summary_at_ = 0;
  bool has_report_ = false;
};

}  // namespace bitloom::serve
