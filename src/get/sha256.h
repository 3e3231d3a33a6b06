#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "get/stop.h"

namespace bitloom::get {

/// FIPS 180-4, by libcrypto.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();
  void add(std::string_view bytes);
  /// 64 hexadecimal digits, small letters. Once.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// @throws InputError if the file cannot be read; Stopped
std::string sha256_of_file(const std::filesystem::path& path, const StopCheck& should_stop = {});

}  // namespace bitloom::get
