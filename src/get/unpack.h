#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "get/stop.h"

namespace bitloom::get {

struct UnpackedFile {
  std::string name;    ///< below the folder it was unpacked to
  std::string sha256;
};

/// Unpacks what an archive (tar, tar.gz or zip) holds below its folder `top` to `folder`, which exists. What lies elsewhere in it is left
/// out. Only plain files and folders come out of it, with permissions of ours.
/// @throws InputError naming the archive and the entry, for entries that would leave the folder (an absolute name, ".."), links and
/// devices, names with control characters and names that come twice; for a damaged archive, and one without `top`; naming the file where
/// the disk is full. Stopped. What was unpacked by then stays in `folder`.
std::vector<UnpackedFile> unpack(const std::filesystem::path& archive, const std::string& top, const std::filesystem::path& folder,
                                 const StopCheck& should_stop = {});

}  // namespace bitloom::get
