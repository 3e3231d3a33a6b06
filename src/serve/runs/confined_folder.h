#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bitloom::serve {

/// Owns a file descriptor; -1 is none.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  int get() const { return number_; }

 private:
  int release();
  int number_;
};

/// A file that was opened for reading, or why it was not.
struct OpenFile {
  Descriptor descriptor;
  struct stat status {};
  int error = 0;  ///< errno; EISDIR for all that is not a regular file

  explicit operator bool() const { return descriptor.get() >= 0; }
  std::string refusal() const;  ///< "missing", "a link, which is not followed", "not a file", "Permission denied"
  bool exists() const;          ///< there is something of this name, be it readable or not
};

/// Bytes of an open file from its start. @throws CheckError when it cannot be read, or is longer than `most` bytes
std::string read_all(const OpenFile& file, std::size_t most);

/// What tells one state of a file from another without reading it.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = -1;
  timespec modified{}, changed{};

  FileIdentity() = default;
  explicit FileIdentity(const struct stat& status);
  bool operator==(const FileIdentity& other) const;
};

/// Seconds since 1970 of a file's last change of contents.
double modified_at(const struct stat& status);

/// A folder below which files are opened by name. No link below it is ever followed and no ".." taken, so that nothing outside it can be
/// reached, whatever is renamed or linked meanwhile: each part of a path is opened from its parent (openat with O_NOFOLLOW).
class ConfinedFolder {
 public:
  /// `path` itself may lead over links: the user named it. Check with `operator bool`.
  static ConfinedFolder open(const std::filesystem::path& path);

  explicit operator bool() const { return descriptor_.get() >= 0; }
  std::string refusal() const;  ///< why it is not open, as OpenFile::refusal

  /// @param path  relative, its parts separated by "/"; "." is this folder
  ConfinedFolder folder(std::string_view path) const;
  OpenFile file(std::string_view path) const;

  /// Names of the folders in this one, without hidden ones and links, in alphabetical order; at most `most`.
  std::vector<std::string> folders(std::size_t most) const;

 private:
  Descriptor descriptor_;
  int error_ = 0;
};

}  // namespace bitloom::serve
