#include "data/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "data/checksum.h"
#include "data/views.h"

namespace bitloom::data {
namespace {

constexpr std::uint64_t kSplitStream = 0x5B117;

std::size_t images_to_take(std::size_t count, double share) {
  if (count < 2) return 0;
  const auto rounded = static_cast<std::size_t>(std::floor(static_cast<double>(count) * share + 0.5));
  return std::clamp<std::size_t>(rounded, 1, count - 1);
}

}  // namespace

Cut cut_stratified(const Dataset& set, double share, std::uint64_t seed, const std::string& where) {
  if (!(share > 0 && share < 1))
    throw InputError(where, fmt::format("a validation share of {} leaves one part empty", share), "choose it between 0 and 1, such as 0.1");
  const std::vector<std::int64_t> first = first_equal(set);
  std::vector<std::vector<std::int64_t>> by_class(set.class_names().size());
  for (std::int64_t i = 0; i < set.size(); ++i)
    if (first[static_cast<std::size_t>(i)] == i) by_class[static_cast<std::size_t>(set.label(i))].push_back(i);

  std::vector<bool> is_taken(first.size());
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    const std::vector<std::int64_t>& members = by_class[c];
    RandomStream random({seed, kSplitStream, c});
    const std::vector<std::uint32_t> order = random_permutation(static_cast<std::uint32_t>(members.size()), random);
    for (std::size_t k = 0; k < images_to_take(members.size(), share); ++k) is_taken[static_cast<std::size_t>(members[order[k]])] = true;
  }

  Cut cut;
  for (std::int64_t i = 0; i < set.size(); ++i)
    (is_taken[static_cast<std::size_t>(first[static_cast<std::size_t>(i)])] ? cut.taken : cut.kept).push_back(i);
  if (cut.taken.empty())
    throw InputError(where, "no class has enough different images to set one apart for validation or test", "add images");
  return cut;
}

Splits with_validation_cut(const std::shared_ptr<const Dataset>& train, std::shared_ptr<const Dataset> test, const OpenOptions& options,
                           const std::string& where) {
  Cut cut = cut_stratified(*train, options.validation_share, options.seed, where);
  return {subset(train, std::move(cut.kept)), subset(train, std::move(cut.taken)), std::move(test)};
}

}  // namespace bitloom::data
