#include "get/part_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>
#include <system_error>

#include "base/file.h"

namespace bitloom::get {
namespace fs = std::filesystem;

PartFile::PartFile(fs::path target) : target_(std::move(target)), path_(target_.string() + ".part") {
  descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail_on_file(path_, "cannot write", errno);
  struct stat status {};
  if (fstat(descriptor_, &status) == 0) size_ = status.st_size;
  if (size_ == 0 || !fs::exists(origin())) return;
  std::istringstream lines(read_file(origin()));
  std::getline(lines, address_);
  std::getline(lines, validator_);
}

PartFile::~PartFile() {
  if (size_ == 0) remove();
  if (descriptor_ >= 0) close(descriptor_);
}

void PartFile::start(const std::string& address, const std::string& validator) {
  // Emptied first: at no time may bytes of one version stand beside the name of another.
  if (ftruncate(descriptor_, 0) != 0) fail_on_file(path_, "cannot write", errno);
  size_ = 0;
  address_ = address;
  validator_ = validator;
  write_file(origin(), address_ + "\n" + validator_ + "\n");
}

void PartFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_on_file(path_, "cannot write", errno);
    size_ += written;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void PartFile::become_target() {
  if (fsync(descriptor_) != 0 && errno != EINVAL) fail_on_file(path_, "cannot write", errno);
  if (rename(path_.c_str(), target_.c_str()) != 0) fail_on_file(target_, "cannot write", errno);
  std::error_code ignored;
  fs::remove(origin(), ignored);
}

void PartFile::remove() {
  std::error_code ignored;
  fs::remove(path_, ignored);
  fs::remove(origin(), ignored);
}

}  // namespace bitloom::get
