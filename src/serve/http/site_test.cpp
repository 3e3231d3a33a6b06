#include "serve/http/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/test_folder.h"
#include "report/page_style.h"
#include "serve/testing/sample_run.h"

namespace bitloom::serve {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Pages : public testing::Test {
 protected:
  void SetUp() override {
    write_run(folder_.path() / "a b", 3, 10);
    put(folder_.path() / "a b/report.html", "<p>report</p>");
  }
  static Request get(const std::string& path, std::map<std::string, std::string> query = {}) {
    Request request;
    request.method = "GET";
    request.path = path;
    request.query = std::move(query);
    request.hosts = {"localhost:8090"};
    return request;
  }
  static std::string header(const Answer& answer, std::string_view name) {
    std::string value;
    for (const auto& [key, text] : answer.headers)
      if (key == name) value += text;
    return value;
  }

  TestFolder folder_;
  Library library_{folder_.path()};
  Site site_{library_, HostCheck("127.0.0.1", true)};
};

TEST_F(Pages, AreThePageAndItsParts) {
  EXPECT_THAT(*site_.answer(get("/")).body, StartsWith("<!doctype html>"));
  EXPECT_EQ(site_.answer(get("/")).type, "text/html; charset=utf-8");
  EXPECT_EQ(site_.answer(get("/main.js")).type, "text/javascript; charset=utf-8");
  EXPECT_EQ(site_.answer(get("/page.css")).type, "text/css; charset=utf-8");
  EXPECT_EQ(*site_.answer(get("/report.css")).body, report::style_sheet());
}

TEST_F(Pages, NameNoOtherMachine) {
  const std::string svg = "http://www.w3.org/2000/svg";  // a name that is never asked for
  for (const char* name :
       {"/", "/main.js", "/api.js", "/chart.js", "/run_list.js", "/tables.js", "/tip.js", "/scale.js", "/format.js", "/page.css"}) {
    const Answer answer = site_.answer(get(name));
    ASSERT_EQ(answer.status, 200) << name;
    std::string source = *answer.body;
    if (const std::size_t at = source.find(svg); at != std::string::npos) source.erase(at, svg.size());
    EXPECT_THAT(source, Not(HasSubstr("http:"))) << name;
    EXPECT_THAT(source, Not(HasSubstr("https:"))) << name;
  }
}

TEST_F(Pages, SendTheListAgainOnlyWhenItChanged) {
  const Answer first = site_.answer(get("/runs.json"));
  EXPECT_EQ(first.type, "application/json");
  EXPECT_EQ(json::parse(*first.body)["runs"][0]["name"], "a b");
  Request again = get("/runs.json");
  again.if_none_match = header(first, "ETag");
  const Answer second = site_.answer(again);
  EXPECT_EQ(second.status, 304);
  EXPECT_EQ(second.body, nullptr);
  again.if_none_match = "\"other\"";
  EXPECT_EQ(site_.answer(again).status, 200);
}

TEST_F(Pages, SendMetricsOfARunFromARowOn) {
  const json all = json::parse(*site_.answer(get("/metrics.json", {{"run", "a b"}})).body);
  EXPECT_EQ(all["columns"]["epoch"], (json{1, 2, 3}));
  const json rest =
      json::parse(*site_.answer(get("/metrics.json", {{"run", "a b"}, {"generation", all["generation"]}, {"from", "2"}})).body);
  EXPECT_EQ(rest["columns"]["epoch"], json{3});
  for (const char* from : {"-1", "x", "", "99999999999999999999999", "1e9"})
    EXPECT_EQ(
        json::parse(*site_.answer(get("/metrics.json", {{"run", "a b"}, {"generation", all["generation"]}, {"from", from}})).body)["from"],
        0)
        << from;
  EXPECT_EQ(site_.answer(get("/metrics.json", {{"run", "nowhere"}})).status, 404);
  EXPECT_EQ(site_.answer(get("/metrics.json")).status, 404);
}

TEST_F(Pages, SendReportsInABoxOfTheirOwn) {
  const Answer answer = site_.answer(get("/report.html", {{"run", "a b"}}));
  EXPECT_EQ(*answer.body, "<p>report</p>");
  EXPECT_THAT(header(answer, "Content-Security-Policy"), StartsWith("sandbox allow-scripts; default-src 'none'"));
}

TEST_F(Pages, SendNothingThatIsNotAReportOfARun) {
  put(folder_.path() / "secret", "secret");
  put(folder_.path() / "a b/secret", "secret");
  for (const char* run : {"..", "../a b", "a b/../a b", "a b/", "/etc", "", ".", "a b/secret", "secret", "a b/report.html"})
    EXPECT_EQ(site_.answer(get("/report.html", {{"run", run}})).status, 404) << run;
  for (const char* path :
       {"/../secret", "/..", "//", "/secret", "/a b/secret", "/a b/report.html", "/a b/../secret", "/./secret", "/%2e%2e/secret",
        "/etc/passwd", "//etc/passwd", "/index.html/..", "", "\\..\\secret", "/train/metrics.jsonl", "/report.html/../../secret"})
    EXPECT_THAT(site_.answer(get(path)).status, 404) << path;
  std::string with_zero = "/report.html";
  with_zero += '\0';
  EXPECT_EQ(site_.answer(get(with_zero)).status, 404);
}

TEST_F(Pages, AreReadOnly) {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", ""}) {
    Request request = get("/");
    request.method = method;
    const Answer answer = site_.answer(request);
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(header(answer, "Allow"), "GET, HEAD");
  }
  Request head = get("/runs.json");
  head.method = "HEAD";
  EXPECT_EQ(site_.answer(head).status, 200);
}

TEST_F(Pages, AnswerToTheirOwnNamesAlone) {
  for (const char* path : {"/", "/runs.json", "/metrics.json", "/report.html"}) {
    Request request = get(path, {{"run", "a b"}});
    request.hosts = {"evil.example"};
    const Answer answer = site_.answer(request);
    EXPECT_EQ(answer.status, 403) << path;
    EXPECT_THAT(*answer.body, Not(HasSubstr("a b")));
    request.hosts.clear();
    EXPECT_EQ(site_.answer(request).status, 403) << path;
  }
}

TEST_F(Pages, ServeNoRanges) {
  Request request = get("/runs.json");
  request.has_range = true;
  EXPECT_EQ(site_.answer(request).status, 400);
}

TEST_F(Pages, LetNothingComeFromElsewhere) {
  for (const char* path : {"/", "/main.js", "/runs.json", "/nowhere"}) {
    const Answer answer = site_.answer(get(path));
    const std::string policy = header(answer, "Content-Security-Policy");
    EXPECT_THAT(policy, StartsWith("default-src 'none'")) << path;
    EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'")) << path;
    EXPECT_THAT(policy, Not(HasSubstr("unsafe"))) << path;
    EXPECT_THAT(policy, Not(HasSubstr("http"))) << path;
    EXPECT_THAT(policy, Not(HasSubstr("*"))) << path;
    EXPECT_EQ(header(answer, "X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(header(answer, "Cross-Origin-Resource-Policy"), "same-origin") << path;
    EXPECT_EQ(header(answer, "Cache-Control"), "no-store") << path;
  }
}

}  // namespace
}  // namespace bitloom::serve
