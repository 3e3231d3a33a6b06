#include "eval/data_choice.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "data/views.h"

namespace bitloom {
namespace {

const std::array<std::string, 3> kSplitNames{"train", "validation", "test"};

std::shared_ptr<const data::Dataset> pick(const data::Splits& splits, const std::string& name) {
  if (name == "train") return splits.train;
  if (name == "validation") return splits.validation;
  return splits.test;
}

constexpr std::uint64_t kCalibrationStream = 0xCA11B;

}  // namespace

std::vector<std::uint32_t> calibration_indices(std::int64_t size, int count, std::uint64_t seed) {
  RandomStream random({seed, kCalibrationStream});
  std::vector<std::uint32_t> order = random_permutation(static_cast<std::uint32_t>(size), random);
  order.resize(std::min<std::size_t>(order.size(), static_cast<std::size_t>(count)));
  return order;
}

std::shared_ptr<const data::Dataset> calibration_subset(std::shared_ptr<const data::Dataset> set, int count, std::uint64_t seed) {
  const std::vector<std::uint32_t> indices = calibration_indices(set->size(), count, seed);
  return data::subset(std::move(set), {indices.begin(), indices.end()});
}

void set_preprocessing(Graph& graph, const std::vector<float>& range, const std::vector<float>& mean, const std::vector<float>& deviation) {
  const Shape& input = graph.inputs().front()->shape();
  if (input.rank() != 4)
    throw InputError(graph.name(), "its input " + to_string(input) + " is no image", "give a network whose input is 1xCxHxW");
  const std::int64_t channels = input[1];
  if (!range.empty()) {
    graph.preprocessing.low = range[0];
    graph.preprocessing.high = range[1];
  }
  if (!mean.empty()) graph.preprocessing.mean = mean;
  if (!deviation.empty()) graph.preprocessing.std = deviation;
  for (const auto* per_channel : {&graph.preprocessing.mean, &graph.preprocessing.std})
    if (!per_channel->empty() && static_cast<std::int64_t>(per_channel->size()) != channels)
      throw InputError("", "mean and std take one number a channel, " + std::to_string(channels) + " for this network");
  if (std::any_of(graph.preprocessing.std.begin(), graph.preprocessing.std.end(), [](float s) { return !(s > 0); }))
    throw InputError("", "std must be above 0");
  const auto is_finite = [](float x) { return std::isfinite(x); };
  const Preprocessing& p = graph.preprocessing;
  if (!is_finite(p.low) || !is_finite(p.high) || !std::ranges::all_of(p.mean, is_finite) || !std::ranges::all_of(p.std, is_finite))
    throw InputError("", "range, mean and std must be finite numbers");
}

std::shared_ptr<const data::Dataset> DataChoice::open(Graph& graph, const std::string& default_split,
                                                      std::vector<std::string>& notes) const {
  const auto [name, split] = split_name(set);
  set_preprocessing(graph, range, mean, deviation);
  const Shape& input = graph.inputs().front()->shape();

  data::OpenOptions options;
  options.data_dir = data_dir;
  options.skip_corrupt = skip_corrupt;
  options.cache_mb = cache_mb;
  if (name.starts_with("dir:")) {
    options.height = static_cast<int>(input[2]);
    options.width = static_cast<int>(input[3]);
  }
  const data::Splits splits = data::open_dataset(name, options);
  notes = splits.notes;
  return pick(splits, split.empty() ? default_split : split);
}

std::pair<std::string, std::string> split_name(const std::string& set) {
  const std::size_t colon = set.rfind(':');
  if (colon == std::string::npos) return {set, ""};
  const std::string behind = set.substr(colon + 1);
  if (std::find(kSplitNames.begin(), kSplitNames.end(), behind) != kSplitNames.end()) return {set.substr(0, colon), behind};
  if (set.substr(0, colon) == "dir") return {set, ""};
  throw InputError(set, "no split '" + behind + "'", suggest(behind, kSplitNames));
}

}  // namespace bitloom
