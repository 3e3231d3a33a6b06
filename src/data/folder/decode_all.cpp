#include "data/folder/decode_all.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "data/cache/image_store.h"
#include "data/checksum.h"
#include "data/image/image.h"

namespace bitloom::data {
namespace fs = std::filesystem;
namespace {

constexpr int kDecoderVersion = 1;  // raise it when the same file decodes or resizes to other pixels

Image decode(const std::string& bytes, const fs::path& path, ImageShape shape) {
  Image image = decode_image(bytes, path.string());
  if (image.shape.channels > shape.channels) throw InputError(path.string(), "changed while it was in use", "run again");
  return resize(with_channels(std::move(image), shape.channels), shape.height, shape.width);
}

/// Images that stay on disk.
class DiskDataset final : public Dataset {
 public:
  DiskDataset(Listing listing, ImageShape shape) : listing_(std::move(listing)), shape_(shape) {}
  std::int64_t size() const override { return static_cast<std::int64_t>(listing_.images.size()); }
  ImageShape shape() const override { return shape_; }
  int label(std::int64_t index) const override { return listing_.images[static_cast<std::size_t>(index)].label; }
  void read(std::int64_t index, std::span<std::uint8_t> out) const override {
    const fs::path& path = listing_.images[static_cast<std::size_t>(index)].path;
    std::ranges::copy(decode(read_file(path), path, shape_).pixels, out.begin());
  }
  const std::vector<std::string>& class_names() const override { return listing_.class_names; }

 private:
  Listing listing_;
  ImageShape shape_;
};

std::vector<int> labels_of(const Listing& listing) {
  std::vector<int> labels;
  for (const ListedImage& image : listing.images) labels.push_back(image.label);
  return labels;
}

/// None where a file's size or time cannot be told.
std::optional<CacheKey> key_of(const fs::path& root, const Listing& listing, const OpenOptions& options) {
  std::error_code error;
  const std::string set = fmt::format("{}\n{}x{}\n", fs::weakly_canonical(root, error).string(), options.height, options.width);
  std::string files = fmt::format("decoder {}\n", kDecoderVersion);
  for (const ListedImage& image : listing.images) {
    const auto time = fs::last_write_time(image.path, error).time_since_epoch().count();
    if (error) return {};
    const std::uintmax_t size = fs::file_size(image.path, error);
    if (error) return {};
    files += fmt::format("{}\n{} {}\n", image.path.lexically_relative(root).string(), size, time);
  }
  return CacheKey{fmt::format("{:016x}", hash_text(set)), hash_text(files)};
}

// Reasons travel in a cache file's text, "INDEX REASON" a line: a message is one line.
std::string to_text(const Reasons& reasons) {
  std::string text;
  for (std::size_t i = 0; i < reasons.size(); ++i)
    if (!reasons[i].empty()) text += fmt::format("{} {}\n", i, reasons[i]);
  return text;
}

Reasons from_text(const std::string& text, std::size_t images) {
  Reasons reasons(images);
  std::istringstream lines(text);
  std::size_t index = 0;
  for (std::string reason; lines >> index && lines.get() == ' ' && std::getline(lines, reason);)
    if (index < images) reasons[index] = reason;
  return reasons;
}

/// The one shape of all images that have one, from their headers.
ImageShape common_shape(const Listing& listing, const OpenOptions& options, Reasons& reasons) {
  std::vector<ImageShape> shapes(listing.images.size());
  find_corrupt(
      listing, [&](std::size_t i, const std::string& bytes) { shapes[i] = probe_image(bytes, listing.images[i].path.string()); }, reasons);
  if (!options.skip_corrupt) require_none_corrupt(reasons);
  const auto first = static_cast<std::size_t>(std::ranges::find(reasons, std::string()) - reasons.begin());
  if (first == reasons.size()) return {1, 1, 1};  // which nobody sees: take_out_corrupt refuses the set
  ImageShape common = shapes[first];
  for (std::size_t i = first; i < shapes.size(); ++i) {
    if (!reasons[i].empty()) continue;
    common.channels = std::max(common.channels, shapes[i].channels);
    if (options.height == 0 && (shapes[i].height != common.height || shapes[i].width != common.width))
      throw InputError(listing.images[i].path.string(), fmt::format("is {}x{}, but {} is {}x{}", shapes[i].height, shapes[i].width,
                                                                    listing.images[first].path.string(), common.height, common.width),
                       "set a height and width that all images are resized to (data.height and data.width, or --height and --width)");
  }
  if (options.height != 0) common = {common.channels, options.height, options.width};
  return common;
}

}  // namespace

DecodedImages decode_all(const fs::path& root, const Listing& listing, const OpenOptions& options, CacheBudget& budget) {
  const std::optional<CacheKey> key = budget.folder.empty() ? std::nullopt : key_of(root, listing, options);
  if (key)
    if (auto file = CacheFile::open(budget.folder, *key); file && file->size() == static_cast<std::int64_t>(listing.images.size())) {
      Reasons reasons = from_text(file->text(), listing.images.size());
      return {mapped_dataset(std::move(file), labels_of(listing), listing.class_names), std::move(reasons)};
    }

  Reasons reasons(listing.images.size());
  const ImageShape shape = common_shape(listing, options, reasons);
  ImageStore store(shape, static_cast<std::int64_t>(listing.images.size()), budget, key);
  Progress progress("decode images", static_cast<std::int64_t>(listing.images.size()));
  find_corrupt(
      listing,
      [&](std::size_t i, const std::string& bytes) {
        progress.advance();
        store.put(static_cast<std::int64_t>(i), decode(bytes, listing.images[i].path, shape).pixels);
      },
      reasons);
  if (!options.skip_corrupt) require_none_corrupt(reasons);
  if (!store.keeps()) return {std::make_shared<DiskDataset>(listing, shape), std::move(reasons)};
  auto set = store.finish(labels_of(listing), listing.class_names, to_text(reasons));
  return {std::move(set), std::move(reasons)};
}

}  // namespace bitloom::data
