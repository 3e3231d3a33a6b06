#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bitloom::data {

/// A file as its publisher offers it.
struct RemoteFile {
  std::string name;             ///< below the set's address and, once here, in the set's folder
  std::int64_t bytes = 0;
  std::string sha256;           ///< 64 hexadecimal digits, small letters
  std::string unpacks_to = {};  ///< the folder that this archive (tar.gz or zip) holds; empty: no archive, used as it is
};

/// A set that can be downloaded, and how to tell that what came is what was published.
struct RemoteSet {
  std::string name;             ///< also of its folder below the data folder
  std::string address;          ///< ends in '/'; a file's name follows
  std::vector<RemoteFile> files;
};

/// The one place where addresses, sizes and checksums stand. Downloading itself is src/get.
const std::vector<RemoteSet>& remote_sets();

/// @throws InputError with the nearest name
const RemoteSet& remote_set(const std::string& name);

}  // namespace bitloom::data
