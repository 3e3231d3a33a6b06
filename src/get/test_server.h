#pragma once

#include <httplib.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace bitloom::get {

/// What the server answers for one path, and how it fails at it.
struct Page {
  std::string body = {};
  std::string etag = "\"one\"";   ///< "": none
  std::string last_modified = {}; ///< "": none
  bool ranges = true;             ///< false: the whole body, whatever was asked for
  int failures = 0;               ///< of requests, from the first on
  int failure_status = 0;         ///< what they are answered; 0: the body, of which the connection carries only
  std::size_t cut_after = 0;      ///< so many bytes, and then
  bool stalls = false;            ///< nothing any more until the client or the server goes; else it is closed
  std::string redirect = {};      ///< answered instead of the body
  bool shifts_ranges = false;     ///< answers a Range with the bytes behind those that were asked for
};

/// A server on this machine that tests tell what to do.
class TestServer {
 public:
  TestServer() {
    setenv("no_proxy", "127.0.0.1", 1);
    server_.set_keep_alive_max_count(1);
    server_.Get(".*", [this](const httplib::Request& request, httplib::Response& response) { answer(request, response); });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  ~TestServer() {
    stopping_ = true;
    server_.stop();
    thread_.join();
  }

  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  int port() const { return port_; }

  void serve(const std::string& name, Page page) {
    const std::lock_guard lock(mutex_);
    pages_["/" + name] = std::move(page);
  }
  /// The Range of every request so far, "" where there was none.
  std::vector<std::string> ranges() const {
    const std::lock_guard lock(mutex_);
    return ranges_;
  }
  std::vector<std::string> conditions() const {
    const std::lock_guard lock(mutex_);
    return conditions_;
  }

 private:
  void answer(const httplib::Request& request, httplib::Response& response) {
    const std::lock_guard lock(mutex_);
    ranges_.push_back(request.get_header_value("Range"));
    conditions_.push_back(request.get_header_value("If-Range"));
    const_cast<httplib::Request&>(request).ranges.clear();  // httplib would cut the body itself, without a look at If-Range
    const auto found = pages_.find(request.path);
    if (found == pages_.end()) {
      response.status = 404;
      return;
    }
    Page& page = found->second;
    if (!page.redirect.empty()) return response.set_redirect(page.redirect);
    const bool fails = page.failures > 0;
    if (fails) --page.failures;
    if (fails && page.failure_status != 0) {
      response.status = page.failure_status;
      response.set_content("<html>an error's page</html>", "text/html");
      return;
    }
    send(page, fails, request, response);
  }

  void send(const Page& page, bool fails, const httplib::Request& request, httplib::Response& response) {
    if (!page.etag.empty()) response.set_header("ETag", page.etag);
    if (!page.last_modified.empty()) response.set_header("Last-Modified", page.last_modified);
    std::size_t first = 0;
    const std::string range = request.get_header_value("Range"), condition = request.get_header_value("If-Range");
    response.status = 200;
    if (page.ranges && !range.empty() && (condition == page.etag || (!condition.empty() && condition == page.last_modified))) {
      first = std::stoull(range.substr(std::string("bytes=").size()));
      if (first >= page.body.size()) {
        response.status = 416;
        return;
      }
      if (page.shifts_ranges) ++first;
      response.status = 206;
      response.set_header("Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(page.body.size() - 1) + "/" +
                                               std::to_string(page.body.size()));
    }
    const std::string body = page.body.substr(first);
    const std::size_t sent = fails ? std::min(page.cut_after, body.size()) : body.size();
    const bool stalls = fails && page.stalls;
    response.set_content_provider(body.size(), "application/octet-stream",
                                  [this, body, sent, stalls](std::size_t at, std::size_t wanted, httplib::DataSink& sink) {
                                    if (at < sent) return sink.write(body.data() + at, std::min(wanted, sent - at));
                                    while (stalls && !stopping_ && sink.is_writable())
                                      std::this_thread::sleep_for(std::chrono::milliseconds(5));
                                    return false;  // closes the connection
                                  });
  }

  httplib::Server server_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  int port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, Page> pages_;
  std::vector<std::string> ranges_, conditions_;
};

}  // namespace bitloom::get
