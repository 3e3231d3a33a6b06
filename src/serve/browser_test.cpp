// Opens the page in a headless Chromium, lets runs grow, break and go under it, and measures what a reader would see.
// BITLOOM_SCREENSHOTS=DIR keeps pictures.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"
#include "report/testing/probe_script.h"
#include "serve/http/http_server.h"
#include "serve/http/site.h"
#include "serve/testing/browser.h"
#include "serve/testing/sample_run.h"

namespace bitloom::serve {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

LibraryLimits often() {
  LibraryLimits limits;
  limits.pause = std::chrono::milliseconds(50);
  return limits;
}

/// What stands in a row of the list, found by the run's name.
std::string row(const std::string& name, const std::string& part) {
  return fmt::format(
      "[...document.querySelectorAll('.run')].find((e) => e.querySelector('.name').textContent === '{}')?.querySelector('{}')", name, part);
}
std::string words(const std::string& name, const std::string& part) { return "(" + row(name, part) + "?.textContent ?? '')"; }

/// How many points the line of a chart has; charts in the page's order.
std::string points(int chart, int series = 0) {
  return fmt::format(
      "(document.querySelectorAll('#charts svg')[{}].querySelectorAll('path.line')[{}]?.getAttribute('d').match(/[ML]/g)?.length ?? 0)",
      chart, series);
}

class Browser : public testing::Test {
 protected:
  void SetUp() override {
    if (find_program("chromium").empty()) GTEST_SKIP() << "chromium is not installed: apt-get install chromium";
    server_.start();
  }

  std::string url() const { return resolve("127.0.0.1").url(server_.port()); }
  fs::path path(const std::string& name) const { return folder_.path() / name; }

  /// A browser that shows the page with what there is now.
  std::unique_ptr<TestBrowser> show(int width = 1280, bool dark = false, const std::string& choice = "") {
    auto browser = std::make_unique<TestBrowser>(width, dark);
    browser->open(url() + choice);
    EXPECT_TRUE(browser->becomes("document.body?.dataset.updates > 0")) << "the page stays empty";
    return browser;
  }

  static void keep_picture(TestBrowser& browser, const std::string& name) {
    if (const char* folder = std::getenv("BITLOOM_SCREENSHOTS")) browser.screenshot(fs::path(folder) / (name + ".png"));
  }

  /// Runs of every kind.
  void write_sample() {
    write_run(path("baseline"), 20, 20, 97.2);
    put(path("baseline/summary.json"), R"({"float_top1": 97.31, "int_top1": 97.18, "int_bytes": 61706, "passed": true})");
    put(path("baseline/report.html"), "<!doctype html><title>r</title><p>report of baseline</p>");
    write_run(path("sweep/lr-0.003"), 13, 30, 98.4, 0.003);
    write_run(path("sweep/lr-0.03"), 9, 30, 94.1, 0.03);
    put(path("killed/train/metrics.jsonl"), metrics_lines(1, 6, now_seconds() - 9000, 91) + R"({"epoch":7,"train_lo)");
    age(path("killed/train/metrics.jsonl"), 9000);
    put(path("killed/recipe.yaml"), recipe_text(30));
    put(path("begun/train/checkpoint"), "");
    put(path("begun/train/metrics.jsonl"), "");
  }

