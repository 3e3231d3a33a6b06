#include "get/get_set.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "get/manifest.h"
#include "get/sha256.h"
#include "get/unpack.h"

namespace bitloom::get {
namespace fs = std::filesystem;
namespace {

std::string checked_address(const data::RemoteSet& set, const GetOptions& options) {
  std::string address = options.from.empty() ? set.address : options.from;
  if (!address.starts_with("https://") && !address.starts_with("http://"))
    throw InputError("--from " + address, "is no http or https address", "write for example --from https://HOST/FOLDER/");
  return address.ends_with('/') ? address : address + "/";
}

void require_space(const fs::path& folder, std::int64_t bytes) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error || space.available >= static_cast<std::uintmax_t>(bytes)) return;
  throw InputError(
      folder.string(),
      fmt::format("{} more are needed, and {} are free", human_bytes(bytes), human_bytes(static_cast<std::int64_t>(space.available))),
      "free some space or choose another --data-dir");
}

/// The data reach the disk before the folder's name does, without a wait for each of its files.
void sync_file_system(const fs::path& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  syncfs(descriptor);
  close(descriptor);
}

class Getter {
 public:
  Getter(const data::RemoteSet& set, const GetOptions& options)
      : set_(set), options_(options), address_(checked_address(set, options)), folder_(options.data_dir / set.name) {}

  GetResult run() {
    make_directories(folder_);
    try {
      const FolderLock lock(folder_, "another `bitloom data get` is at work in this folder", "wait for it");
      for (const data::RemoteFile& file : set_.files) {
        if (file.unpacks_to.empty())
          get_file(file);
        else
          get_archive(file);
      }
    } catch (...) {
      std::error_code ignored;
      fs::remove(folder_, ignored);  // where nothing has arrived in it
      throw;
    }
    return {folder_, downloaded_};
  }

 private:
  bool stands(const data::RemoteFile& file) const {
    std::error_code error;
    return fs::exists(folder_ / file.name, error);
  }

  /// @throws InputError unless the file that stands there is the published one
  void require_published(const data::RemoteFile& file) const {
    const fs::path path = folder_ / file.name;
    const std::string sum = sha256_of_file(path, options_.transfer.should_stop);
    if (sum == file.sha256) return;
    throw InputError(path.string(), fmt::format("is not the published file: its SHA-256 is {}, not {}", sum, file.sha256),
                     "remove it, or choose another --data-dir");
  }

  /// open_dataset takes NAME before NAME.gz.
  void require_not_hidden(const data::RemoteFile& file) const {
    const fs::path path = folder_ / file.name, plain = folder_ / path.stem();
    std::error_code error;
    if (path.extension() == ".gz" && fs::exists(plain, error))
      throw InputError(plain.string(), "would be read instead of " + file.name + ", and nothing tells whether it is right",
                       "remove it, or choose another --data-dir");
  }

  void get_file(const data::RemoteFile& file) {
    if (file.unpacks_to.empty()) require_not_hidden(file);
    if (stands(file)) return require_published(file);
    const fs::path target = folder_ / file.name;
    remove_leftovers(target.string() + ".part.origin");
    PartFile part(target);
    require_space(folder_, file.bytes - std::min(file.bytes, part.size()));
    const bool goes_on = part.size() > 0;
    std::string sum = fetch(file, part);
    if (sum != file.sha256 && goes_on) {  // what an earlier call left may be why
      part.start("", "");
      sum = fetch(file, part);
    }
    if (sum != file.sha256) fail_checksum(file, part, sum);
    part.become_target();
    ++downloaded_;
  }

  /// Downloads what is missing, and gives the checksum of all.
  std::string fetch(const data::RemoteFile& file, PartFile& part) const {
    Progress progress(set_.name + "/" + file.name, file.bytes, Progress::Unit::kBytes);
    progress.set_done(part.size());
    download(address_ + file.name, file.bytes, part, options_.transfer, progress);
    return sha256_of_file(part.path(), options_.transfer.should_stop);
  }

  [[noreturn]] void fail_checksum(const data::RemoteFile& file, PartFile& part, const std::string& sum) const {
    part.remove();
    throw InputError(address_ + file.name, fmt::format("what came is not the published file: its SHA-256 is {}, not {}", sum, file.sha256),
                     "it was removed; try again later, or give another address with --from");
  }

  void get_archive(const data::RemoteFile& file) {
    const fs::path target = folder_ / file.unpacks_to;
    remove_leftovers(target);
    const Unpacked state = check_unpacked(target, file.sha256, options_.transfer.should_stop);
    if (state == Unpacked::kWhole) return remove_archive(file);
    if (state == Unpacked::kForeign)
      throw InputError(target.string(), "is there, but not from `bitloom data get`, so nothing tells whether its files are right",
                       "remove it, or choose another --data-dir");
    get_file(file);
    StagedDirectory staged(target);
    write_manifest(staged.path(), file.sha256, unpack(folder_ / file.name, file.unpacks_to, staged.path(), options_.transfer.should_stop));
    sync_file_system(staged.path());
    staged.commit();
    remove_archive(file);
  }

  void remove_archive(const data::RemoteFile& file) const {
    std::error_code ignored;
    fs::remove(folder_ / file.name, ignored);
  }

  const data::RemoteSet& set_;
  const GetOptions& options_;
  std::string address_;
  fs::path folder_;
  std::int64_t downloaded_ = 0;
};

}  // namespace

GetResult get_set(const data::RemoteSet& set, const GetOptions& options) { return Getter(set, options).run(); }

}  // namespace bitloom::get
