#pragma once

#include <string>

namespace bitloom::serve {

/// Where a server listens.
struct Address {
  std::string host;     ///< as the user gave it
  std::string numeric;  ///< "127.0.0.1", "::1"
  bool is_loopback = true;

  std::string url(int port) const;  ///< "http://127.0.0.1:8090/", "http://[::1]:8090/"
};

/// @throws InputError for a host that is no address, and no name that has one
Address resolve(const std::string& host);

/// Why nothing can listen there, as an InputError for --port or --host. @param error  errno of bind
[[noreturn]] void fail_to_listen(const Address& address, int port, int error);

/// errno of listening at an address, found by trying; 0 when it succeeds.
int try_to_listen(const Address& address, int port);

}  // namespace bitloom::serve
