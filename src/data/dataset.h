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
  virtual const std::vector<std::string>& class_names() const = 0;
};

/// Three parts that share no sample. Validation is cut from the training part where a set has none of its own.
struct Splits {
  std::shared_ptr<const Dataset> train, validation, test;
  std::vector<std::string> notes = {};  ///< what was left out or looks wrong, a line each, for the user to see
};

struct OpenOptions {
  std::filesystem::path data_dir = {};  ///< where downloaded sets live; empty: BITLOOM_DATA
  std::uint64_t seed = 1;               ///< of the validation split of sets without one
  double validation_share = 0.1;        ///< of the training part
  int height = 0, width = 0;            ///< dir: sets are resized to this; 0: all images must have one size
  bool skip_corrupt = false;            ///< folders: images that cannot be decoded are left out with notes; false: they are an error
};

/// Opens a set by name: digits, landcover (generated anew at each read; `in_memory` in views.h keeps them), mnist, fashion-mnist (IDX,
/// plain or .gz, below data_dir), cifar10, cifar100 (their binary version), eurosat (class folders), dir:PATH (one folder a class, or train/
/// [validation/] test/ folders of such). `bitloom data get` downloads those below data_dir.
/// @throws InputError naming the file (and byte or image) that is wrong, or the nearest set when the name is unknown.
Splits open_dataset(const std::string& name, const OpenOptions& options = {});

struct DatasetInfo {
  std::string name, description, origin;  ///< origin: "generated" or where it lies below data_dir
};
std::vector<DatasetInfo> known_datasets();

}  // namespace bitloom::data
