#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/test_folder.h"
#include "get/get_set.h"
#include "get/sha256.h"
#include "get/test_server.h"

// For tests: a set of small files, and the server that has them.
namespace bitloom::get {
namespace fs = std::filesystem;

inline std::string sha256(const std::string& bytes) {
  Sha256 sum;
  sum.add(bytes);
  return sum.finish();
}

/// Bytes that no shift of them equals.
inline std::string content(std::size_t size, unsigned seed) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((seed = seed * 1103515245u + 12345u) >> 16);
  return bytes;
}

inline auto refuses(const std::string& what) { return testing::ThrowsMessage<InputError>(testing::HasSubstr(what)); }

/// Sets of small files behind a server of ours, on the way that the real ones go.
class SetTest : public testing::Test {
 protected:
  void SetUp() override { Progress::set_quiet(true); }
  void TearDown() override { Progress::set_quiet(false); }

  /// Adds a file to the set, and to the server.
  void publish(const std::string& name, const std::string& bytes, const std::string& unpacks_to = {}) {
    set_.files.push_back({name, static_cast<std::int64_t>(bytes.size()), sha256(bytes), unpacks_to});
    server_.serve(name, {.body = bytes});
  }
  GetOptions options() const {
    GetOptions options{place_.path(), server_.address()};
    options.transfer.first_wait = 0.01;
    options.transfer.stall_seconds = 1;
    return options;
  }
  GetResult get() const { return get_set(set_, options()); }
  fs::path file(const std::string& name) const { return place_.path() / "set" / name; }
  /// Everything below the data folder, by name.
  std::vector<std::string> found() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(place_.path()))
      names.push_back(fs::relative(entry.path(), place_.path()).string());
    std::sort(names.begin(), names.end());
    return names;
  }

  TestFolder place_;
  TestServer server_;
  data::RemoteSet set_{"set", "http://nowhere.invalid/", {}};
};

}  // namespace bitloom::get
