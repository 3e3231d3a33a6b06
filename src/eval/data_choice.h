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
  bool skip_corrupt = false;                 ///< this and the next: data::OpenOptions has what they mean
  int cache_mb = 0;

  /// The split that `set` names, or `default_split` ("train", "validation", "test") when it names none, with images resized to `graph`'s
  /// input where the set can be resized. Also applies range, mean and deviation to the graph.
  /// @param notes  gets what there is to know about the set
  std::shared_ptr<const data::Dataset> open(Graph& graph, const std::string& default_split, std::vector<std::string>& notes) const;
};

/// Makes `graph` see pixels so: range is LO and HI, mean and deviation have a number a channel; empty ones leave what the graph carries.
/// @throws InputError where the network reads no image, or another number of channels
void set_preprocessing(Graph& graph, const std::vector<float>& range, const std::vector<float>& mean, const std::vector<float>& deviation);

/// "dir:photos:test" -> {"dir:photos", "test"}; the second is "" when no split is named.
std::pair<std::string, std::string> split_name(const std::string& set);

/// The images of a set of `size` that quantizers are calibrated on: the first `count` of a seeded shuffle, so that a few show every class.
std::vector<std::uint32_t> calibration_indices(std::int64_t size, int count, std::uint64_t seed);
std::shared_ptr<const data::Dataset> calibration_subset(std::shared_ptr<const data::Dataset> set, int count, std::uint64_t seed);

}  // namespace bitloom
