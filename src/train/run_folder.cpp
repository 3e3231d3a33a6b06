#include "train/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <system_error>

#include "base/error.h"
#include "base/file.h"

namespace bitloom::train {
namespace fs = std::filesystem;
namespace {

/// write_file's temporary files are named "TARGET.tmp.PROCESS".
void remove_leftovers(const fs::path& target) {
  const std::string prefix = target.filename().string() + ".tmp.";
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(target.parent_path(), ignored))
    if (entry.path().filename().string().starts_with(prefix)) fs::remove(entry.path(), ignored);
}

}  // namespace

RunFolder::RunFolder(fs::path root) : root_(std::move(root)) {
  make_directories(root_ / "train");
  make_directories(root_ / "models");
  // The lock is the system's, on the folder itself: it goes away with the process however that ends.
  lock_ = open((root_ / "train").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ >= 0 && flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    close(lock_);
    throw InputError(root_.string(), "another training is at work in this folder", "wait for it, or choose another --out");
  }
  for (const fs::path& target : {checkpoint(), metrics(), model()}) remove_leftovers(target);
}

RunFolder::~RunFolder() {
  if (lock_ >= 0) close(lock_);
}

}  // namespace bitloom::train
