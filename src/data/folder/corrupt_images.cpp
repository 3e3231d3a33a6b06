#include "data/folder/corrupt_images.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"

namespace bitloom::data {
namespace {

constexpr std::size_t kNamed = 5;  // of the images that were skipped

/// @throws InputError with the first reason, if there is one, and the number of the others
void require_none(const std::vector<std::string>& reasons) {
  const auto is_reason = [](const std::string& reason) { return !reason.empty(); };
  const auto count = std::ranges::count_if(reasons, is_reason);
  if (count == 0) return;
  const std::string& first = *std::ranges::find_if(reasons, is_reason);
  throw InputError("", count == 1 ? first : fmt::format("{} (and {} more images like it)", first, count - 1));
}

}  // namespace

std::vector<std::string> find_corrupt(const Listing& listing, const std::function<void(std::size_t, const std::string&)>& body) {
  std::vector<std::string> reasons(listing.images.size()), unreadable(listing.images.size());
  parallel_for(static_cast<std::int64_t>(reasons.size()), [&](std::int64_t index) {
    const auto i = static_cast<std::size_t>(index);
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
  require_none(unreadable);
  return reasons;
}

CorruptImages::CorruptImages(std::filesystem::path root, const Listing& listing, bool skips)
    : root_(std::move(root)), total_(listing.images.size()), skips_(skips) {
  for (const ListedImage& image : listing.images) ++class_folders_[image.path.parent_path()];
}

std::vector<std::int64_t> CorruptImages::take_out(Listing& listing, const std::vector<std::string>& reasons) {
  if (!skips_) require_none(reasons);
  std::vector<std::int64_t> stay;
  std::vector<ListedImage> images;
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    if (reasons[i].empty()) {
      stay.push_back(static_cast<std::int64_t>(i));
      images.push_back(std::move(listing.images[i]));
    } else {
      skipped_.push_back(reasons[i]);
    }
  }
  listing.images = std::move(images);
  require_enough(listing);
  return stay;
}

void CorruptImages::require_enough(const Listing& left) const {
  if (skipped_.empty()) return;
  if (2 * skipped_.size() > total_)
    throw InputError(root_.string(), fmt::format("{} of {} images are corrupt, more than may be skipped; the first: {}", skipped_.size(), total_, skipped_.front()));
  std::map<std::filesystem::path, std::size_t> folders = class_folders_;
  for (const ListedImage& image : left.images) folders.erase(image.path.parent_path());
  if (!folders.empty())
    throw InputError(folders.begin()->first.string(), fmt::format("all of its images ({}) are corrupt", folders.begin()->second),
                     "replace them, or remove the folder");
}

std::vector<std::string> CorruptImages::notes() const {
  std::vector<std::string> notes;
  if (skipped_.empty()) return notes;
  notes.push_back(fmt::format("skipped {} of {} images, which are corrupt", skipped_.size(), total_));
  for (std::size_t i = 0; i < std::min(kNamed, skipped_.size()); ++i) notes.push_back("skipped " + skipped_[i]);
  if (skipped_.size() > kNamed) notes.push_back(fmt::format("skipped {} more", skipped_.size() - kNamed));
  return notes;
}

}  // namespace bitloom::data
