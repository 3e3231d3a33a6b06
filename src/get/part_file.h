#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace bitloom::get {

/// What has arrived of a download: TARGET.part, and TARGET.part.origin, which says of what it is a part. Both stay when the process ends
/// however it does, so that the next one goes on; an empty part does not.
class PartFile {
 public:
  /// Opens what an earlier process left, or an empty one. @throws InputError if it cannot be written
  explicit PartFile(std::filesystem::path target);
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile();

  const std::filesystem::path& path() const { return path_; }
  std::int64_t size() const { return size_; }
  const std::string& address() const { return address_; }      ///< that its bytes came from; "" when nobody knows
  const std::string& validator() const { return validator_; }  ///< the server's word for this version of the file; "" if it had none

  /// Empties it: what follows is a body from its first byte on.
  void start(const std::string& address, const std::string& validator);
  void append(std::string_view bytes);
  /// Gives it the target's name, once it is on the disk.
  void become_target();
  void remove();

 private:
  std::filesystem::path origin() const { return path_.string() + ".origin"; }

  std::filesystem::path target_, path_;
  std::string address_, validator_;
  std::int64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace bitloom::get
