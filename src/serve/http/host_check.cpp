#include "serve/http/host_check.h"

#include <algorithm>

namespace bitloom::serve {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

}  // namespace

std::string host_name(std::string_view header) {
  const std::size_t bracket = header.starts_with('[') ? header.find(']') : 0;
  if (bracket == std::string_view::npos) return "";
  const std::size_t colon = header.find(':', bracket);
  const std::string_view name = header.substr(0, colon);
  if (colon != std::string_view::npos && !std::ranges::all_of(header.substr(colon + 1), is_digit)) return "";
  if (bracket != 0 && name.size() != bracket + 1) return "";  // something between the bracket and the port
  return lower(name);
}

HostCheck::HostCheck(std::string host, bool is_loopback) {
  if (!is_loopback) return;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  names_ = {"localhost", "127.0.0.1", "[::1]", lower(is_ipv6 ? "[" + host + "]" : host)};
}

bool HostCheck::allows(const std::vector<std::string>& headers) const {
  if (names_.empty()) return true;
  return headers.size() == 1 && std::ranges::find(names_, host_name(headers.front())) != names_.end();
}

}  // namespace bitloom::serve
