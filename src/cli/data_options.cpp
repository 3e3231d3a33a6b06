#include "cli/data_options.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "data/views.h"

namespace bitloom::cli {
namespace {

const std::array<std::string, 3> kSplitNames{"train", "validation", "test"};
constexpr std::uint64_t kCalibrationStream = 0xCA11B;

std::shared_ptr<const data::Dataset> pick(const data::Splits& splits, const std::string& name) {
  if (name == "train") return splits.train;
  if (name == "validation") return splits.validation;
  return splits.test;
}

}  // namespace

void DataOptions::add_to(CLI::App& command, bool required) {
  command.add_option("--data", set, "Data set, with :train, :validation or :test behind it; see `bitloom data list`")->required(required);
  command.add_option("--data-dir", data_dir, "Where downloaded sets live")->envname("BITLOOM_DATA");
  command.add_option("--range", range, "Pixels 0..255 become LO..HI (default: what the model carries, else 0,1)")->delimiter(',')->expected(2);
  command.add_option("--mean", mean, "Subtracted after --range, one number a channel")->delimiter(',');
  command.add_option("--std", deviation, "Divided by after --mean, one number a channel")->delimiter(',');
}

std::shared_ptr<const data::Dataset> DataOptions::open(Graph& graph, const std::string& default_split) const {
  const auto [name, split] = split_name(set);
  const Shape& input = graph.inputs().front()->shape();
  if (!range.empty()) {
    graph.preprocessing.low = range[0];
    graph.preprocessing.high = range[1];
  }
  if (!mean.empty()) graph.preprocessing.mean = mean;
  if (!deviation.empty()) graph.preprocessing.std = deviation;
  for (const auto* per_channel : {&graph.preprocessing.mean, &graph.preprocessing.std})
    if (!per_channel->empty() && static_cast<std::int64_t>(per_channel->size()) != input[1])
      throw InputError("", "--mean and --std take one number a channel, " + std::to_string(input[1]) + " for this network");
  if (std::any_of(graph.preprocessing.std.begin(), graph.preprocessing.std.end(), [](float s) { return !(s > 0); }))
    throw InputError("", "--std must be above 0");

  data::OpenOptions options;
  options.data_dir = data_dir;
  if (name.starts_with("dir:")) {
    options.height = static_cast<int>(input[2]);
    options.width = static_cast<int>(input[3]);
  }
  return pick(data::open_dataset(name, options), split.empty() ? default_split : split);
}

std::pair<std::string, std::string> split_name(const std::string& set) {
  const std::size_t colon = set.rfind(':');
  if (colon == std::string::npos) return {set, ""};
  const std::string behind = set.substr(colon + 1);
  if (std::find(kSplitNames.begin(), kSplitNames.end(), behind) != kSplitNames.end()) return {set.substr(0, colon), behind};
  if (set.substr(0, colon) == "dir") return {set, ""};
  throw InputError(set, "no split '" + behind + "'", suggest(behind, kSplitNames));
}

std::shared_ptr<const data::Dataset> calibration_subset(std::shared_ptr<const data::Dataset> set, int count, std::uint64_t seed) {
  RandomStream random({seed, kCalibrationStream});
  std::vector<std::uint32_t> order = random_permutation(static_cast<std::uint32_t>(set->size()), random);
  order.resize(std::min<std::size_t>(order.size(), static_cast<std::size_t>(count)));
  return data::subset(std::move(set), {order.begin(), order.end()});
}

}  // namespace bitloom::cli
