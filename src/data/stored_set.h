#pragma once

#include <filesystem>
#include <string>

#include "data/dataset.h"

namespace bitloom::data {

/// Where the files of the downloaded set `name` lie: `name` below options.data_dir, or else below BITLOOM_DATA.
/// @throws InputError if neither is given, saying how to download it and name its place
std::filesystem::path folder_of_stored_set(const std::string& name, const OpenOptions& options);

}  // namespace bitloom::data
