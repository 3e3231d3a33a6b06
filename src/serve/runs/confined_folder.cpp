#include "serve/runs/confined_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "base/error.h"

namespace bitloom::serve {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

bool same_time(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

/// openat of one name, which is never a link; sets errno.
int open_one(int parent, std::string_view name, int flags) {
  if (!is_plain_name(name)) {
    errno = ENOENT;
    return -1;
  }
  return openat(parent, std::string(name).c_str(), flags | O_NOFOLLOW | O_CLOEXEC);
}

std::string reason(int error) {
  if (error == ENOENT || error == ENOTDIR) return "missing";
  if (error == ELOOP) return "a link, which is not followed";
  if (error == EISDIR) return "not a file";
  return std::strerror(error);
}

/// O_DIRECTORY|O_NOFOLLOW reports a link to a folder as ENOTDIR; this tells it from a file in the folder's place.
int folder_error(int parent, std::string_view name, int error) {
  struct stat status {};
  const bool is_link = error == ENOTDIR && is_plain_name(name) &&
                       fstatat(parent, std::string(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
  return is_link ? ELOOP : error;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (number_ >= 0) close(number_);
    number_ = other.release();
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

int Descriptor::release() { return std::exchange(number_, -1); }

std::string read_all(const OpenFile& file, std::size_t most) {
  std::string bytes;
  std::array<char, 1 << 16> buffer;
  for (;;) {
    const ssize_t count = pread(file.descriptor.get(), buffer.data(), buffer.size(), static_cast<off_t>(bytes.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw CheckError("", std::string("cannot be read: ") + std::strerror(errno));
    if (count == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
    if (bytes.size() > most) throw CheckError("", "is larger than " + std::to_string(most >> 20) + " MB and is not read");
  }
}

FileIdentity::FileIdentity(const struct stat& status)
    : device(status.st_dev), inode(status.st_ino), size(status.st_size), modified(status.st_mtim), changed(status.st_ctim) {}

bool FileIdentity::operator==(const FileIdentity& other) const {
  return device == other.device && inode == other.inode && size == other.size && same_time(modified, other.modified) &&
         same_time(changed, other.changed);
}

double modified_at(const struct stat& status) {
  return static_cast<double>(status.st_mtim.tv_sec) + 1e-9 * static_cast<double>(status.st_mtim.tv_nsec);
}

std::string OpenFile::refusal() const { return reason(error); }

// Where the system lacks something, such as descriptors, nothing is known.
bool OpenFile::exists() const { return *this || error == ELOOP || error == EISDIR || error == EACCES; }

std::string ConfinedFolder::refusal() const { return reason(error_); }

ConfinedFolder ConfinedFolder::open(const std::filesystem::path& path) {
  ConfinedFolder folder;
  folder.descriptor_ = Descriptor(::open(path.c_str(), kFolderFlags));
  if (!folder) folder.error_ = errno;
  return folder;
}

ConfinedFolder ConfinedFolder::folder(std::string_view path) const {
  ConfinedFolder at;
  at.descriptor_ = Descriptor(fcntl(descriptor_.get(), F_DUPFD_CLOEXEC, 0));
  if (!at) at.error_ = errno;
  if (path == ".") return at;
  while (at && !path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    Descriptor next(open_one(at.descriptor_.get(), name, O_RDONLY | O_DIRECTORY));
    if (next.get() < 0) at.error_ = folder_error(at.descriptor_.get(), name, errno);
    at.descriptor_ = std::move(next);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return at;
}

OpenFile ConfinedFolder::file(std::string_view path) const {
  OpenFile file;
  const std::size_t slash = path.rfind('/');
  const ConfinedFolder parent = folder(slash == std::string_view::npos ? "." : path.substr(0, slash));
  file.error = parent.error_;
  if (!parent) return file;
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  Descriptor descriptor(open_one(parent.descriptor_.get(), name, O_RDONLY | O_NONBLOCK));
  if (descriptor.get() < 0 || fstat(descriptor.get(), &file.status) != 0)
    file.error = errno;
  else if (!S_ISREG(file.status.st_mode))
    file.error = EISDIR;
  else
    file.descriptor = std::move(descriptor);
  return file;
}

std::vector<std::string> ConfinedFolder::folders(std::size_t most) const {
  std::vector<std::string> names;
  const int copy = openat(descriptor_.get(), ".", kFolderFlags);  // a position of its own in the listing
  if (copy < 0) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(fdopendir(copy), closedir);
  if (!listing) {
    close(copy);
    return names;
  }
  while (const dirent* entry = readdir(listing.get())) {
    if (entry->d_name[0] == '.' || names.size() >= most) continue;
    struct stat status {};
    const bool known = entry->d_type != DT_UNKNOWN;
    if (!known && fstatat(descriptor_.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (known ? entry->d_type == DT_DIR : S_ISDIR(status.st_mode)) names.emplace_back(entry->d_name);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace bitloom::serve
