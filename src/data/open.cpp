#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "data/cache/cache_budget.h"
#include "data/cifar/cifar_set.h"
#include "data/dataset.h"
#include "data/folder/folder_set.h"
#include "data/folder/stored_folder_set.h"
#include "data/generated/generated_set.h"
#include "data/idx/idx_set.h"

namespace bitloom::data {
namespace {

constexpr std::string_view kFolderPrefix = "dir:";

/// Only folders are resized: the other sets are what they are, and a figure for "mnist" should mean one thing.
void refuse_resizing(const std::string& name, const Splits& splits, const OpenOptions& options) {
  const ImageShape shape = splits.train->shape();
  if ((options.height == 0 || options.height == shape.height) && (options.width == 0 || options.width == shape.width)) return;
  throw InputError(name,
                   fmt::format("images are {}x{} and are not resized to {}x{}", shape.height, shape.width, options.height, options.width),
                   "leave height and width out; only dir: sets are resized");
}

Splits open_fixed_size(const std::string& name, const OpenOptions& options) {
  for (const GeneratedSet* set : {&digits_set(), &landcover_set()})
    if (set->name == name) {
      Splits splits = open_generated(*set);
      splits.cache = cache_budget(options);
      return splits;
    }
  for (const IdxSet& set : idx_sets())
    if (set.name == name) return open_idx(set, options);
  for (const CifarSet& set : cifar_sets())
    if (set.name == name) return open_cifar(set, options);
  for (const StoredFolderSet& set : stored_folder_sets())
    if (set.name == name) return open_stored_folder(set, options);
  std::vector<std::string> names;
  for (const DatasetInfo& info : known_datasets()) names.push_back(info.name);
  throw InputError("", "no data set '" + printable(name) + "'", suggest(name, names));
}

}  // namespace

Splits open_dataset(const std::string& name, const OpenOptions& options) {
  if (name.starts_with(kFolderPrefix)) return open_folder(name.substr(kFolderPrefix.size()), options);
  Splits splits = open_fixed_size(name, options);
  refuse_resizing(name, splits, options);
  return splits;
}

std::vector<DatasetInfo> known_datasets() {
  std::vector<DatasetInfo> all = {
      {"digits", "pen-drawn digits, 28x28 grey, 10 classes, 20,000/2,000/5,000 images", "generated"},
      {"landcover", "land from above, 64x64 RGB, 10 classes, 8,000/1,000/2,000 images", "generated"},
  };
  for (const IdxSet& set : idx_sets())
    all.push_back({set.name, fmt::format("IDX, 28x28 grey, {} classes", set.class_names.size()), set.name + "/"});
  for (const CifarSet& set : cifar_sets())
    all.push_back({set.name, fmt::format("CIFAR's binary version, 32x32 RGB, {} classes", set.classes), set.name + "/"});
  for (const StoredFolderSet& set : stored_folder_sets())
    all.push_back(
        {set.name,
         fmt::format("{}x{} RGB, {} classes, {} images in class folders", set.shape.height, set.shape.width, set.classes, set.images),
         set.name + "/"});
  all.push_back({"dir:PATH", "jpg and png images, one folder a class, or train/, [validation/,] test/ of such", "PATH"});
  return all;
}

}  // namespace bitloom::data