  TestFolder folder_;
  Library library_{folder_.path(), often()};
  Site site_{library_, HostCheck("127.0.0.1", true)};
  HttpServer server_{resolve("127.0.0.1"), 0, [this](const Request& request) { return site_.answer(request); }};
};

TEST_F(Browser, ShowsRunsWithoutErrorsOverflowOrFaintTextOnEveryScreen) {
  write_sample();
  for (const int width : {1280, 390})
    for (const bool dark : {false, true}) {
      SCOPED_TRACE(fmt::format("{} pixels, {}", width, dark ? "dark" : "light"));
      const auto browser = show(width, dark);
      EXPECT_TRUE(browser->becomes(points(0, 3) + " > 0")) << "four runs have curves";
      keep_picture(*browser, fmt::format("runs-{}-{}", width, dark ? "dark" : "light"));
      const json found = browser->evaluate(std::string(report::kProbeFunction) + "probe(document, window)");
      EXPECT_THAT(browser->complaints, IsEmpty());
      EXPECT_THAT(browser->requests, Each(testing::AnyOf(StartsWith(url()), "data:,")));
      EXPECT_EQ(found["dark"], dark);
      EXPECT_EQ(found["width"], width);
      EXPECT_LE(found["content_width"], width) << "the page scrolls sideways";
      EXPECT_EQ(found["outside"], json::array()) << "stick out";
      EXPECT_EQ(found["faint"], json::array()) << "have too little contrast";
      EXPECT_EQ(found["flat"], json::array()) << "have no size";
      EXPECT_EQ(found["charts"], 6);
    }
}

TEST_F(Browser, TellsWhereEachRunStands) {
  write_sample();
  const auto browser = show();
  EXPECT_EQ(browser->evaluate(words("baseline", ".state")), "finished");
  EXPECT_EQ(browser->evaluate(words("baseline", ".words")), "20 epochs");
  EXPECT_EQ(browser->evaluate(words("baseline", ".verdict-note")), "all checks passed");
  EXPECT_EQ(browser->evaluate(words("sweep/lr-0.003", ".state")), "running");
  EXPECT_THAT(browser->evaluate(words("sweep/lr-0.003", ".words")).get<std::string>(), StartsWith("epoch 13 of 30, about 2 min 50 s left"));
  EXPECT_EQ(browser->evaluate(words("killed", ".state")), "stopped");
  EXPECT_THAT(browser->evaluate(words("killed", ".problems")).get<std::string>(), StartsWith("train/metrics.jsonl:7: half a line"));
  EXPECT_EQ(browser->evaluate(words("begun", ".words")), "in its first epoch");
}

TEST_F(Browser, DrawsARunAgainAsItGrowsAndRunsThatAppearLater) {
  write_run(path("live"), 2, 10);
  const auto browser = show();
  EXPECT_TRUE(browser->becomes(points(0) + " === 2"));
  const double start = now_seconds() - 20;
  for (int done = 3; done <= 5; ++done) {
    write_file(path("live/train/metrics.jsonl"), metrics_lines(1, done, start));
    EXPECT_TRUE(browser->becomes(fmt::format("{} === {}", points(0), done))) << done << " epochs";
    EXPECT_TRUE(browser->becomes(words("live", ".words") + fmt::format(".startsWith('epoch {} of 10')", done)));
  }
  write_run(path("later"), 3, 10);
  EXPECT_TRUE(browser->becomes(row("later", ".name"))) << "a run that appears later turns up";
  EXPECT_TRUE(browser->becomes(points(0, 1) + " === 3")) << "and is drawn";
  write_file(path("live/train/metrics.jsonl"), metrics_lines(1, 10, start));
  EXPECT_TRUE(browser->becomes(words("live", ".state") + " === 'finished'"));
  EXPECT_THAT(browser->complaints, IsEmpty());
}

TEST_F(Browser, SurvivesARunThatIsKilledInTheMiddleOfALineAndDeleted) {
  write_run(path("other"), 4, 10);
  write_run(path("victim"), 4, 10);
  const auto browser = show();
  EXPECT_TRUE(browser->becomes(points(0, 1) + " === 4"));
  append(path("victim/train/metrics.jsonl"), R"({"epoch":5,"train_loss":0.)");
  EXPECT_TRUE(browser->becomes(words("victim", ".problems") + ".startsWith('train/metrics.jsonl:5: half a line')"));
  EXPECT_EQ(browser->evaluate(points(0, 1)), 4) << "what was whole is shown";
  put(path("victim/train/metrics.jsonl"), "\xff\xfe nonsense\n");
  EXPECT_TRUE(browser->becomes(words("victim", ".problems") + ".startsWith('train/metrics.jsonl:1: not JSON')"));
  fs::remove(path("victim/train/metrics.jsonl"));
  put(path("victim/train/checkpoint"), "");
  EXPECT_TRUE(browser->becomes(words("victim", ".problems") + " === 'train/metrics.jsonl: missing'"));
  fs::remove_all(path("victim"));
  EXPECT_TRUE(browser->becomes("document.querySelectorAll('.run').length === 1"));
  append(path("other/train/metrics.jsonl"), metrics_line(5, now_seconds()));
  EXPECT_TRUE(browser->becomes(points(0) + " === 5")) << "the page lives on";
  EXPECT_THAT(browser->complaints, IsEmpty());
}

TEST_F(Browser, ComparesTheRunsThatAreChosen) {
  write_sample();
  const auto browser = show();
  browser->evaluate("document.getElementById('choose-none').click()");
  EXPECT_EQ(browser->evaluate("document.getElementById('charts').hidden"), true);
  for (const char* name : {"baseline", "sweep/lr-0.003"}) browser->evaluate(row(name, "input") + ".click()");
  EXPECT_TRUE(browser->becomes(points(0, 1) + " > 0"));
  EXPECT_EQ(browser->evaluate("[...document.querySelectorAll('#legend .name')].map((e) => e.textContent)"),
            (json{"baseline", "sweep/lr-0.003"}));
  EXPECT_EQ(browser->evaluate("[...document.querySelectorAll('#figures tbody tr')].map((e) => e.children[1].textContent)"),
            (json{"20 of 20", "13 of 30"}));
  EXPECT_EQ(browser->evaluate("[...document.querySelectorAll('#recipes tbody tr')].map((e) => [...e.children].map((c) => c.textContent))"),
            (json{{"train.epochs", "20", "30"}, {"train.learning_rate", "0.01", "0.003"}}));

  browser->point_at("#charts svg", 0.5, 0.5);
  EXPECT_TRUE(browser->becomes("!document.querySelector('.tip').hidden"));
  EXPECT_THAT(browser->evaluate("document.querySelector('.tip p').textContent").get<std::string>(),
              StartsWith("Validation accuracy epoch 1"));
  EXPECT_EQ(browser->evaluate("document.querySelectorAll('.tip li').length"), 2);
  EXPECT_THAT(browser->evaluate("document.querySelector('.tip li .value').textContent").get<std::string>(), testing::EndsWith(" %"));
  EXPECT_EQ(browser->evaluate("document.querySelectorAll('.cursor line').length"), 6) << "the cursor stands in every chart";
  keep_picture(*browser, "compared");

  browser->evaluate("document.querySelector('input[value=time]').click()");
  EXPECT_TRUE(browser->becomes("document.querySelector('#charts svg').textContent.includes('wall time')"));
  EXPECT_EQ(browser->evaluate("document.querySelector('.tip').hidden"), true);
  browser->evaluate("document.getElementById('late').click()");
  const std::string address = browser->evaluate("location.hash");
  EXPECT_EQ(address, "#runs=baseline,sweep/lr-0.003&along=time&late=1");
  keep_picture(*browser, "compared-time");

  const auto again = show(1280, false, address);
  EXPECT_TRUE(again->becomes(points(0, 1) + " > 0"));
  EXPECT_EQ(again->evaluate("document.querySelector('input[value=time]').checked && document.getElementById('late').checked"), true);
  EXPECT_EQ(again->evaluate("document.querySelectorAll('.run input:checked').length"), 2) << "the address keeps the choice";
  EXPECT_THAT(browser->complaints, IsEmpty());
}

TEST_F(Browser, OpensTheReportOfARun) {
  write_sample();
  const auto browser = show();
  const std::string address = browser->evaluate(row("baseline", ".report") + ".href");
  EXPECT_EQ(address, url() + "report.html?run=baseline");
  EXPECT_EQ(browser->evaluate(row("killed", ".report") + ".hidden"), true);
  browser->open(address);
  EXPECT_TRUE(browser->becomes("document.body?.textContent.includes('report of baseline')"));
  EXPECT_THAT(browser->complaints, IsEmpty());
}

TEST_F(Browser, CanBeUsedWithoutAPointer) {
  write_sample();
  const auto browser = show();
  EXPECT_TRUE(browser->becomes(points(0, 3) + " > 0"));
  std::vector<std::string> reached;
  for (int i = 0; i < 40; ++i) {
    browser->press("Tab");
    reached.push_back(browser->evaluate(
        "(document.activeElement.id || document.activeElement.name || document.activeElement.className || document.activeElement.type)"));
    if (reached.back() == "figure" && browser->evaluate("document.querySelector('.tip').hidden") == true && reached.size() > 1) {
      browser->press("Home");
      EXPECT_EQ(browser->evaluate("document.querySelector('.tip').hidden"), false);
      EXPECT_THAT(browser->evaluate("document.querySelector('.tip p').textContent").get<std::string>(), HasSubstr("epoch 1"));
      browser->press("ArrowRight");
      EXPECT_THAT(browser->evaluate("document.querySelector('.tip p').textContent").get<std::string>(), HasSubstr("epoch 2"));
      browser->press("Escape");
      EXPECT_EQ(browser->evaluate("document.querySelector('.tip').hidden"), true);
    }
    if (reached.back() == "recipes") break;
  }
  for (const char* part : {"filter", "choose-all", "choose-none", "checkbox", "report", "axis", "late", "figure", "figures", "recipes"})
    EXPECT_THAT(reached, Contains(part));
  browser->evaluate(row("begun", "input") + ".focus()");
  const std::string in_legend = "[...document.querySelectorAll('#legend .name')].some((e) => e.textContent === 'begun')";
  EXPECT_EQ(browser->evaluate(in_legend), true);
  browser->press(" ");
  EXPECT_TRUE(browser->becomes("!" + in_legend));
  browser->press(" ");
  EXPECT_TRUE(browser->becomes(in_legend));
  EXPECT_EQ(browser->evaluate("document.activeElement.type"), "checkbox") << "the focus stays where it was";
  EXPECT_THAT(browser->complaints, IsEmpty());
}

TEST_F(Browser, FiltersByName) {
  write_sample();
  const auto browser = show();
  browser->evaluate("{ const f = document.getElementById('filter'); f.value = 'SWEEP'; f.dispatchEvent(new Event('input')); }");
  EXPECT_EQ(browser->evaluate("[...document.querySelectorAll('.run .name')].map((e) => e.textContent).sort()"),
            (json{"sweep/lr-0.003", "sweep/lr-0.03"}));
}

TEST_F(Browser, ShowsHostileNamesAndRecipesAsText) {
  const std::string hostile = "<img src=x onerror=window.broken=1>";
  write_run(path(hostile), 2, 10);
  put(path(hostile) / "recipe.yaml", "data: {set: \"<script>window.broken=1</script>\"}\nnetwork: {name: \"</td><b>x\"}\n");
  write_run(path("b&run=a'\"%22 \xff"), 2, 10);
  const auto browser = show(390);
  EXPECT_TRUE(browser->becomes(points(0, 1) + " === 2"));
  EXPECT_EQ(browser->evaluate("document.querySelectorAll('#recipes b, .run img, #recipes script').length + (window.broken ?? 0)"), 0);
  EXPECT_THAT(browser->evaluate("document.getElementById('recipes').textContent").get<std::string>(),
              HasSubstr("<script>window.broken=1</script>"));
  const json found = browser->evaluate(std::string(report::kProbeFunction) + "probe(document, window)");
  EXPECT_LE(found["content_width"], 390);
  EXPECT_EQ(found["outside"], json::array());
  EXPECT_THAT(browser->complaints, IsEmpty());
}

TEST_F(Browser, SaysThatThereIsNoRunYet) {
  const auto browser = show(390);
  EXPECT_THAT(browser->evaluate("document.getElementById('no-runs').textContent").get<std::string>(),
              HasSubstr("bitloom run recipes/digits.yaml --out"));
  EXPECT_LE(browser->evaluate("document.documentElement.scrollWidth"), 390);
  keep_picture(*browser, "empty-390");
  write_run(path("first"), 1, 10);
  EXPECT_TRUE(browser->becomes("document.getElementById('no-runs').hidden"));
  EXPECT_TRUE(browser->becomes(points(0) + " === 1"));
}

TEST_F(Browser, SaysThatTheServerIsGone) {
  write_run(path("run"), 2, 10);
  const auto browser = show();
  EXPECT_TRUE(browser->becomes(points(0) + " === 2"));
  server_.stop();
  EXPECT_TRUE(browser->becomes("document.getElementById('notice').textContent.startsWith('The server does not answer')"));
  EXPECT_EQ(browser->evaluate(points(0)), 2) << "what was known stays";
}

TEST_F(Browser, KeepsUpWithManyLongRuns) {
  for (int i = 0; i < 20; ++i)
    put(path(fmt::format("run-{:02}", i)) / "train/metrics.jsonl", metrics_lines(1, 5000, now_seconds() - 50'000, 80 + i));
  const auto browser = show();
  EXPECT_TRUE(browser->becomes("document.querySelectorAll('.run').length === 20"));
  browser->evaluate("document.getElementById('choose-all').click()");
  EXPECT_TRUE(browser->becomes("document.querySelectorAll('#charts svg')[5].querySelectorAll('path.line').length === 20", 60));
  EXPECT_LT(
      browser->evaluate("Math.max(...[...document.querySelectorAll('path.line')].map((e) => e.getAttribute('d').match(/[ML]/g).length))"),
      2500)
      << "of points that share a column of pixels a few are drawn";
  keep_picture(*browser, "many");
  EXPECT_THAT(browser->complaints, IsEmpty());
}

}  // namespace
}  // namespace bitloom::serve
