#include "data/cifar/cifar_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "data/cache/cache_budget.h"
#include "data/memory_dataset.h"
#include "data/split.h"
#include "data/stored_set.h"

namespace bitloom::data {
namespace fs = std::filesystem;
namespace {

constexpr ImageShape kShape{3, 32, 32};
constexpr const char* kAgain = "download or unpack it again";

/// The archive's folder where it is there, else the set's own.
fs::path folder_of(const CifarSet& set, const OpenOptions& options) {
  const fs::path place = folder_of_stored_set(set.name, options), inside = place / set.folder;
  std::error_code error;
  return fs::is_directory(inside, error) ? inside : place;
}

std::string read_file_of(const CifarSet& set, const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error) && !error)
    throw InputError(path.string(), "no such file",
                     fmt::format("download it with `bitloom data get {}`, or pass another --data-dir", set.name));
  return read_file(path);
}

/// The lines that are not empty.
std::vector<std::string> read_class_names(const CifarSet& set, const fs::path& path) {
  std::vector<std::string> names;
  std::istringstream lines(read_file_of(set, path));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  if (static_cast<int>(names.size()) != set.classes)
    throw InputError(path.string(), fmt::format("{} class names, but {} has {} classes", names.size(), set.name, set.classes), kAgain);
  return names;
}

struct Part {
  std::vector<std::uint8_t> pixels;
  std::vector<int> labels;
};

void append_records(const CifarSet& set, const fs::path& path, Part& part) {
  const std::string bytes = read_file_of(set, path);
  const auto labels = static_cast<std::size_t>(set.label_bytes), record = labels + static_cast<std::size_t>(kShape.bytes());
  if (bytes.empty() || bytes.size() % record != 0)
    throw InputError(path.string(), fmt::format("{} bytes are no whole number of records of {}", bytes.size(), record), kAgain);
  for (std::size_t at = 0; at < bytes.size(); at += record) {
    const int label = static_cast<std::uint8_t>(bytes[at + labels - 1]);
    if (label >= set.classes)
      throw InputError(path.string(), fmt::format("label {} in record {}, but {} has the classes 0 to {}", label, at / record, set.name, set.classes - 1),
                       kAgain);
    part.labels.push_back(label);
    const auto pixels = std::string_view(bytes).substr(at + labels, record - labels);
    part.pixels.insert(part.pixels.end(), pixels.begin(), pixels.end());
  }
}

std::shared_ptr<const MemoryDataset> read_part(const CifarSet& set, const fs::path& folder, const std::vector<std::string>& files,
                                               const std::vector<std::string>& class_names, CacheBudget& budget) {
  std::int64_t bytes = 0;
  std::error_code missing;  // which append_records names
  for (const std::string& file : files)
    bytes += static_cast<std::int64_t>(fs::exists(folder / file, missing) ? fs::file_size(folder / file, missing) : 0);
  spend(budget, bytes, set.name);
  Part part;
  for (const std::string& file : files) append_records(set, folder / file, part);
  return std::make_shared<MemoryDataset>(kShape, std::move(part.pixels), std::move(part.labels), class_names);
}

}  // namespace

const std::vector<CifarSet>& cifar_sets() {
  static const std::vector<CifarSet> sets = {
      {"cifar10",
       "cifar-10-batches-bin",
       {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
       "test_batch.bin",
       "batches.meta.txt",
       1,
       10},
      {"cifar100", "cifar-100-binary", {"train.bin"}, "test.bin", "fine_label_names.txt", 2, 100},
  };
  return sets;
}

Splits open_cifar(const CifarSet& set, const OpenOptions& options) {
  const fs::path folder = folder_of(set, options);
  const std::vector<std::string> class_names = read_class_names(set, folder / set.names_file);
  CacheBudget budget = cache_budget(options);
  const auto train = read_part(set, folder, set.train_files, class_names, budget);
  Splits splits = with_validation_cut(train, read_part(set, folder, {set.test_file}, class_names, budget), options, folder.string());
  splits.cache = budget;
  return splits;
}

}  // namespace bitloom::data
