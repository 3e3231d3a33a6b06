#include "data/folder/corrupt_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"

namespace bitloom::data {
namespace {

constexpr std::size_t kNamed = 5;  // of the images that were skipped

bool is_reason(const std::string& reason) { return !reason.empty(); }

void require_enough(const std::filesystem::path& root, const Reasons& reasons, const Listing& listing) {
  const auto corrupt = static_cast<std::size_t>(std::ranges::count_if(reasons, is_reason));
  if (2 * corrupt > reasons.size())
    throw InputError(root.string(), fmt::format("{} of {} images are corrupt, more than may be skipped; the first: {}", corrupt,
                                                reasons.size(), *std::ranges::find_if(reasons, is_reason)));
  struct Count {
    std::size_t all = 0, good = 0;
  };
  std::map<std::filesystem::path, Count> folders;  // of a class in a part
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    Count& count = folders[listing.images[i].path.parent_path()];
    ++count.all;
    count.good += reasons[i].empty();
  }
  for (const auto& [folder, count] : folders)
    if (count.good == 0)
      throw InputError(folder.string(), fmt::format("all of its images ({}) are corrupt", count.all), "replace them, or remove the folder");
}

void add_notes(const Reasons& reasons, std::vector<std::string>& notes) {
  const auto corrupt = static_cast<std::size_t>(std::ranges::count_if(reasons, is_reason));
  notes.push_back(fmt::format("skipped {} of {} images, which are corrupt", corrupt, reasons.size()));
  std::size_t named = 0;
  for (const std::string& reason : reasons)
    if (!reason.empty() && named++ < kNamed) notes.push_back("skipped " + reason);
  if (corrupt > kNamed) notes.push_back(fmt::format("skipped {} more", corrupt - kNamed));
}

}  // namespace

void find_corrupt(const Listing& listing, const std::function<void(std::size_t, const std::string&)>& body, Reasons& reasons) {
  Reasons unreadable(reasons.size());
  parallel_for(static_cast<std::int64_t>(reasons.size()), [&](std::int64_t index) {
    const auto i = static_cast<std::size_t>(index);
    if (!reasons[i].empty()) return;
    std::string bytes;
    try {
      bytes = read_file(listing.images[i].path);
    } catch (const InputError& error) {
      unreadable[i] = error.what();
      return;
    }
    try {
      body(i, bytes);
    } catch (const InputError& error) {
      reasons[i] = error.what();
    }
  });
  require_none_corrupt(unreadable);
}

void require_none_corrupt(const Reasons& reasons) {
  const auto count = std::ranges::count_if(reasons, is_reason);
  if (count == 0) return;
  const std::string& first = *std::ranges::find_if(reasons, is_reason);
  throw InputError("", count == 1 ? first : fmt::format("{} (and {} more images like it)", first, count - 1));
}

std::vector<std::int64_t> take_out_corrupt(const std::filesystem::path& root, const Reasons& reasons, Listing& listing) {
  std::vector<std::int64_t> stay;
  if (std::ranges::any_of(reasons, is_reason)) {
    require_enough(root, reasons, listing);
    add_notes(reasons, listing.notes);
  }
  std::vector<ListedImage> images;
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    if (!reasons[i].empty()) continue;
    stay.push_back(static_cast<std::int64_t>(i));
    images.push_back(std::move(listing.images[i]));
  }
  listing.images = std::move(images);
  return stay;
}

}  // namespace bitloom::data
