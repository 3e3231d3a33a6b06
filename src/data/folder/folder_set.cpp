#include "data/folder/folder_set.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/random.h"
#include "data/cache/cache_budget.h"
#include "data/checksum.h"
#include "data/folder/decode_all.h"
#include "data/split.h"
#include "data/views.h"

namespace bitloom::data {
namespace {

constexpr std::uint64_t kFixedSeed = 0xF01DE5, kOrderStream = 0x05DE5;
constexpr double kTestShare = 0.2;

std::shared_ptr<const Dataset> part_of(const std::shared_ptr<const Dataset>& all, const Listing& listing, Part part) {
  std::vector<std::int64_t> indices;
  for (std::size_t i = 0; i < listing.images.size(); ++i)
    if (listing.images[i].part == part) indices.push_back(static_cast<std::int64_t>(i));
  RandomStream random({kFixedSeed, kOrderStream, static_cast<std::uint64_t>(part)});
  const std::vector<std::uint32_t> order = random_permutation(static_cast<std::uint32_t>(indices.size()), random);
  std::vector<std::int64_t> shuffled;
  shuffled.reserve(order.size());
  for (const std::uint32_t i : order) shuffled.push_back(indices[i]);
  return subset(all, std::move(shuffled));
}

/// Says how many images of the given validation and test parts also stand in an earlier part.
void note_repeats(const Dataset& all, const Listing& listing, std::vector<std::string>& notes) {
  const std::vector<std::int64_t> first = first_equal(all);
  std::int64_t repeats = 0;
  std::size_t example = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (listing.images[static_cast<std::size_t>(first[i])].part == listing.images[i].part) continue;
    if (repeats++ == 0) example = i;
  }
  if (repeats > 0)
    notes.push_back(fmt::format(
        "{} images stand in two parts with the same pixels, the first {} and {}; accuracies will look better than they are", repeats,
        listing.images[static_cast<std::size_t>(first[example])].path.string(), listing.images[example].path.string()));
}

}  // namespace

Splits open_folder(const std::filesystem::path& root, const OpenOptions& options) {
  if (options.height < 0 || options.width < 0 || (options.height == 0) != (options.width == 0))
    throw InputError(root.string(), fmt::format("cannot resize to {}x{}", options.height, options.width),
                     "give both height and width, above 0");
  Listing listing = list_images(root);
  CacheBudget budget = cache_budget(options);
  const DecodedImages decoded = decode_all(root, listing, options, budget);
  if (!options.skip_corrupt) require_none_corrupt(decoded.reasons);  // a mapped file may be one of a call that skipped some
  const std::shared_ptr<const Dataset> all = subset(decoded.set, take_out_corrupt(root, decoded.reasons, listing));
  const auto train = part_of(all, listing, Part::kTrain);
  Splits splits;
  if (!listing.has_test) {
    Cut cut = cut_stratified(*train, kTestShare, kFixedSeed, root.string());
    splits = with_validation_cut(subset(train, std::move(cut.kept)), subset(train, std::move(cut.taken)), options, root.string());
  } else if (!listing.has_validation) {
    splits = with_validation_cut(train, part_of(all, listing, Part::kTest), options, root.string());
  } else {
    splits = {train, part_of(all, listing, Part::kValidation), part_of(all, listing, Part::kTest)};
  }
  splits.notes = std::move(listing.notes);
  splits.cache = budget;
  if (listing.has_test) note_repeats(*all, listing, splits.notes);
  return splits;
}

}  // namespace bitloom::data
