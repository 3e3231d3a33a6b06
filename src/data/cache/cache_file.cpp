#include "data/cache/cache_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/parallel.h"

namespace bitloom::data {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kFirstImage = 4096;
constexpr char kMagic[16] = "bitloom images1";

struct Header {
  char magic[16];
  std::uint64_t content;
  std::int64_t count;
  std::int32_t channels, height, width;
  std::uint32_t tail_sum;     ///< CRC-32 of the images' sums and the text
  std::uint64_t text_bytes;
  std::uint32_t reserved;
  std::uint32_t header_sum;   ///< CRC-32 of all before it
};
static_assert(sizeof(Header) == 64);

std::uint32_t sum_of(const void* bytes, std::size_t size) {
  return static_cast<std::uint32_t>(crc32_z(0, static_cast<const Bytef*>(bytes), size));
}

fs::path path_of(const fs::path& folder, const CacheKey& key) { return folder / (key.name + ".images"); }

/// A file descriptor that closes itself.
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
};

/// Removes "TARGET.tmp.XXXXXX" of processes that are gone: those that live hold a lock on theirs.
void remove_abandoned(const fs::path& target) {
  const std::string prefix = target.filename().string() + ".tmp.";
  std::error_code error;
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(target.parent_path(), error))
    if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
  for (const fs::path& path : found) {
    const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.number >= 0 && flock(file.number, LOCK_EX | LOCK_NB) == 0) unlink(path.c_str());
  }
}

/// A new file "TARGET.tmp.XXXXXX", locked, and its name.
int open_locked(const fs::path& target, fs::path& path) {
  for (;;) {
    std::string name = target.string() + ".tmp.XXXXXX";
    const int descriptor = mkostemp(name.data(), O_CLOEXEC);
    if (descriptor < 0) fail_on_file(target, "cannot write", errno);
    path = name;
    fchmod(descriptor, 0644);
    struct stat status {};
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0 && fstat(descriptor, &status) == 0 && status.st_nlink > 0) return descriptor;
    close(descriptor);  // another process took it for abandoned in this moment
  }
}

}  // namespace

std::shared_ptr<const CacheFile> CacheFile::open(const fs::path& folder, const CacheKey& key) {
  const Descriptor file{::open(path_of(folder, key).c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number < 0) return nullptr;
  std::shared_ptr<CacheFile> cache(new CacheFile);
  if (!cache->map(file.number) || cache->content_ != key.content || !cache->has_all_bytes_right()) return nullptr;
  return cache;
}

CacheFile::~CacheFile() {
  if (bytes_ != nullptr) munmap(const_cast<std::uint8_t*>(bytes_), length_);
}

/// Maps the file and reads its header. False: it is none of ours, or not whole.
bool CacheFile::map(int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0 || status.st_size < kFirstImage) return false;
  length_ = static_cast<std::size_t>(status.st_size);
  void* place = mmap(nullptr, length_, PROT_READ, MAP_SHARED, descriptor, 0);
  if (place == MAP_FAILED) return false;
  bytes_ = static_cast<const std::uint8_t*>(place);

  Header header;
  std::memcpy(&header, bytes_, sizeof header);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 || header.header_sum != sum_of(&header, offsetof(Header, header_sum)))
    return false;
  shape_ = {header.channels, header.height, header.width};
  count_ = header.count;
  content_ = header.content;
  const auto tail = static_cast<std::size_t>(kFirstImage + count_ * shape_.bytes());
  const std::size_t sums = static_cast<std::size_t>(count_) * sizeof(std::uint32_t);
  if (length_ != tail + sums + header.text_bytes || header.tail_sum != sum_of(bytes_ + tail, length_ - tail)) return false;
  text_.assign(reinterpret_cast<const char*>(bytes_ + tail + sums), header.text_bytes);
  return true;
}

bool CacheFile::has_all_bytes_right() const {
  const std::uint8_t* sums = bytes_ + kFirstImage + count_ * shape_.bytes();
  std::atomic<bool> right = true;
  parallel_for(count_, [&](std::int64_t i) {
    std::uint32_t expected = 0;
    std::memcpy(&expected, sums + static_cast<std::size_t>(i) * sizeof expected, sizeof expected);
    const std::span<const std::uint8_t> image = pixels(i);
    if (sum_of(image.data(), image.size()) != expected) right = false;
  });
  return right;
}

std::span<const std::uint8_t> CacheFile::pixels(std::int64_t index) const {
  assert(index >= 0 && index < count_);
  return {bytes_ + kFirstImage + index * shape_.bytes(), static_cast<std::size_t>(shape_.bytes())};
}

CacheFileWriter::CacheFileWriter(const fs::path& folder, const CacheKey& key, ImageShape shape, std::int64_t count)
    : target_(path_of(folder, key)), key_(key), shape_(shape), count_(count) {
  make_directories(folder);
  remove_abandoned(target_);
  descriptor_ = open_locked(target_, path_);
  const std::vector<std::uint8_t> black(static_cast<std::size_t>(shape_.bytes()));
  sums_.assign(static_cast<std::size_t>(count_), sum_of(black.data(), black.size()));
  const int error = posix_fallocate(descriptor_, 0, kFirstImage + count_ * shape_.bytes());
  if (error == 0) return;
  unlink(path_.c_str());
  close(std::exchange(descriptor_, -1));
  fail_on_file(target_, "cannot write", error);
}

CacheFileWriter::~CacheFileWriter() {
  if (descriptor_ < 0) return;
  unlink(path_.c_str());
  close(descriptor_);
}

void CacheFileWriter::write_at(std::int64_t offset, const void* bytes, std::size_t size) {
  const auto* next = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t written = pwrite(descriptor_, next, size, offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_on_file(path_, "cannot write", errno);
    next += written;
    offset += written;
    size -= static_cast<std::size_t>(written);
  }
}

void CacheFileWriter::put(std::int64_t index, std::span<const std::uint8_t> pixels) {
  assert(static_cast<std::int64_t>(pixels.size()) == shape_.bytes());
  write_at(kFirstImage + index * shape_.bytes(), pixels.data(), pixels.size());
  sums_[static_cast<std::size_t>(index)] = sum_of(pixels.data(), pixels.size());
}

std::shared_ptr<const CacheFile> CacheFileWriter::finish(const std::string& text) {
  std::string tail(reinterpret_cast<const char*>(sums_.data()), sums_.size() * sizeof(std::uint32_t));
  tail += text;
  write_at(kFirstImage + count_ * shape_.bytes(), tail.data(), tail.size());
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.content = key_.content;
  header.count = count_;
  header.channels = shape_.channels;
  header.height = shape_.height;
  header.width = shape_.width;
  header.tail_sum = sum_of(tail.data(), tail.size());
  header.text_bytes = text.size();
  header.header_sum = sum_of(&header, offsetof(Header, header_sum));
  write_at(0, &header, sizeof header);

  if (fsync(descriptor_) != 0 && errno != EINVAL) fail_on_file(path_, "cannot write", errno);
  if (rename(path_.c_str(), target_.c_str()) != 0) fail_on_file(target_, "cannot write", errno);
  const Descriptor file{std::exchange(descriptor_, -1)};
  std::shared_ptr<CacheFile> cache(new CacheFile);
  if (!cache->map(file.number)) fail_on_file(target_, "cannot map into memory", errno);
  return cache;
}

}  // namespace bitloom::data
