#include "train/distributed/data_parallel.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace bitloom::train {
namespace {

/// "train.batch is 100, there 50"
std::string differences(const Fingerprint& mine, const Fingerprint& leaders) {
  std::vector<std::string> found;
  for (const auto& [name, value] : mine)
    if (const auto theirs = leaders.find(name); theirs == leaders.end() || theirs->second != value)
      found.push_back(fmt::format("{} is {}, there {}", name, value, theirs == leaders.end() ? "unknown" : theirs->second));
  return join(found, ", ");
}

}  // namespace

void check_shares(int processes, std::int64_t batch, std::int64_t images, bool couples) {
  const std::int64_t least = processes == 1 ? 1 : couples ? 2 * processes : processes;
  if (std::min(batch, images) >= least) return;
  const std::string what = batch < least ? fmt::format("train.batch is {}", batch) : fmt::format("there are {} training images", images);
  throw InputError(fmt::format("WORLD_SIZE = {}", processes),
                   fmt::format("{}, and every process needs {} of a batch", what, couples ? "two images (for BatchNorm)" : "an image"),
                   "raise train.batch, or start fewer processes");
}

DataParallel::Share DataParallel::share(std::int64_t count) const {
  if (!group_) return {0, count};
  const std::int64_t first = count * group_->rank() / size(), end = count * (group_->rank() + 1) / size();
  return {first, end - first};
}

void DataParallel::check_same(const Fingerprint& mine) const {
  if (!group_) return;
  std::string leaders = nlohmann::json(mine).dump();
  group_->broadcast(leaders, 0);
  std::string what = differences(mine, nlohmann::json::parse(leaders).get<Fingerprint>());
  std::vector<std::int64_t> differs(static_cast<std::size_t>(size()));
  differs[static_cast<std::size_t>(group_->rank())] = !what.empty();
  group_->all_reduce_sum(std::span(differs));
  const auto first = std::ranges::find(differs, 1);
  if (first == differs.end()) return;
  const auto rank = static_cast<int>(first - differs.begin());
  group_->broadcast(what, rank);
  throw InputError(fmt::format("rank {}", rank), "trains something else than rank 0: " + what,
                   "start all ranks with the same recipe, data, program and kind of machine");
}

std::string DataParallel::from_leader(std::string bytes) const {
  if (group_) group_->broadcast(bytes, 0);
  return bytes;
}

bool DataParallel::any(bool mine) const {
  if (!group_) return mine;
  std::int64_t count = mine;
  group_->all_reduce_sum(std::span(&count, 1));
  return count > 0;
}

Loss DataParallel::sum(Loss mine) const {
  if (!group_) return mine;
  double both[] = {mine.sum, static_cast<double>(mine.correct)};
  group_->all_reduce_sum(std::span<double>(both));
  return {both[0], static_cast<std::int64_t>(both[1])};
}

void DataParallel::begin_step(std::span<const float> statistics) {
  if (group_) before_.assign(statistics.begin(), statistics.end());
}

void DataParallel::end_step(std::span<float> gradient, std::span<float> statistics) {
  if (!group_) return;
  buffer_.assign(gradient.begin(), gradient.end());
  for (std::size_t i = 0; i < statistics.size(); ++i) buffer_.push_back(statistics[i] - before_[i]);
  group_->all_reduce_sum(std::span(buffer_));
  std::copy_n(buffer_.begin(), gradient.size(), gradient.begin());
  const auto moves = std::span(buffer_).subspan(gradient.size());
  for (std::size_t i = 0; i < statistics.size(); ++i) statistics[i] = before_[i] + moves[i] / static_cast<float>(size());
}

void DataParallel::barrier() const {
  if (group_) group_->barrier();
}

}  // namespace bitloom::train
