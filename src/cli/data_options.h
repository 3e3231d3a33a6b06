#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "data/dataset.h"
#include "eval/data_choice.h"

namespace bitloom::cli {

/// What these options do, for --help.
inline constexpr const char* kSkipCorrupt =
    "Leave out images of folders that cannot be decoded, name and count them; else the first one is an error";
inline constexpr const char* kCacheMb = "Megabytes of decoded images to keep in memory (default: a quarter of the machine's)";

/// --cache-dir, which is BITLOOM_CACHE for this command and the helpers that it starts.
void add_cache_dir(CLI::App& command);

/// --skip-corrupt, --cache-mb and --cache-dir for a command that takes a recipe, as `overrides` of it.
void add_recipe_data_options(CLI::App& command, std::vector<std::string>& overrides);

/// "--data SET[:split] --data-dir DIR --skip-corrupt --cache-mb --cache-dir --range --mean --std": the images that a command works on.
struct DataOptions : DataChoice {
  void add_to(CLI::App& command, bool required = true);
  /// As DataChoice::open; says what there is to know about the set.
  std::shared_ptr<const data::Dataset> open(Graph& graph, const std::string& default_split) const;
};

}  // namespace bitloom::cli
