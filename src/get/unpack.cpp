#include "get/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/text.h"
#include "get/sha256.h"

namespace bitloom::get {
namespace fs = std::filesystem;
namespace {

constexpr const char* kAgain = "remove it and download it again";

/// A file that is being unpacked.
class NewFile {
 public:
  explicit NewFile(fs::path path)
      : path_(std::move(path)), descriptor_(open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) fail_on_file(path_, "cannot write", errno);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() { close(descriptor_); }

  void write_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail_on_file(path_, "cannot write", errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

 private:
  fs::path path_;
  int descriptor_;
};

class Unpacker {
 public:
  Unpacker(const fs::path& archive, const std::string& top, const fs::path& folder, const StopCheck& should_stop)
      : path_(archive), top_(top), folder_(folder), should_stop_(should_stop), archive_(archive_read_new(), archive_read_free) {
    if (archive_ == nullptr) throw std::bad_alloc();
    archive_read_support_filter_gzip(archive_.get());
    archive_read_support_format_tar(archive_.get());
    archive_read_support_format_zip(archive_.get());
    if (archive_read_open_filename(archive_.get(), path_.c_str(), 1 << 18) != ARCHIVE_OK) fail_damaged();
  }

  std::vector<UnpackedFile> run() {
    Progress progress("unpack " + path_.filename().string(), static_cast<std::int64_t>(fs::file_size(path_)), Progress::Unit::kBytes);
    for (archive_entry* entry = nullptr; next(entry);) {
      throw_if_stopped(should_stop_);
      take(entry);
      progress.set_done(archive_filter_bytes(archive_.get(), -1));
    }
    if (files_.empty()) throw InputError(path_.string(), "holds nothing in a folder '" + top_ + "'", kAgain);
    return std::move(files_);
  }

 private:
  bool next(archive_entry*& entry) {
    const int result = archive_read_next_header(archive_.get(), &entry);
    if (result == ARCHIVE_EOF) return false;
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) fail_damaged();
    return true;
  }

  void take(archive_entry* entry) {
    const char* name = archive_entry_pathname_utf8(entry);
    if (name == nullptr) name = archive_entry_pathname(entry);
    if (name == nullptr) refuse("?", "has no name that can be read");
    const std::optional<fs::path> place = place_of(name);
    const mode_t type = archive_entry_filetype(entry);
    if (archive_entry_hardlink(entry) != nullptr || archive_entry_symlink(entry) != nullptr || (type != AE_IFREG && type != AE_IFDIR))
      refuse(name, "is a link or a device, not a file");
    if (!place || place->empty()) return;
    const fs::path target = folder_ / *place;
    make_directories(type == AE_IFDIR ? target : target.parent_path());
    if (type == AE_IFREG) write_entry(name, *place);
  }

  /// Where an entry goes below folder_: nowhere when it lies outside top_; empty for top_ itself.
  std::optional<fs::path> place_of(const std::string& name) const {
    if (std::ranges::any_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
      refuse(name, "has a control character in its name");
    if (name.starts_with('/')) refuse(name, "has an absolute name");
    fs::path place;
    bool is_first = true, is_inside = false;
    for (const fs::path& part : fs::path(name)) {
      if (part == "..") refuse(name, "leaves the folder it is unpacked to");
      if (part.empty() || part == ".") continue;
      if (is_first)
        is_inside = part == top_;
      else
        place /= part;
      is_first = false;
    }
    return is_inside ? std::optional(place) : std::nullopt;
  }

  void write_entry(const std::string& name, const fs::path& place) {
    if (!names_.insert(place.string()).second) refuse(name, "comes twice");
    NewFile file(folder_ / place);
    Sha256 sum;
    for (;;) {
      const la_ssize_t count = archive_read_data(archive_.get(), buffer_.data(), buffer_.size());
      if (count < 0) fail_damaged();
      if (count == 0) break;
      const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(count));
      file.write_all(bytes);
      sum.add(bytes);
      throw_if_stopped(should_stop_);
    }
    files_.push_back({place.string(), sum.finish()});
  }

  [[noreturn]] void refuse(const std::string& name, const std::string& why) const {
    throw InputError(path_.string(), "its entry '" + printable(name) + "' " + why,
                     "nothing was unpacked; take the archive from another place");
  }
  [[noreturn]] void fail_damaged() const {
    const char* reason = archive_error_string(archive_.get());
    throw InputError(path_.string(), "damaged archive: " + printable(reason == nullptr ? "it cannot be read" : reason), kAgain);
  }

  const fs::path& path_;
  const std::string& top_;
  const fs::path& folder_;
  const StopCheck& should_stop_;
  std::unique_ptr<archive, int (*)(archive*)> archive_;
  std::vector<char> buffer_ = std::vector<char>(1 << 16);
  std::set<std::string> names_;
  std::vector<UnpackedFile> files_;
};

}  // namespace

std::vector<UnpackedFile> unpack(const fs::path& archive, const std::string& top, const fs::path& folder, const StopCheck& should_stop) {
  return Unpacker(archive, top, folder, should_stop).run();
}

}  // namespace bitloom::get
