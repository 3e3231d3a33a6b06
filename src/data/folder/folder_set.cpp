#include "data/folder/folder_set.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/random.h"
#include "data/checksum.h"
#include "data/folder/corrupt_images.h"
#include "data/folder/listing.h"
#include "data/image/image.h"
#include "data/memory_dataset.h"
#include "data/split.h"
#include "data/views.h"

namespace bitloom::data {
namespace {

constexpr std::uint64_t kFixedSeed = 0xF01DE5, kOrderStream = 0x05DE5;
constexpr double kTestShare = 0.2;

Image decode(const std::string& bytes, const std::filesystem::path& path, ImageShape shape) {
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
  void read(std::int64_t index, std::span<std::uint8_t> pixels) const override {
    const std::filesystem::path& path = listing_.images[static_cast<std::size_t>(index)].path;
    const Image image = decode(read_file(path), path, shape_);
    std::copy(image.pixels.begin(), image.pixels.end(), pixels.begin());
  }
  const std::vector<std::string>& class_names() const override { return listing_.class_names; }

 private:
  Listing listing_;
  ImageShape shape_;
};

/// The one shape of all images, from their headers. Images whose header is corrupt are taken out.
ImageShape common_shape(Listing& listing, CorruptImages& corrupt, const OpenOptions& options) {
  std::vector<ImageShape> all(listing.images.size()), shapes;
  const auto probe = [&](std::size_t i, const std::string& bytes) { all[i] = probe_image(bytes, listing.images[i].path.string()); };
  for (const std::int64_t i : corrupt.take_out(listing, find_corrupt(listing, probe))) shapes.push_back(all[static_cast<std::size_t>(i)]);
  ImageShape common = shapes.front();
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    common.channels = std::max(common.channels, shapes[i].channels);
    if (options.height == 0 && (shapes[i].height != common.height || shapes[i].width != common.width))
      throw InputError(listing.images[i].path.string(), fmt::format("is {}x{}, but {} is {}x{}", shapes[i].height, shapes[i].width,
                                                                    listing.images[0].path.string(), common.height, common.width),
                       "set a height and width that all images are resized to (data.height and data.width, or --height and --width)");
  }
  if (options.height != 0) common = {common.channels, options.height, options.width};
  return common;
}

bool fits_memory(double bytes) {
  return bytes < 0.25 * static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
}

/// Decodes every image, and keeps them if there is room. Those that are corrupt are taken out.
std::shared_ptr<const Dataset> decode_all(Listing& listing, CorruptImages& corrupt, ImageShape shape) {
  const auto image_bytes = static_cast<std::size_t>(shape.bytes());
  const bool keep = fits_memory(static_cast<double>(image_bytes) * static_cast<double>(listing.images.size()));
  std::vector<std::uint8_t> pixels(keep ? image_bytes * listing.images.size() : 0);
  std::vector<int> labels(listing.images.size());
  Progress progress("decode images", static_cast<std::int64_t>(listing.images.size()));
  const std::vector<std::string> reasons = find_corrupt(listing, [&](std::size_t i, const std::string& bytes) {
    progress.advance();
    const Image image = decode(bytes, listing.images[i].path, shape);
    if (keep) std::copy(image.pixels.begin(), image.pixels.end(), pixels.begin() + static_cast<std::ptrdiff_t>(i * image_bytes));
    labels[i] = listing.images[i].label;
  });
  std::shared_ptr<const Dataset> all;
  if (keep)
    all = std::make_shared<MemoryDataset>(shape, std::move(pixels), std::move(labels), listing.class_names);
  else
    all = std::make_shared<DiskDataset>(listing, shape);
  return subset(std::move(all), corrupt.take_out(listing, reasons));
}

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
  CorruptImages corrupt(root, listing, options.skip_corrupt);
  const ImageShape shape = common_shape(listing, corrupt, options);
  const std::shared_ptr<const Dataset> all = decode_all(listing, corrupt, shape);
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
  std::ranges::copy(corrupt.notes(), std::back_inserter(splits.notes));
  if (listing.has_test) note_repeats(*all, listing, splits.notes);
  return splits;
}

}  // namespace bitloom::data
