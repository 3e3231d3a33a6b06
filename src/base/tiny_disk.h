#pragma once

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <filesystem>

namespace bitloom {

/// For tests: a tiny file system of its own. Needs root; `mounted` says whether that worked.
class TinyDisk {
 public:
  explicit TinyDisk(const std::filesystem::path& at, const char* options = "size=64k") : at_(at) {
    std::filesystem::create_directories(at);
    mounted = mount("bitloom-test", at.c_str(), "tmpfs", 0, options) == 0;
  }
  TinyDisk(const TinyDisk&) = delete;
  TinyDisk& operator=(const TinyDisk&) = delete;
  ~TinyDisk() {
    if (mounted) umount2(at_.c_str(), MNT_DETACH);
  }
  void make_read_only() { ASSERT_EQ(mount("bitloom-test", at_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0); }
  bool mounted = false;

 private:
  std::filesystem::path at_;
};

}  // namespace bitloom
