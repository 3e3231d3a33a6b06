#include "serve/http/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "base/test_folder.h"
#include "serve/http/site.h"
#include "serve/testing/http_client.h"
#include "serve/testing/sample_run.h"

namespace bitloom::serve {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class Server : public testing::Test {
 protected:
  void SetUp() override {
    write_run(folder_.path() / "a b", 3, 10);
    put(folder_.path() / "a b/report.html", "<p>report</p>");
    put(folder_.path() / "secret", "secret");
    server_.start();
  }
  int port() const { return server_.port(); }

  TestFolder folder_;
  Library library_{folder_.path()};
  Site site_{library_, HostCheck("127.0.0.1", true)};
  HttpServer server_{resolve("127.0.0.1"), 0, [this](const Request& request) { return site_.answer(request); }};
};

TEST_F(Server, AnswersOverASocket) {
  const Reply page = request(port(), "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.head, HasSubstr("Content-Type: text/html; charset=utf-8"));
  EXPECT_THAT(page.head, HasSubstr("Content-Security-Policy: default-src 'none'"));
  EXPECT_THAT(page.body, HasSubstr("</html>"));
  EXPECT_EQ(json::parse(request(port(), "/runs.json").body)["runs"].size(), 1u);
  EXPECT_EQ(json::parse(request(port(), "/metrics.json?run=a%20b&from=0").body)["columns"]["epoch"].size(), 3u);
  EXPECT_EQ(request(port(), "/report.html?run=a%20b").body, "<p>report</p>");
  EXPECT_EQ(request(port(), "/report.html?run=a+b").body, "<p>report</p>");
}

TEST_F(Server, AnswersHeadWithoutABodyAndAnUnchangedListWith304) {
  const Reply head = request(port(), "/runs.json", "HEAD");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_THAT(head.head, HasSubstr("Content-Length: "));
  const Reply list = request(port(), "/runs.json");
  const std::size_t tag = list.head.find("ETag: ") + 6;
  const std::string etag = list.head.substr(tag, list.head.find("\r\n", tag) - tag);
  const Reply same = request(port(), "/runs.json", "GET", "If-None-Match: " + etag + "\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
}

TEST_F(Server, CompressesNothingBecauseThatWouldTakeSeconds) {
  const Reply page = request(port(), "/report.css", "GET", "Accept-Encoding: gzip, deflate, br\r\n");
  EXPECT_THAT(page.head, Not(HasSubstr("Content-Encoding")));
  EXPECT_THAT(page.body, HasSubstr("color-scheme"));
}

TEST_F(Server, LetsNobodyOutOfTheFolder) {
  for (const char* target :
       {"/../secret", "/%2e%2e/secret", "/..%2fsecret", "/secret", "/a%20b/../secret", "/a%20b/..%5csecret", "//secret",
        "/report.html?run=..", "/report.html?run=../", "/report.html?run=%2e%2e%2f", "/report.html?run=a%20b/../a%20b",
        "/report.html?run=a%20b%00", "/report.html?run=/etc/passwd", "/report.html%00?run=a%20b", "/metrics.json?run=../secret"}) {
    const Reply reply = request(port(), target);
    EXPECT_EQ(reply.status, 404) << target;
    EXPECT_THAT(reply.body, Not(HasSubstr("secret"))) << target;
  }
}

TEST_F(Server, RefusesOtherMethodsOtherHostsAndNone) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
    EXPECT_EQ(request(port(), "/", method, "Content-Length: 0\r\n").status, 405) << method;
  EXPECT_THAT(send_and_receive(port(), "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"), HasSubstr(" 403 "));
  EXPECT_THAT(send_and_receive(port(), "GET / HTTP/1.1\r\n\r\n"), HasSubstr(" 403 "));
  EXPECT_THAT(send_and_receive(port(), "GET / HTTP/1.0\r\n\r\n"), HasSubstr(" 403 "));
  EXPECT_THAT(send_and_receive(port(), "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"), HasSubstr(" 403 "));
}

TEST_F(Server, SurvivesWhatIsNotHttp) {
  for (const std::string& bytes :
       {std::string("\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("GET / HTTP/9.9\r\nHost: localhost\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01", 6) + "\r\n\r\n", std::string("GET /%zz%f HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        "GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n",
        std::string("GET / HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-0,0-0,5-1,-\r\n\r\n")})
    EXPECT_THAT(send_and_receive(port(), bytes), Not(HasSubstr(" 200 "))) << bytes.substr(0, 40);
  EXPECT_EQ(request(port(), "/").status, 200) << "afterwards";
}

TEST_F(Server, AnswersWhileManyConnectionsAreHeldOpen) {
  std::vector<std::thread> idle;
  for (int i = 0; i < 20; ++i)
    idle.emplace_back([this] { send_and_receive(port(), ""); });  // as a browser's spare ones, until the server closes them
  EXPECT_LT(seconds_of([this] {
              for (int i = 0; i < 50; ++i) EXPECT_EQ(request(port(), "/runs.json").status, 200);
            }),
            5);
  EXPECT_LT(seconds_of([&] {
              for (std::thread& thread : idle) thread.join();
            }),
            10)
      << "every one was taken and closed";
}

TEST_F(Server, ServesManyClientsAtOnce) {
  std::atomic<int> good{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 40; ++i)
    clients.emplace_back([&] {
      for (int k = 0; k < 10; ++k) good += request(port(), k % 2 == 0 ? "/runs.json" : "/metrics.json?run=a%20b").status == 200;
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 400);
}

TEST_F(Server, FindsItsPortTakenAndSaysSo) {
  try {
    const HttpServer second(resolve("127.0.0.1"), port(), [](const Request&) { return Answer(); });
    FAIL() << "two servers at one port";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr(fmt::format("--port {}: is in use; give another one, or 0", port())));
  }
}

TEST_F(Server, SaysWhenTheAddressIsNotThisMachines) {
  try {
    const HttpServer server(resolve("192.0.2.1"), 0, [](const Request&) { return Answer(); });
    FAIL() << "listened at an address of nobody";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("--host 192.0.2.1: is no address of this machine"));
  }
}

TEST_F(Server, StopsAndFreesItsPort) {
  EXPECT_TRUE(server_.is_running());
  server_.stop();
  EXPECT_FALSE(server_.is_running());
  EXPECT_THROW(request(port(), "/"), std::runtime_error);
  server_.stop();
}

}  // namespace
}  // namespace bitloom::serve
