#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "get/stop.h"
#include "get/unpack.h"

namespace bitloom::get {

/// What was unpacked to a folder: `.sha256sums` in it, which `sha256sum -c` reads, too. Its first line names the archive's checksum.

void write_manifest(const std::filesystem::path& folder, const std::string& archive_sha256, const std::vector<UnpackedFile>& files);

enum class Unpacked {
  kWhole,     ///< every file is there as the archive held it
  kDamaged,   ///< some are not, or they are of another archive
  kForeign,   ///< the folder has files and no manifest: somebody else's
  kMissing,   ///< no folder, or an empty one
};

/// Reads every file, in parallel. @throws Stopped
Unpacked check_unpacked(const std::filesystem::path& folder, const std::string& archive_sha256, const StopCheck& should_stop = {});

}  // namespace bitloom::get
