#include "data/folder/stored_folder_set.h"

#include <fmt/format.h>

#include "base/error.h"
#include "data/folder/folder_set.h"
#include "data/folder/listing.h"
#include "data/stored_set.h"

namespace bitloom::data {
namespace fs = std::filesystem;
namespace {

fs::path find_folder(const StoredFolderSet& set, const OpenOptions& options) {
  const fs::path place = folder_of_stored_set(set.name, options);
  for (const std::string& name : set.folders) {
    std::error_code error;
    if (fs::is_directory(place / name, error)) return place / name;
  }
  throw InputError((place / set.folders.front()).string(), "no such folder",
                   fmt::format("download it with `bitloom data get {}`, or pass another --data-dir", set.name));
}

void require_whole(const StoredFolderSet& set, const fs::path& folder) {
  const Listing listing = list_images(folder);
  if (listing.class_names.size() == set.classes && listing.images.size() == set.images) return;
  throw InputError(
      folder.string(),
      fmt::format("holds {} images of {} classes, {} has {} of {}", listing.images.size(), listing.class_names.size(), set.name, set.images,
                  set.classes),
      fmt::format("remove it and download it with `bitloom data get {}`, or open what is there as dir:{}", set.name, folder.string()));
}

}  // namespace

const std::vector<StoredFolderSet>& stored_folder_sets() {
  static const std::vector<StoredFolderSet> sets = {
      {"eurosat", {"EuroSAT_RGB", "2750"}, {3, 64, 64}, 10, 27000},
  };
  return sets;
}

Splits open_stored_folder(const StoredFolderSet& set, const OpenOptions& options) {
  const fs::path folder = find_folder(set, options);
  require_whole(set, folder);
  OpenOptions as_it_is = options;  // a set that is resized is another set
  as_it_is.height = as_it_is.width = 0;
  Splits splits = open_folder(folder, as_it_is);
  if (const ImageShape shape = splits.train->shape(); shape != set.shape)
    throw InputError(folder.string(),
                     fmt::format("images are {}x{}x{}, those of {} {}x{}x{}", shape.channels, shape.height, shape.width, set.name,
                                 set.shape.channels, set.shape.height, set.shape.width),
                     fmt::format("open it as dir:{}", folder.string()));
  return splits;
}

}  // namespace bitloom::data
