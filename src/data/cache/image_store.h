#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/cache/cache_file.h"
#include "data/dataset.h"

namespace bitloom::data {

/// A set of the images of a cache file. @param labels  file.size() of them
std::shared_ptr<const Dataset> mapped_dataset(std::shared_ptr<const CacheFile> file, std::vector<int> labels,
                                              std::vector<std::string> class_names);

/// Keeps images as they are decoded: in memory where the budget has room for all of them, which it takes, else in a mapped file where it
/// has a folder, else nowhere.
class ImageStore {
 public:
  /// @param key  of the file; none: none is made
  ImageStore(ImageShape shape, std::int64_t count, CacheBudget& budget, const std::optional<CacheKey>& key);

  bool keeps() const { return in_memory_ || file_ != nullptr; }
  /// Image `index`, in any order and from several threads. Nothing where it keeps none.
  void put(std::int64_t index, std::span<const std::uint8_t> pixels);
  /// The set of them, if it keeps them. Images that were not put are black.
  /// @param text  stored in the file with them
  std::shared_ptr<const Dataset> finish(std::vector<int> labels, std::vector<std::string> class_names, const std::string& text = {});

 private:
  ImageShape shape_;
  bool in_memory_;
  std::vector<std::uint8_t> memory_;
  std::unique_ptr<CacheFileWriter> file_;
};

/// `set` for work that reads its images again and again: itself where they lie in memory or in a mapped file, else a copy of it there,
/// where the budget allows one (a file only for a set with an identity), else itself, so that they are decoded or drawn at each read.
std::shared_ptr<const Dataset> keep_images(std::shared_ptr<const Dataset> set, CacheBudget& budget, int threads = 0);

}  // namespace bitloom::data
