#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "ir/graph.h"

namespace bitloom::cli {

/// "--data SET[:split] --data-dir DIR --range --mean --std": the images that a command works on.
struct DataOptions {
  std::string set;                           ///< "mnist", "mnist:validation", "dir:photos:test"
  std::filesystem::path data_dir;
  std::vector<float> range, mean, deviation; ///< empty: what the model carries

  void add_to(CLI::App& command, bool required = true);

  /// The split that `set` names, or `default_split` ("train", "validation", "test") when it names none, with images resized to `graph`'s
  /// input where the set can be resized. Also applies --range, --mean and --std to the graph.
  std::shared_ptr<const data::Dataset> open(Graph& graph, const std::string& default_split) const;
};

/// "dir:photos:test" -> {"dir:photos", "test"}; the second is "" when no split is named.
std::pair<std::string, std::string> split_name(const std::string& set);

/// The first `count` images of a seeded shuffle of the set, so that a few calibration images show every class.
std::shared_ptr<const data::Dataset> calibration_subset(std::shared_ptr<const data::Dataset> set, int count, std::uint64_t seed);

}  // namespace bitloom::cli
