#include "data/idx/idx_set.h"

#include <fmt/format.h>

#include "base/error.h"
#include "data/cache/cache_budget.h"
#include "data/idx/idx_file.h"
#include "data/memory_dataset.h"
#include "data/split.h"
#include "data/stored_set.h"

namespace bitloom::data {
namespace fs = std::filesystem;
namespace {

/// The plain file if it is there, else the .gz.
fs::path find_file(const IdxSet& set, const fs::path& folder, const std::string& name) {
  fs::path plain = folder / name, zipped = folder / (name + ".gz");
  std::error_code error;
  if (fs::is_regular_file(plain, error)) return plain;
  if (error && error != std::errc::no_such_file_or_directory) throw InputError(plain.string(), "cannot read: " + error.message());
  if (fs::is_regular_file(zipped, error)) return zipped;
  throw InputError(
      plain.string(), "no such file, nor with .gz behind it",
      fmt::format("download it with `bitloom data get {}`, or pass another --data-dir", set.name));
}

void check_labels(const IdxSet& set, const fs::path& path, const std::vector<std::uint8_t>& labels) {
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] >= set.class_names.size())
      throw InputError(path.string(), fmt::format("label {} at index {}, but {} has the classes 0 to {}", labels[i], i, set.name,
                                                  set.class_names.size() - 1),
                       "download or unpack it again");
}

/// @param part  "train" or "t10k"
std::shared_ptr<const MemoryDataset> read_part(const IdxSet& set, const fs::path& folder, const std::string& part, CacheBudget& budget) {
  const fs::path image_path = find_file(set, folder, part + "-images-idx3-ubyte"),
                 label_path = find_file(set, folder, part + "-labels-idx1-ubyte");
  spend(budget, idx_pixel_bytes(image_path), set.name);
  IdxImages images = read_idx_images(image_path);
  const std::vector<std::uint8_t> labels = read_idx_labels(label_path);
  if (images.count != static_cast<std::int64_t>(labels.size()))
    throw InputError(label_path.string(),
                     fmt::format("{} labels for the {} images of {}", labels.size(), images.count, image_path.string()),
                     "take both files from one source");
  check_labels(set, label_path, labels);
  return std::make_shared<MemoryDataset>(ImageShape{1, images.height, images.width}, std::move(images.pixels),
                                         std::vector<int>(labels.begin(), labels.end()), set.class_names);
}

}  // namespace

const std::vector<IdxSet>& idx_sets() {
  static const std::vector<IdxSet> sets = {
      {"mnist", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
      {"fashion-mnist",
       {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}},
  };
  return sets;
}

Splits open_idx(const IdxSet& set, const OpenOptions& options) {
  const fs::path folder = folder_of_stored_set(set.name, options);
  CacheBudget budget = cache_budget(options);
  const auto train = read_part(set, folder, "train", budget), test = read_part(set, folder, "t10k", budget);
  if (train->shape() != test->shape())
    throw InputError(folder.string(),
                     fmt::format("training images are {}x{}, test images {}x{}", train->shape().height, train->shape().width,
                                 test->shape().height, test->shape().width),
                     "take all four files from one source");
  Splits splits = with_validation_cut(train, test, options, folder.string());
  splits.cache = budget;
  return splits;
}

}  // namespace bitloom::data
