#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace bitloom {
namespace fs = std::filesystem;
namespace {

constexpr const char* kMarker = ".bitloom";  // says: this folder was made by StagedDirectory and may be replaced by one

/// Owns a file descriptor and the temporary file behind it until `release_file`.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target) : target_(target), path_(target.string() + ".tmp." + std::to_string(getpid())) {
    descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor_ < 0) fail_on_file(target_, "cannot write", errno);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (descriptor_ >= 0) close(descriptor_);
    if (!path_.empty()) unlink(path_.c_str());
  }

  void write_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail_on_file(target_, "cannot write", errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void rename_to_target() {
    if (fsync(descriptor_) != 0 && errno != EINVAL) fail_on_file(target_, "cannot write", errno);
    if (close(std::exchange(descriptor_, -1)) != 0) fail_on_file(target_, "cannot write", errno);
    if (rename(path_.c_str(), target_.c_str()) != 0) fail_on_file(target_, "cannot write", errno);
    path_.clear();
  }

 private:
  fs::path target_;
  std::string path_;
  int descriptor_ = -1;
};

/// A folder may be put at `target` if there is none, an empty one, or one that a StagedDirectory made.
void check_replaceable(const fs::path& target) {
  std::error_code error;
  const fs::file_status status = fs::status(target, error);
  if (status.type() == fs::file_type::not_found) return;
  if (error) fail_on_file(target, "cannot open", error.value());
  if (!fs::is_directory(status)) throw InputError(target.string(), "exists and is not a folder", "choose another --out");
  const bool ours = fs::exists(target / kMarker, error) || fs::is_empty(target, error);
  if (error) fail_on_file(target, "cannot open", error.value());
  if (!ours) throw InputError(target.string(), "exists and was not made by bitloom", "choose another --out or remove it");
}

}  // namespace

void fail_on_file(const fs::path& path, const std::string& action, int error) {
  const bool full = error == ENOSPC || error == EDQUOT, refused = error == EROFS || error == EACCES || error == EPERM;
  const char* fix = full ? "free some space or choose another folder" : refused ? "check the permissions of it and its folder" : "";
  throw InputError(path.string(), action + ": " + std::strerror(error), fix);
}

InputFile::InputFile(fs::path path) : path_(std::move(path)), descriptor_(open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) fail_to_read(errno);
  struct stat status;
  if (fstat(descriptor_, &status) == 0 && S_ISDIR(status.st_mode)) {
    close(descriptor_);
    fail_to_read(EISDIR);
  }
}

InputFile::~InputFile() { close(descriptor_); }

void InputFile::fail_to_read(int error) const { fail_on_file(path_, "cannot read", error); }

std::string read_file(const fs::path& path) {
  const InputFile file(path);
  // To the end of the file, not to a size asked beforehand: pipes and /proc files have none.
  std::string bytes;
  std::array<char, 1 << 16> buffer;
  for (;;) {
    const ssize_t count = read(file.descriptor(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) file.fail_to_read(errno);
    if (count == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

void write_file(const fs::path& path, std::string_view contents) {
  TemporaryFile file(path);
  file.write_all(contents);
  file.rename_to_target();
}

void make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) fail_on_file(path, "cannot create folder", error.value());
}

FolderLock::FolderLock(const fs::path& folder, std::string_view what, std::string_view fix)
    : descriptor_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0) fail_on_file(folder, "cannot open", errno);
  if (flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  close(descriptor_);
  throw InputError(folder.string(), what, fix);
}

FolderLock::~FolderLock() { close(descriptor_); }

void remove_leftovers(const fs::path& target) {
  const std::string prefix = target.filename().string() + ".tmp.";
  std::error_code ignored;
  std::vector<fs::path> left;
  for (const fs::directory_entry& entry : fs::directory_iterator(target.parent_path(), ignored))
    if (entry.path().filename().string().starts_with(prefix)) left.push_back(entry.path());
  for (const fs::path& path : left) fs::remove_all(path, ignored);
}

StagedDirectory::StagedDirectory(fs::path target) : target_(std::move(target)) {
  if (!target_.has_filename()) target_ = target_.parent_path();  // "out/" names the folder "out"
  check_replaceable(target_);
  if (target_.has_parent_path()) make_directories(target_.parent_path());
  staging_ = target_.string() + ".tmp." + std::to_string(getpid());
  fs::remove_all(staging_);
  make_directories(staging_);
  try {
    write_file(staging_ / kMarker, "");
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(staging_, ignored);
    throw;
  }
}

StagedDirectory::~StagedDirectory() {
  std::error_code ignored;
  if (!staging_.empty()) fs::remove_all(staging_, ignored);
}

void StagedDirectory::commit() {
  const fs::path old = target_.string() + ".old." + std::to_string(getpid());
  std::error_code error;
  if (fs::exists(target_)) fs::rename(target_, old, error);
  if (!error) fs::rename(staging_, target_, error);
  if (error) {
    std::error_code ignored;
    if (fs::exists(old)) fs::rename(old, target_, ignored);
    fail_on_file(target_, "cannot write", error.value());
  }
  staging_.clear();
  fs::remove_all(old, error);
}

}  // namespace bitloom
