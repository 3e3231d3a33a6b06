#include "serve/runs/library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/test_folder.h"
#include "serve/testing/sample_run.h"

namespace bitloom::serve {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

LibraryLimits at_once() {
  LibraryLimits limits;
  limits.pause = std::chrono::milliseconds(0);
  limits.rest = 0;
  return limits;
}

class Runs : public testing::Test {
 protected:
  json list() { return json::parse(*library_.list().text); }
  std::vector<std::string> ids() {
    std::vector<std::string> ids;
    const json all = list();
    for (const json& run : all["runs"]) ids.push_back(run["id"]);
    return ids;
  }
  fs::path path(const std::string& name) const { return folder_.path() / name; }

  TestFolder folder_;
  Library library_{folder_.path(), at_once()};
};

TEST_F(Runs, AreFoundInSubfoldersAFewDeepAndInTheFolderItself) {
  for (const char* name : {"b", "a/b", "a/b/c/d", "a/b/c/d/e"}) write_run(path(name), 1, 2);
  EXPECT_THAT(ids(), ElementsAre("a/b", "a/b/c/d", "b"));
  put(path("train/metrics.jsonl"), metrics_line(1));
  EXPECT_THAT(ids(), ElementsAre(".", "a/b", "a/b/c/d", "b"));
  EXPECT_EQ(list()["runs"][0]["name"], folder_.path().filename().string());
}

TEST_F(Runs, AppearAndGoWithTheirFolders) {
  EXPECT_THAT(ids(), IsEmpty());
  write_run(path("late"), 1, 2);
  EXPECT_THAT(ids(), ElementsAre("late"));
  fs::remove_all(path("late"));
  EXPECT_THAT(ids(), IsEmpty());
  EXPECT_EQ(library_.metrics("late", 0, 0), std::nullopt);
  write_run(path("late"), 2, 2);
  EXPECT_EQ(list()["runs"][0]["rows"], 2);
}

TEST_F(Runs, AreNotLookedForBehindLinksInHiddenFoldersAndInsideARun) {
  TestFolder outside;
  write_run(outside.path() / "run", 1, 2);
  fs::create_directory_symlink(outside.path() / "run", path("link"));
  write_run(path(".hidden"), 1, 2);
  write_run(path("run"), 1, 2);
  write_run(path("run/models"), 1, 2);
  write_run(path("run/second"), 1, 2);
  EXPECT_THAT(ids(), ElementsAre("run", "run/second"));
}

TEST_F(Runs, MayHaveAnyNameThatAFileSystemTakes) {
  write_run(path("a b&c?d#e%f+g"), 1, 2);
  write_run(path("\xff<i>"), 1, 2);
  EXPECT_THAT(ids(), ElementsAre("%FF%3Ci%3E", "a%20b%26c%3Fd%23e%25f%2Bg"));
  EXPECT_EQ(list()["runs"][0]["name"], "\uFFFD<i>");
  EXPECT_NE(library_.metrics("%FF%3Ci%3E", 0, 0), std::nullopt);
}

TEST_F(Runs, ListChangesItsTagOnlyWithItsText) {
  write_run(path("run"), 1, 2);
  list();
  const TaggedText first = library_.list();
  list();
  EXPECT_EQ(library_.list().tag, first.tag);
  append(path("run/train/metrics.jsonl"), metrics_line(2, now_seconds()));
  list();
  EXPECT_NE(library_.list().tag, first.tag);
}

TEST_F(Runs, GiveOutReportsOfRunsAlone) {
  write_run(path("run"), 1, 2);
  put(path("run/report.html"), "<p>report</p>");
  put(path("report.html"), "<p>of no run</p>");
  TestFolder outside;
  put(outside.path() / "report.html", "<p>secret</p>");
  write_run(path("linked"), 1, 2);
  fs::create_symlink(outside.path() / "report.html", path("linked/report.html"));
  list();
  EXPECT_EQ(library_.report("run"), "<p>report</p>");
  const std::vector<std::string> none{"linked", ".",         "",      "..", "run/..", "run/../run", "/", outside.path().string(),
                                      "../",    "run/train", "%2e%2e"};
  for (const std::string& id : none) EXPECT_EQ(library_.report(id), std::nullopt) << id;
}

TEST_F(Runs, GiveOutNoReportOfAFolderThatBecameALinkSinceItWasFound) {
  TestFolder outside;
  put(outside.path() / "report.html", "<p>secret</p>");
  write_run(path("run"), 1, 2);
  put(path("run/report.html"), "<p>report</p>");
  LibraryLimits limits;
  limits.pause = std::chrono::hours(1);
  Library library(folder_.path(), limits);
  EXPECT_EQ(library.report("run"), "<p>report</p>");
  fs::remove_all(path("run"));
  fs::create_directory_symlink(outside.path(), path("run"));
  EXPECT_EQ(library.report("run"), std::nullopt);
}

TEST_F(Runs, FolderThatGoesAwayIsAProblemUntilItIsBack) {
  TestFolder parent;
  Library library(parent.path() / "runs", at_once());
  EXPECT_THAT(json::parse(*library.list().text)["problem"].get<std::string>(), HasSubstr("runs: missing"));
  write_run(parent.path() / "runs/a", 1, 2);
  const json list = json::parse(*library.list().text);
  EXPECT_EQ(list["problem"], "");
  EXPECT_EQ(list["runs"].size(), 1u);
}

TEST_F(Runs, OfTooManyFoldersAreToldToBeLeftOut) {
  LibraryLimits limits = at_once();
  limits.folders = 10;
  for (int i = 0; i < 30; ++i) write_run(path(std::to_string(i)), 1, 2);
  Library library(folder_.path(), limits);
  const json list = json::parse(*library.list().text);
  EXPECT_EQ(list["runs"].size(), 9u);
  EXPECT_THAT(list["problem"].get<std::string>(), HasSubstr("more than 10 folders"));
}

TEST_F(Runs, AreOnlyLookedAtOnceInAPause) {
  LibraryLimits limits;
  limits.pause = std::chrono::hours(1);
  Library library(folder_.path(), limits);
  const std::string tag = library.list().tag;
  write_run(path("run"), 1, 2);
  EXPECT_EQ(library.list().tag, tag);
}

TEST_F(Runs, SurviveFoldersThatChangeWhileTheyAreRead) {
  std::atomic<bool> done{false};
  std::thread vandal([&] {
    for (int i = 0; i < 300; ++i) {
      const fs::path run = path("run" + std::to_string(i % 7));
      write_run(run, i % 50, 60);
      append(run / "train/metrics.jsonl", "{\"epoch\":");
      if (i % 3 == 0) fs::remove_all(run);
      if (i % 3 == 1) put(run / "train/metrics.jsonl", "\xff\xfe");
    }
    done = true;
  });
  std::vector<std::thread> readers;
  std::atomic<int> looks{0};
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!done) {
        const json all = list();
        for (const json& run : all["runs"])
          EXPECT_TRUE(json::accept(library_.metrics(run["id"], 0, 0).value_or("{}")));
        ++looks;
      }
    });
  vandal.join();
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(looks, 0);
}

}  // namespace
}  // namespace bitloom::serve
