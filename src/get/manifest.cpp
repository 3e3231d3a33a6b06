#include "get/manifest.h"

#include <atomic>
#include <sstream>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "get/sha256.h"

namespace bitloom::get {
namespace fs = std::filesystem;
namespace {

constexpr const char* kName = ".sha256sums";
constexpr std::size_t kDigits = 64;

std::string first_line(const std::string& archive_sha256) { return "# unpacked by bitloom from an archive with SHA-256 " + archive_sha256; }

bool is_whole(const fs::path& folder, const UnpackedFile& file, const StopCheck& should_stop) {
  try {
    return sha256_of_file(folder / file.name, should_stop) == file.sha256;
  } catch (const InputError&) {
    return false;
  }
}

}  // namespace

void write_manifest(const fs::path& folder, const std::string& archive_sha256, const std::vector<UnpackedFile>& files) {
  std::string text = first_line(archive_sha256) + "\n";
  for (const UnpackedFile& file : files) text += file.sha256 + "  " + file.name + "\n";
  write_file(folder / kName, text);
}

Unpacked check_unpacked(const fs::path& folder, const std::string& archive_sha256, const StopCheck& should_stop) {
  std::error_code error;
  if (!fs::exists(folder, error) || fs::is_empty(folder, error)) return Unpacked::kMissing;
  if (!fs::exists(folder / kName, error)) return Unpacked::kForeign;
  std::istringstream lines(read_file(folder / kName));
  std::string line;
  if (!std::getline(lines, line) || line != first_line(archive_sha256)) return Unpacked::kDamaged;
  std::vector<UnpackedFile> files;
  while (std::getline(lines, line)) {
    if (line.size() <= kDigits + 2) return Unpacked::kDamaged;
    files.push_back({line.substr(kDigits + 2), line.substr(0, kDigits)});
  }
  std::atomic<bool> whole = !files.empty();
  parallel_for(static_cast<std::int64_t>(files.size()), [&](std::int64_t i) {
    if (!is_whole(folder, files[static_cast<std::size_t>(i)], should_stop)) whole = false;
  });
  return whole ? Unpacked::kWhole : Unpacked::kDamaged;
}

}  // namespace bitloom::get
