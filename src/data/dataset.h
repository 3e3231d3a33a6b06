#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace bitloom::data {

struct ImageShape {
  int channels = 1, height = 0, width = 0;
  std::int64_t bytes() const { return std::int64_t{channels} * height * width; }
  bool operator==(const ImageShape&) const = default;
};

/// Labelled images of one shape. Reading is const and safe from several threads.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual std::int64_t size() const = 0;
  virtual ImageShape shape() const = 0;
  virtual int label(std::int64_t index) const = 0;
  /// Writes image `index` as channel planes (CHW), 0..255, to `pixels` (shape().bytes() of them).
  virtual void read(std::int64_t index, std::span<std::uint8_t> pixels) const = 0;
  /// Image `index` where it lies, as long as this set lives; empty where it has to be read.
  virtual std::span<const std::uint8_t> pixels(std::int64_t /*index*/) const { return {}; }
  virtual const std::vector<std::string>& class_names() const = 0;
  /// Two sets of one identity hold the same images. "" where what they are made from is not known without reading them.
  virtual std::string identity() const { return {}; }
};

/// Where a process may keep decoded images, so that they need not be decoded at each read (data/cache).
///
/// Against `bytes` counts every decoded image that the data layer keeps in the process's own memory: those of mnist, fashion-mnist and the
/// cifar sets, which are read whole, and of folders and generated sets as far as they fit. Not counted are the pages of mapped cache files,
/// which the system takes back when memory is short, the image that each thread is just decoding, and labels and names of files.
struct CacheBudget {
  std::int64_t bytes = 0;               ///< that are left
  std::filesystem::path folder = {};    ///< for mapped files of decoded images; empty: none are made
};

/// Three parts that share no sample. Validation is cut from the training part where a set has none of its own.
struct Splits {
  std::shared_ptr<const Dataset> train, validation, test;
  std::vector<std::string> notes = {};  ///< what was left out or looks wrong, a line each, for the user to see
  CacheBudget cache = {};               ///< what opening the set has left of it
};

struct OpenOptions {
  std::filesystem::path data_dir = {};  ///< where downloaded sets live; empty: BITLOOM_DATA
  std::uint64_t seed = 1;               ///< of the validation split of sets without one
  double validation_share = 0.1;        ///< of the training part
  int height = 0, width = 0;            ///< dir: sets are resized to this; 0: all images must have one size
  bool skip_corrupt = false;            ///< folders: images that cannot be decoded are left out with notes; false: they are an error
  std::int64_t cache_mb = 0;            ///< megabytes (10^6) of CacheBudget; 0: a quarter of the machine's memory
  std::filesystem::path cache_dir = {}; ///< its folder; empty: BITLOOM_CACHE, else none
};

/// Opens a set by name: digits, landcover (generated anew at each read; `keep_images` in cache/image_store.h keeps them), mnist,
/// fashion-mnist (IDX, plain or .gz, below data_dir), cifar10, cifar100 (their binary version), eurosat (class folders), dir:PATH (one
/// folder a class, or train/ [validation/] test/ folders of such). `bitloom data get` downloads those below data_dir.
/// @throws InputError naming the file (and byte or image) that is wrong, or the nearest set when the name is unknown.
Splits open_dataset(const std::string& name, const OpenOptions& options = {});

struct DatasetInfo {
  std::string name, description, origin;  ///< origin: "generated" or where it lies below data_dir
};
std::vector<DatasetInfo> known_datasets();

}  // namespace bitloom::data
