#include "data/idx/idx_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace bitloom::data {
namespace {

constexpr std::uint32_t kImageMagic = 0x00000803, kLabelMagic = 0x00000801;
constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 30;  // far above any set of this format; a larger claim is a damaged header
constexpr std::uint32_t kMostPixelsASide = 1 << 15;
constexpr const char* kAgain = "download or unpack it again";

/// Reads a plain or gzipped file from its start.
class GzipReader {
 public:
  explicit GzipReader(const std::filesystem::path& path) : path_(path.string()), file_(gzopen(path.c_str(), "rb")) {
    if (file_ == nullptr) throw InputError(path_, std::string("cannot read: ") + std::strerror(errno));
    gzbuffer(file_, 1 << 18);
  }
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;
  ~GzipReader() { gzclose(file_); }

  /// Up to `wanted` (below 2^31) bytes; fewer only at the end of the data, which may be an early one.
  std::size_t read(std::uint8_t* out, std::size_t wanted) {
    const int got = gzread(file_, out, static_cast<unsigned>(wanted));
    if (got < 0) {
      int code = Z_OK;
      const std::string reason = gzerror(file_, &code);
      if (code == Z_ERRNO) throw InputError(path_, std::string("cannot read: ") + std::strerror(errno));
      if (code != Z_BUF_ERROR) throw InputError(path_, "damaged gzip data: " + printable(reason), kAgain);
      return 0;
    }
    return static_cast<std::size_t>(got);
  }

  /// Whether the compressed data broke off before its end.
  bool broke_off() const {
    int code = Z_OK;
    gzerror(file_, &code);
    return code == Z_BUF_ERROR;
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  gzFile file_;
};

/// The sizes behind the magic number, which must be `magic`.
template <std::size_t Dimensions>
std::array<std::uint32_t, Dimensions> read_header(GzipReader& file, std::uint32_t magic) {
  std::array<std::uint8_t, 4 + 4 * Dimensions> bytes{};
  const std::size_t got = file.read(bytes.data(), bytes.size());
  const auto number = [&](std::size_t at) {
    return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 | std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
  };
  if (got >= 4 && number(0) != magic) {
    const bool swapped = number(0) == kImageMagic || number(0) == kLabelMagic;
    throw InputError(file.path(),
                     fmt::format("magic number is 0x{:08x}, not 0x{:08x}{}", number(0), magic,
                                 !swapped               ? ""
                                 : magic == kImageMagic ? ": these are labels, not images"
                                                        : ": these are images, not labels"),
                     swapped ? "give each file the name of what it holds" : kAgain);
  }
  if (got < bytes.size())
    throw InputError(file.path(), fmt::format("truncated: {} bytes, its header alone takes {}", got, bytes.size()), kAgain);
  std::array<std::uint32_t, Dimensions> sizes;
  for (std::size_t i = 0; i < Dimensions; ++i) sizes[i] = number(4 + 4 * i);
  return sizes;
}

/// Exactly `expected` bytes and then the end of the file. Memory grows with what arrives, not with what the header promises.
std::vector<std::uint8_t> read_body(GzipReader& file, std::uint64_t expected, std::uint64_t header, const std::string& content) {
  constexpr std::uint64_t kPiece = 16 << 20;
  std::vector<std::uint8_t> bytes;
  while (bytes.size() < expected) {
    const std::size_t before = bytes.size(), wanted = static_cast<std::size_t>(std::min(kPiece, expected - before));
    bytes.resize(before + wanted);
    const std::size_t got = file.read(bytes.data() + before, wanted);
    bytes.resize(before + got);
    if (got < wanted)
      throw InputError(file.path(),
                       fmt::format("truncated: its header promises {} ({} bytes), but it holds {} bytes{}", content, header + expected,
                                   header + bytes.size(), file.broke_off() ? " and its gzip data breaks off" : ""),
                       kAgain);
  }
  std::uint8_t extra = 0;
  const std::size_t more = file.read(&extra, 1);
  if (more > 0)
    throw InputError(file.path(), fmt::format("longer than its header says: {} end at byte {}", content, header + expected), kAgain);
  if (file.broke_off()) throw InputError(file.path(), "truncated: its gzip data breaks off before the check sum", kAgain);
  return bytes;
}

void require_plausible(const GzipReader& file, bool plausible, const std::string& content) {
  if (!plausible) throw InputError(file.path(), "damaged header: it promises " + content, kAgain);
}

/// Without the pixels.
IdxImages read_image_header(GzipReader& file) {
  const auto [count, height, width] = read_header<3>(file, kImageMagic);
  const std::string content = fmt::format("{} images of {}x{}", count, height, width);
  require_plausible(file, count > 0 && height > 0 && width > 0 && height <= kMostPixelsASide && width <= kMostPixelsASide, content);
  require_plausible(file, count <= kMostBytes / (std::uint64_t{height} * width), content);
  return {count, static_cast<int>(height), static_cast<int>(width), {}};
}

std::uint64_t pixel_bytes(const IdxImages& images) {
  return static_cast<std::uint64_t>(images.count) * static_cast<std::uint64_t>(images.height) * static_cast<std::uint64_t>(images.width);
}

}  // namespace

IdxImages read_idx_images(const std::filesystem::path& path) {
  GzipReader file(path);
  IdxImages images = read_image_header(file);
  images.pixels = read_body(file, pixel_bytes(images), 16, fmt::format("{} images of {}x{}", images.count, images.height, images.width));
  return images;
}

std::int64_t idx_pixel_bytes(const std::filesystem::path& path) {
  GzipReader file(path);
  return static_cast<std::int64_t>(pixel_bytes(read_image_header(file)));
}

std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path) {
  GzipReader file(path);
  const auto [count] = read_header<1>(file, kLabelMagic);
  const std::string content = fmt::format("{} labels", count);
  require_plausible(file, count > 0, content);
  return read_body(file, count, 8, content);
}

}  // namespace bitloom::data
