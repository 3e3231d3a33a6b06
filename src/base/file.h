#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bitloom {

/// A file open for reading.
class InputFile {
 public:
  explicit InputFile(std::filesystem::path path);  ///< @throws InputError naming the file and the system's reason; a folder is none
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  int descriptor() const { return descriptor_; }
  [[noreturn]] void fail_to_read(int error) const;  ///< @throws InputError, as a failed read with this errno does

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Whole file as bytes. @throws InputError naming the file and the system's reason.
std::string read_file(const std::filesystem::path& path);

/// Writes `contents` beside `path`, syncs it, and renames it into place: a reader sees the old file or the new one, never a part,
/// also after `kill -9` or a full disk. @throws InputError naming the file and the system's reason; nothing is left behind.
void write_file(const std::filesystem::path& path, std::string_view contents);

/// A folder that appears whole or not at all. Write below `path()`, then `commit()` moves it to `target`, replacing what an earlier
/// commit put there. Destroyed without a commit, it removes what was written.
class StagedDirectory {
 public:
  /// @throws InputError if the parent cannot be written, or `target` exists and is not a folder that a StagedDirectory made or an
  /// empty one (a user's own folder is never replaced).
  explicit StagedDirectory(std::filesystem::path target);
  StagedDirectory(const StagedDirectory&) = delete;
  StagedDirectory& operator=(const StagedDirectory&) = delete;
  ~StagedDirectory();

  const std::filesystem::path& path() const { return staging_; }
  void commit();

 private:
  std::filesystem::path target_, staging_;
};

/// A lock on a folder, for as long as this object lives. It is the system's, so it goes away with the process however that ends.
class FolderLock {
 public:
  /// @throws InputError naming the folder: it cannot be opened, or is locked; then with `what` and `fix`
  FolderLock(const std::filesystem::path& folder, std::string_view what, std::string_view fix);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  int descriptor_ = -1;
};

/// Removes "TARGET.tmp.PROCESS", which write_file and StagedDirectory leave beside `target` when they are killed. Only under a lock that
/// keeps others from writing it.
void remove_leftovers(const std::filesystem::path& target);

/// Creates `path` and its parents. @throws InputError naming the folder and the system's reason.
void make_directories(const std::filesystem::path& path);

/// @throws InputError naming the file, the system's reason for `error` (an errno) and, where there is one, what to do about it
[[noreturn]] void fail_on_file(const std::filesystem::path& path, const std::string& action, int error);

}  // namespace bitloom
