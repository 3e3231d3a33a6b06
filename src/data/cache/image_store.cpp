#include "data/cache/image_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "base/parallel.h"
#include "base/version.h"
#include "data/checksum.h"
#include "data/memory_dataset.h"

namespace bitloom::data {
namespace {

class MappedDataset final : public Dataset {
 public:
  MappedDataset(std::shared_ptr<const CacheFile> file, std::vector<int> labels, std::vector<std::string> class_names)
      : file_(std::move(file)), labels_(std::move(labels)), class_names_(std::move(class_names)) {
    assert(static_cast<std::int64_t>(labels_.size()) == file_->size());
  }
  std::int64_t size() const override { return file_->size(); }
  ImageShape shape() const override { return file_->shape(); }
  int label(std::int64_t index) const override { return labels_[static_cast<std::size_t>(index)]; }
  void read(std::int64_t index, std::span<std::uint8_t> out) const override { std::ranges::copy(pixels(index), out.begin()); }
  std::span<const std::uint8_t> pixels(std::int64_t index) const override { return file_->pixels(index); }
  const std::vector<std::string>& class_names() const override { return class_names_; }

 private:
  std::shared_ptr<const CacheFile> file_;
  std::vector<int> labels_;
  std::vector<std::string> class_names_;
};

std::vector<int> labels_of(const Dataset& set) {
  std::vector<int> labels;
  for (std::int64_t i = 0; i < set.size(); ++i) labels.push_back(set.label(i));
  return labels;
}

/// Of a set that says what it is made from. Another version of bitloom may draw it otherwise.
std::optional<CacheKey> key_of(const Dataset& set) {
  if (set.identity().empty()) return {};
  return CacheKey{fmt::format("{:016x}", hash_text(set.identity())), hash_text(set.identity() + "\n" + version())};
}

}  // namespace

std::shared_ptr<const Dataset> mapped_dataset(std::shared_ptr<const CacheFile> file, std::vector<int> labels,
                                              std::vector<std::string> class_names) {
  return std::make_shared<MappedDataset>(std::move(file), std::move(labels), std::move(class_names));
}

ImageStore::ImageStore(ImageShape shape, std::int64_t count, CacheBudget& budget, const std::optional<CacheKey>& key)
    : shape_(shape), in_memory_(count * shape.bytes() <= budget.bytes) {
  if (in_memory_) {
    budget.bytes -= count * shape.bytes();
    memory_.resize(static_cast<std::size_t>(count * shape.bytes()));
  } else if (!budget.folder.empty() && key) {
    file_ = std::make_unique<CacheFileWriter>(budget.folder, *key, shape, count);
  }
}

void ImageStore::put(std::int64_t index, std::span<const std::uint8_t> pixels) {
  if (in_memory_) std::ranges::copy(pixels, memory_.begin() + index * shape_.bytes());
  if (file_) file_->put(index, pixels);
}

std::shared_ptr<const Dataset> ImageStore::finish(std::vector<int> labels, std::vector<std::string> class_names, const std::string& text) {
  assert(keeps());
  if (file_) return mapped_dataset(file_->finish(text), std::move(labels), std::move(class_names));
  return std::make_shared<MemoryDataset>(shape_, std::move(memory_), std::move(labels), std::move(class_names));
}

std::shared_ptr<const Dataset> keep_images(std::shared_ptr<const Dataset> set, CacheBudget& budget, int threads) {
  if (set->size() == 0 || !set->pixels(0).empty()) return set;
  const std::optional<CacheKey> key = budget.folder.empty() ? std::nullopt : key_of(*set);
  if (key && set->size() * set->shape().bytes() > budget.bytes)
    if (auto file = CacheFile::open(budget.folder, *key); file && file->size() == set->size() && file->shape() == set->shape())
      return mapped_dataset(std::move(file), labels_of(*set), set->class_names());
  ImageStore store(set->shape(), set->size(), budget, key);
  if (!store.keeps()) return set;
  constexpr std::int64_t kRun = 64;  // images a thread takes at a time
  parallel_for(
      (set->size() + kRun - 1) / kRun,
      [&](std::int64_t run) {
        std::vector<std::uint8_t> pixels(static_cast<std::size_t>(set->shape().bytes()));
        for (std::int64_t i = run * kRun; i < std::min(set->size(), (run + 1) * kRun); ++i) {
          set->read(i, pixels);
          store.put(i, pixels);
        }
      },
      threads);
  return store.finish(labels_of(*set), set->class_names());
}

}  // namespace bitloom::data
