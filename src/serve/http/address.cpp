#include "serve/http/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "base/text.h"

namespace bitloom::serve {
namespace {

using AddressList = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

/// What getaddrinfo finds for a host, or null with its error.
AddressList look_up(const std::string& host, int family, int port, int& error) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* list = nullptr;
  error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  return {error == 0 ? list : nullptr, freeaddrinfo};
}

bool is_loopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* ipv4 = reinterpret_cast<const sockaddr_in*>(address);
    return ntohl(ipv4->sin_addr.s_addr) >> 24 == 127;
  }
  const auto* ipv6 = reinterpret_cast<const sockaddr_in6*>(address);
  return IN6_IS_ADDR_LOOPBACK(&ipv6->sin6_addr);
}

}  // namespace

std::string Address::url(int port) const {
  const std::string& shown = host;
  return shown.find(':') == std::string::npos ? fmt::format("http://{}:{}/", shown, port) : fmt::format("http://[{}]:{}/", shown, port);
}

Address resolve(const std::string& host) {
  const std::string where = "--host " + printable(host);
  constexpr const char* kFix = "give 127.0.0.1 for this machine alone, or 0.0.0.0 for all that can reach it";
  if (host.empty()) throw InputError("--host", "is empty", kFix);
  int error = 0;
  AddressList list = look_up(host, AF_INET, 0, error);  // first, because "localhost" has both and browsers try both
  if (!list) list = look_up(host, AF_INET6, 0, error);
  if (!list) throw InputError(where, std::string("is no address of this machine: ") + gai_strerror(error), kFix);
  std::array<char, NI_MAXHOST> numeric{};
  error = getnameinfo(list->ai_addr, list->ai_addrlen, numeric.data(), numeric.size(), nullptr, 0, NI_NUMERICHOST);
  if (error != 0) throw InputError(where, gai_strerror(error), kFix);
  return {host, numeric.data(), is_loopback(list->ai_addr)};
}

int try_to_listen(const Address& address, int port) {
  int error = 0;
  const AddressList list = look_up(address.numeric, AF_UNSPEC, port, error);
  if (!list) return EADDRNOTAVAIL;
  const int socket = ::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return errno;
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool bound = bind(socket, list->ai_addr, list->ai_addrlen) == 0 && listen(socket, 1) == 0;
  const int result = bound ? 0 : errno;
  close(socket);
  return result;
}

void fail_to_listen(const Address& address, int port, int error) {
  if (error == EADDRINUSE)
    throw InputError(fmt::format("--port {}", port), "is in use", "give another one, or 0 for any that is free");
  if (error == EACCES)
    throw InputError(fmt::format("--port {}", port), "may not be used by this user", "give one above 1023, or 0 for any that is free");
  if (error == EADDRNOTAVAIL)
    throw InputError("--host " + printable(address.host), "is no address of this machine",
                     "give 127.0.0.1 for this machine alone, or 0.0.0.0 for all that can reach it");
  throw InputError(fmt::format("--host {} --port {}", printable(address.host), port),
                   std::string("cannot be listened at: ") + std::strerror(error));
}

}  // namespace bitloom::serve
