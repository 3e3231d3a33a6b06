#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bitloom::serve {

/// Which Host headers are answered. A page of some other site can have its own name resolve to 127.0.0.1 and so read, as its own origin,
/// what a server on this machine answers (DNS rebinding). The browser then still sends that site's name, so a server that only this
/// machine can reach takes no names but the machine's own.
class HostCheck {
 public:
  /// @param host        what the server was bound to, as the user gave it
  /// @param is_loopback  it can be reached from this machine alone; otherwise its names are not known and every Host is taken
  HostCheck(std::string host, bool is_loopback);

  bool allows(const std::vector<std::string>& headers) const;

 private:
  std::vector<std::string> names_;  ///< in lower case; none: all are allowed
};

/// The name in "localhost:8090", "[::1]:8090" or "localhost", in lower case; "" where it is neither.
std::string host_name(std::string_view header);

}  // namespace bitloom::serve
