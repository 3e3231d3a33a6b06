#pragma once

#include <functional>
#include <memory>

#include "serve/http/address.h"
#include "serve/http/message.h"

namespace bitloom::serve {

/// Answers HTTP requests on threads of its own. What moves the bytes is cpp-httplib, which only http_server.cpp includes: it takes
/// seconds to compile.
class HttpServer {
 public:
  using Handler = std::function<Answer(const Request&)>;

  /// Binds. @param port  0: any free one
  /// @throws InputError where nothing can listen there
  HttpServer(const Address& address, int port, Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();  ///< stops, and waits for the answers under way

  int port() const;
  void start();  ///< answers from now on
  bool is_running() const;
  void stop();   ///< takes no further request; may be called twice

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bitloom::serve
