#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace bitloom::serve {

/// For tests: sends bytes to a port of 127.0.0.1, as they are, and returns all that comes back until the other side closes.
inline std::string send_and_receive(int port, std::string_view bytes) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{30, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(socket);
    throw std::runtime_error(fmt::format("nothing listens at port {}", port));
  }
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  std::string received;
  char buffer[1 << 16];
  for (ssize_t count; (count = recv(socket, buffer, sizeof buffer, 0)) > 0;) received.append(buffer, static_cast<std::size_t>(count));
  close(socket);
  return received;
}

struct Reply {
  int status = 0;
  std::string head, body;
};

/// For tests: a request with a proper Host. @param more  further header lines, each with its "\r\n"
inline Reply request(int port, std::string_view target, std::string_view method = "GET", std::string_view more = {}) {
  const std::string answer =
      send_and_receive(port, fmt::format("{} {} HTTP/1.1\r\nHost: localhost:{}\r\n{}\r\n", method, target, port, more));
  const std::size_t end = answer.find("\r\n\r\n");
  if (end == std::string::npos || !answer.starts_with("HTTP/1.1 ")) return {0, answer, {}};
  return {std::stoi(answer.substr(9, 3)), answer.substr(0, end), answer.substr(end + 4)};
}

}  // namespace bitloom::serve
