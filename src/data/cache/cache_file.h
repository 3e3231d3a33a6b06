#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace bitloom::data {

/// Which cache file, and what its images were made from.
struct CacheKey {
  std::string name;           ///< one set at one size, whatever its images are: a changed set takes the place of its old file
  std::uint64_t content = 0;  ///< hash of names, sizes and times of the images' files, say
};

/// Decoded images in a file, mapped into memory. The file is a page of header, the images one behind the other, a CRC-32 for each of them
/// and a text, in the byte order of the machine, and never changes: a new one is written beside and renamed, so that processes that have
/// the old one mapped keep it, and two that write at a time do no harm.
class CacheFile {
 public:
  /// Null where there is no file of this name, or it is of another content or another format, or damaged. Reads all of it.
  static std::shared_ptr<const CacheFile> open(const std::filesystem::path& folder, const CacheKey& key);

  CacheFile(const CacheFile&) = delete;
  CacheFile& operator=(const CacheFile&) = delete;
  ~CacheFile();

  std::int64_t size() const { return count_; }
  ImageShape shape() const { return shape_; }
  std::span<const std::uint8_t> pixels(std::int64_t index) const;
  const std::string& text() const { return text_; }  ///< stored with the images

 private:
  friend class CacheFileWriter;
  CacheFile() = default;
  bool map(int descriptor);
  bool has_all_bytes_right() const;

  ImageShape shape_;
  std::int64_t count_ = 0;
  std::uint64_t content_ = 0;
  std::string text_;
  const std::uint8_t* bytes_ = nullptr;  ///< of the whole file
  std::size_t length_ = 0;
};

/// Writes a cache file: images in any order, from several threads.
class CacheFileWriter {
 public:
  /// Takes the room for all images, so that a full disk is found out now. Clears away what killed processes left of this name.
  /// @throws InputError naming the file and the system's reason
  CacheFileWriter(const std::filesystem::path& folder, const CacheKey& key, ImageShape shape, std::int64_t count);
  CacheFileWriter(const CacheFileWriter&) = delete;
  CacheFileWriter& operator=(const CacheFileWriter&) = delete;
  ~CacheFileWriter();  ///< without finish() nothing is left

  void put(std::int64_t index, std::span<const std::uint8_t> pixels);
  /// Images that were not put are black.
  std::shared_ptr<const CacheFile> finish(const std::string& text);

 private:
  void write_at(std::int64_t offset, const void* bytes, std::size_t size);

  std::filesystem::path target_, path_;
  CacheKey key_;
  ImageShape shape_;
  std::int64_t count_;
  std::vector<std::uint32_t> sums_;  ///< CRC-32 of each image
  int descriptor_ = -1;
};

}  // namespace bitloom::data
