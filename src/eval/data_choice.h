#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset.h"
#include "ir/graph.h"

namespace bitloom {

/// The images that a command works on, as its options name them.
struct DataChoice {
  std::string set;                           ///< "mnist", "mnist:validation", "dir:photos:test"
  std::filesystem::path data_dir;
  std::vector<float> range, mean, deviation; ///< empty: what the model carries

  /// The split that `set` names, or `default_split` ("train", "validation", "test") when it names none, with images resized to `graph`'s
  /// input where the set can be resized. Also applies range, mean and deviation to the graph.
  std::shared_ptr<const data::Dataset> open(Graph& graph, const std::string& default_split) const;
};

/// "dir:photos:test" -> {"dir:photos", "test"}; the second is "" when no split is named.
std::pair<std::string, std::string> split_name(const std::string& set);

}  // namespace bitloom
