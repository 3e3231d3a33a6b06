#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "data/dataset.h"
#include "eval/data_choice.h"

namespace bitloom::cli {

/// What --skip-corrupt does, for --help.
inline constexpr const char* kSkipCorrupt = "Leave out images of folders that cannot be decoded, name and count them; else the first one is an error";

/// "--data SET[:split] --data-dir DIR --skip-corrupt --range --mean --std": the images that a command works on.
struct DataOptions : DataChoice {
  void add_to(CLI::App& command, bool required = true);
  /// As DataChoice::open; says what there is to know about the set.
  std::shared_ptr<const data::Dataset> open(Graph& graph, const std::string& default_split) const;
};

/// The first `count` images of a seeded shuffle of the set, so that a few calibration images show every class.
std::shared_ptr<const data::Dataset> calibration_subset(std::shared_ptr<const data::Dataset> set, int count, std::uint64_t seed);

}  // namespace bitloom::cli
