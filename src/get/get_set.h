#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "data/remote_sets.h"
#include "get/transfer.h"

namespace bitloom::get {

struct GetOptions {
  std::filesystem::path data_dir;
  std::string from = {};           ///< an http or https address in place of the set's own; empty: that
  TransferOptions transfer = {};
};

struct GetResult {
  std::filesystem::path folder;    ///< data_dir/NAME
  std::int64_t downloaded = 0;     ///< files; 0: every one was there and right
};

/// Brings the files of `set` to data_dir/NAME, where open_dataset looks for them: downloads what is not there (transfer.h), checks the
/// published size and SHA-256, unpacks archives beside and removes them then. A name stands for a whole, checked file or folder at any
/// time; what is incomplete is called NAME.part or NAME.tmp.PROCESS, and the next call goes on from there or clears it away.
/// @throws InputError for an address that is neither http nor https, for a file or folder of another origin under one of the names or in its place, while
/// another process is at work on the set, when there is no space, for a checksum that is wrong (the file is removed), and what download
/// and unpack throw. Stopped
GetResult get_set(const data::RemoteSet& set, const GetOptions& options);

}  // namespace bitloom::get
