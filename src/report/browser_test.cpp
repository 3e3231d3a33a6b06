// Opens reports in a headless Chromium, from the disk and without a network, and measures what a reader would see.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "base/subprocess.h"
#include "base/test_folder.h"
#include "report/html.h"
#include "report/testing/probe_script.h"
#include "report/testing/sample_report.h"

namespace bitloom::report {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

enum class Scheme { kLight, kDark };

class Browser : public testing::Test {
 protected:
  void SetUp() override {
    if (find_program("chromium").empty()) GTEST_SKIP() << "chromium is not installed: apt-get install chromium";
  }

  /// Runs Chromium on one file of the test's folder. No name resolves to an address, so nothing can come from outside.
  std::string open(const std::string& file, std::vector<std::string> options, Scheme scheme = Scheme::kLight) const {
    std::vector<std::string> command{
        "timeout", "120", "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
        "--no-first-run", "--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
        "--enable-logging=stderr", "--log-level=0", fmt::format("--user-data-dir={}/profile", folder_.path().string()),
        fmt::format("--blink-settings=preferredColorScheme={}", scheme == Scheme::kDark ? 0 : 1)};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back("file://" + (folder_.path() / file).string());
    const SubprocessResult result = run_subprocess(command);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return result.output;
  }

  /// What the probe script found in the page when it is `width` pixels wide. The page is shown in a frame of that width, because a
  /// browser's own window cannot be made as narrow as a phone.
  json probe(const std::string& page, int width, Scheme scheme = Scheme::kLight) const {
    const Markup frame = element("iframe", {{"width", width}, {"height", 16'000}, {"srcdoc", page}});
    write_file(folder_.path() / "probe.html", fmt::format("<!doctype html><meta charset=utf-8><meta name=color-scheme content='light dark'>"
                                                          "{}<pre id=found></pre><script>{}{}</script>",
                                                          frame.str(), kProbeFunction, kProbeScript));
    const std::string output = open("probe.html", {"--window-size=1400,1000", "--dump-dom"}, scheme);
    const std::string before = "<pre id=\"found\">";
    const std::size_t begin = output.find(before), end = output.find("</pre>", begin);
    if (begin == std::string::npos || end == std::string::npos) throw std::runtime_error("the probe did not answer: " + output);
    json found = json::parse(output.substr(begin + before.size(), end - begin - before.size()));
    found["console"] = console_lines(output);
    return found;
  }

  /// Messages of the page's console: every error, every script that failed, every reference that its own policy forbade.
  static std::vector<std::string> console_lines(const std::string& output) {
    std::vector<std::string> lines;
    for (std::size_t at = output.find(":CONSOLE:"); at != std::string::npos; at = output.find(":CONSOLE:", at + 1))
      lines.push_back(output.substr(at, output.find('\n', at) - at));
    return lines;
  }

  TestFolder folder_;
};

void expect_readable(const json& found, int width, Scheme scheme) {
  EXPECT_EQ(found["console"], json::array());
  EXPECT_EQ(found["requests"], json::array()) << "the page asked for something outside itself";
  EXPECT_EQ(found["dark"], scheme == Scheme::kDark);
  EXPECT_EQ(found["width"], width);
  EXPECT_LE(found["content_width"], width) << "the page scrolls sideways";
  EXPECT_EQ(found["outside"], json::array()) << "stick out at " << width << " pixels";
  EXPECT_EQ(found["faint"], json::array()) << "have too little contrast";
  EXPECT_EQ(found["flat"], json::array()) << "have no size";
  EXPECT_EQ(found["broken"], false) << "text ran as a script";
}

TEST_F(Browser, ShowsAReportWithoutErrorsOverflowOrFaintTextOnEveryScreen) {
  const std::string page = render_html(sample_report());
  for (const int width : {1280, 390})
    for (const Scheme scheme : {Scheme::kLight, Scheme::kDark}) {
      SCOPED_TRACE(fmt::format("{} pixels, {}", width, scheme == Scheme::kDark ? "dark" : "light"));
      const json found = probe(page, width, scheme);
      expect_readable(found, width, scheme);
      EXPECT_EQ(found["charts"], 7);  // pipeline, bits, two curves, three confusion matrices
      EXPECT_EQ(found["pictures"], 12);
      EXPECT_EQ(found["tip"], "25.0 % of 8 bits, 8.0 dB");
    }
}

TEST_F(Browser, ShowsAReportOfHostileNamesAsText) {
  for (const int width : {1280, 390}) expect_readable(probe(render_html(hostile_report()), width), width, Scheme::kLight);
}

TEST_F(Browser, ShowsAReportOfARunOfWhichNothingHappened) {
  const json found = probe(render_html(RunReport()), 390);
  expect_readable(found, 390, Scheme::kLight);
  EXPECT_EQ(found["charts"], 0);
}

TEST_F(Browser, FindsEveryFaultThatItLooksFor) {
  std::string page = render_html(sample_report());
  const std::size_t policy = page.find("<meta http-equiv");
  page.erase(policy, page.find('>', policy) + 1 - policy);
  page.insert(page.find("</main>"),
              "<p style='width:2000px'>wide</p><p style='color:#bbb;background:#fff'>faint</p><svg class=chart style='height:0'></svg>"
              "<img src='http://outside.invalid/x.png'><script>window.broken = 1; console.error('fault')</script>");
  const json found = probe(page, 1280);
  EXPECT_GT(found["content_width"], 1280);
  EXPECT_THAT(found["outside"], Not(IsEmpty()));
  EXPECT_THAT(found["faint"].dump(), HasSubstr("faint"));
  EXPECT_EQ(found["flat"].size(), 1u);
  EXPECT_THAT(found["requests"].dump(), HasSubstr("outside.invalid"));
  EXPECT_THAT(found["console"].dump(), HasSubstr("fault"));
  EXPECT_EQ(found["broken"], true);
}

/// Colours that occur in a PNG file.
std::set<std::uint32_t> colours_of(const fs::path& file) {
  png_image head{};
  head.version = PNG_IMAGE_VERSION;
  EXPECT_TRUE(png_image_begin_read_from_file(&head, file.c_str())) << head.message;
  head.format = PNG_FORMAT_RGBA;
  std::vector<std::uint32_t> pixels(PNG_IMAGE_SIZE(head) / sizeof(std::uint32_t));
  EXPECT_TRUE(png_image_finish_read(&head, nullptr, pixels.data(), 0, nullptr)) << head.message;
  return {pixels.begin(), pixels.end()};
}

TEST_F(Browser, PaintsTheFileAsItLiesOnTheDisk) {
  write_file(folder_.path() / "report.html", render_html(sample_report()));
  const std::string output =
      open("report.html", {"--window-size=1280,1600", fmt::format("--screenshot={}", (folder_.path() / "shot.png").string())});
  EXPECT_THAT(console_lines(output), IsEmpty());
  EXPECT_GT(colours_of(folder_.path() / "shot.png").size(), 50u);
}

}  // namespace
}  // namespace bitloom::report
