#include "base/error.h"

#include <algorithm>

namespace bitloom {
namespace {

std::string join(std::string_view where, std::string_view what, std::string_view fix) {
  std::string line;
  if (!where.empty()) line.append(where).append(": ");
  line.append(what);
  if (!fix.empty()) line.append("; ").append(fix);
  // A file's name may hold a line feed; the message stays one line.
  std::ranges::replace_if(line, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return line;
}

}  // namespace

Error::Error(int exit_code, std::string_view where, std::string_view what, std::string_view fix)
    : std::runtime_error(join(where, what, fix)), exit_code_(exit_code) {}

}  // namespace bitloom
