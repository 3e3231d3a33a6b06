#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "train/distributed/process_group.h"

namespace bitloom::train {

/// For tests: a port on which nobody listens.
inline int free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  bind(listener, reinterpret_cast<sockaddr*>(&address), length);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  close(listener);
  return ntohs(address.sin_port);
}

/// Runs body(group) for each of `size` ranks, a thread each instead of a process, and returns by rank what they threw: "" for nothing. A
/// rank's group goes away with the unique_ptr: a body that lets go of it is, to the others, a rank that was killed.
inline std::vector<std::string> run_ranks(int size, const std::function<void(std::unique_ptr<ProcessGroup>& group)>& body) {
  std::vector<std::string> thrown(static_cast<std::size_t>(size));
  const int port = free_port();
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank)
    threads.emplace_back([&, rank] {
      try {
        Launch launch;
        std::tie(launch.rank, launch.size, launch.address, launch.port) = std::tuple(rank, size, "127.0.0.1", port);
        std::unique_ptr<ProcessGroup> group = join_process_group(launch, 60, {});
        body(group);
      } catch (const std::exception& error) {
        thrown[static_cast<std::size_t>(rank)] = error.what();
      }
    });
  for (std::thread& thread : threads) thread.join();
  return thrown;
}

}  // namespace bitloom::train
