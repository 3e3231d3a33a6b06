#include "serve/http/http_server.h"

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace bitloom::serve {
namespace {

constexpr std::size_t kThreads = 32;   // a browser holds some connections open that it has no use for yet
constexpr time_t kIdleSeconds = 2, kTransferSeconds = 10;

Request to_request(const httplib::Request& from) {
  Request request;
  request.method = from.method;
  request.path = from.path;
  for (const auto& [name, value] : from.params) request.query.emplace(name, value);
  for (auto [host, end] = from.headers.equal_range("Host"); host != end; ++host) request.hosts.push_back(host->second);
  request.if_none_match = from.get_header_value("If-None-Match");
  request.has_range = from.has_header("Range");
  return request;
}

void write_answer(const Answer& answer, httplib::Response& response) {
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) response.set_header(name, value);
  if (!answer.body || answer.body->empty()) return;
  // By a provider of known length: it copies nothing, and httplib compresses all else with Brotli at its slowest.
  response.set_content_provider(answer.body->size(), answer.type,
                                [body = answer.body](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
                                  return sink.write(body->data() + offset, length);
                                });
}

}  // namespace

struct HttpServer::State {
  httplib::Server server;
  int socket = -1, port = 0;  ///< that it listens at; httplib's own
  std::thread listener;
  std::atomic<bool> has_ended{false};
};

HttpServer::HttpServer(const Address& address, int port, Handler handler) : state_(std::make_unique<State>()) {
  httplib::Server& server = state_->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_socket_options([state = state_.get()](socket_t socket) {
    // Not SO_REUSEPORT, httplib's own choice, with which two servers share a port and neither says so.
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    state->socket = socket;
  });
  server.set_keep_alive_max_count(1);  // a connection holds a thread while it lasts: more clients than threads would wait for each other
  server.set_keep_alive_timeout(kIdleSeconds);
  server.set_read_timeout(kTransferSeconds);
  server.set_write_timeout(kTransferSeconds);
  // Before routing, so that a refused request's body is not even read.
  server.set_pre_routing_handler([handler = std::move(handler)](const httplib::Request& request, httplib::Response& response) {
    write_answer(handler(to_request(request)), response);
    return httplib::Server::HandlerResponse::Handled;
  });
  if (port == 0)
    state_->port = server.bind_to_any_port(address.numeric);
  else
    state_->port = server.bind_to_port(address.numeric, port) ? port : -1;
  if (state_->port <= 0) {
    const int error = try_to_listen(address, port);
    fail_to_listen(address, port, error == 0 ? EADDRINUSE : error);
  }
  listen(state_->socket, SOMAXCONN);  // again: httplib lets five wait, and who comes sixth would wait for seconds or for ever
}

HttpServer::~HttpServer() { stop(); }

int HttpServer::port() const { return state_->port; }

void HttpServer::start() {
  State* state = state_.get();
  state->listener = std::thread([state] {
    state->server.listen_after_bind();
    state->has_ended = true;
  });
  // stop() does nothing before it listens.
  while (!state->server.is_running() && !state->has_ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

bool HttpServer::is_running() const { return state_->listener.joinable() && !state_->has_ended; }

void HttpServer::stop() {
  state_->server.stop();
  if (state_->listener.joinable()) state_->listener.join();
}

}  // namespace bitloom::serve
