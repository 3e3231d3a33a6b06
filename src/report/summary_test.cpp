#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "report/testing/sample_report.h"

namespace bitloom::report {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Summary, SaysWhatTheNetworkKnewBeforeItWasTrainedThroughItsQuantization) {
  RunReport report = sample_report();
  EXPECT_TRUE(summary_json(report)["post_training_top1"].is_null());
  report.post_training_top1 = 91.25;
  EXPECT_EQ(summary_json(report)["post_training_top1"], 91.25);
  EXPECT_THAT(render_terminal_summary(report, ""), HasSubstr("quantized without training 91.25 %"));
}

TEST(SummaryJson, HasTheKeysThatOtherToolsRelyOn) {
  const json summary = summary_json(sample_report());
  EXPECT_EQ(summary["recipe"], "digits");
  EXPECT_EQ(summary["network"], "digits-ice40");
  EXPECT_EQ(summary["data"], "digits");
  EXPECT_EQ(summary["seed"], 1);
  EXPECT_EQ(summary["version"], "0.1.0 (commit fbc20a5)");
  EXPECT_EQ(summary["float_top1"], sample_report().float_accuracy->top1);
  EXPECT_EQ(summary["int_top1"], sample_report().int_accuracy->top1);
  EXPECT_EQ(summary["images"], 10'000);
  EXPECT_EQ(summary["float_bytes"], 21'032);
  EXPECT_EQ(summary["int_bytes"], 5'360);
  EXPECT_EQ(summary["origin"]["verify"], "simulated: Verilator 5.006, 200 images");
  EXPECT_EQ(summary["origin"]["float_bytes"], "counted: models/float.onnx, models/int8.onnx");
  EXPECT_EQ(summary["passed"], true);
}

TEST(SummaryJson, HoldsTheObjectsOfVerifyAndSynthAsTheyWerePrinted) {
  RunReport report = sample_report();
  const json summary = summary_json(report);
  EXPECT_EQ(summary["verify"], json::parse(report.verification->json));
  EXPECT_EQ(summary["synth"], json::parse(report.synthesis->json));
}

TEST(SummaryJson, HoldsTheLadderAndTheBitsOfLayers) {
  const json summary = summary_json(sample_report());
  EXPECT_EQ(summary["ladder"]["rungs"].size(), 3u);
  EXPECT_TRUE(summary["ladder"]["rungs"][1]["top1"].is_null());
  EXPECT_EQ(summary["ladder"]["rungs"][2]["kept"], true);
  EXPECT_EQ(summary["mixed_precision"]["layers"][1], (json{{"name", "conv2"}, {"weight_bits", 4}, {"activation_bits", 8}}));
  EXPECT_EQ(summary["mixed_precision"]["front"].size(), 41u);
}

TEST(SummaryJson, IsNullWhereNothingWasRun) {
  const json summary = summary_json(RunReport());
  for (const char* key : {"float_top1", "int_top1", "images", "float_bytes", "int_bytes", "parameters", "verify", "synth"})
    EXPECT_TRUE(summary.at(key).is_null()) << key;
  EXPECT_EQ(summary["origin"]["verify"], "not run: the run did not come this far");
  for (const json& check : summary["checks"]) EXPECT_EQ(check["outcome"], "not run");
}

TEST(SummaryJson, SaysWhichCheckFailedAndWhyTheRunStopped) {
  RunReport report = sample_report();
  report.verification->mismatches = 2;
  report.stopped = "two outputs differ";
  const json summary = summary_json(report);
  EXPECT_EQ(summary["passed"], false);
  EXPECT_EQ(summary["stopped"], "two outputs differ");
  EXPECT_EQ(summary["checks"][1]["name"], "equality");
  EXPECT_EQ(summary["checks"][1]["outcome"], "failed");
}

TEST(SummaryJson, CanBeWrittenWhateverBytesANameHolds) {
  RunReport report = sample_report();
  report.request.recipe = "a\xFF\x01" "b";
  report.stopped = "cut off: \xC3";
  EXPECT_THAT(summary_json(report).dump(), HasSubstr("\"a\uFFFDb\""));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(TerminalSummary, IsAboutTenAlignedLinesThatEndWithTheReport) {
  const std::vector<std::string> lines = lines_of(render_terminal_summary(sample_report(), "runs/digits/report.html"));
  EXPECT_EQ(lines.size(), 10u);
  EXPECT_EQ(lines.front(), "digits: digits-ice40 on digits for stream:ice40up5k, seed 1");
  EXPECT_EQ(lines[1], "  verdict   all 5 checks passed");
  EXPECT_EQ(lines[3], "  size      21.0 KB -> 5.4 KB, 3.92 times smaller  [counted]");
  EXPECT_EQ(lines[4], "  verify    0 of 2,000 outputs differ  [simulated]");
  EXPECT_EQ(lines.back(), "  report    runs/digits/report.html");
  for (std::size_t i = 1; i < lines.size(); ++i) EXPECT_EQ(lines[i].find_first_not_of(" ", 11), 12u) << lines[i];
}

TEST(TerminalSummary, SaysWhatWasNotRunAndWhy) {
  RunReport report = sample_report();
  report.synthesis = Origin(Origin::Kind::kNotRun, "the recipe sets synth: false");
  const std::string summary = render_terminal_summary(report, "report.html");
  EXPECT_THAT(summary, HasSubstr("  area      not run: the recipe sets synth: false\n"));
  EXPECT_THAT(summary, HasSubstr("  clock     not run: the recipe sets synth: false\n"));
}

TEST(TerminalSummary, ShowsFailuresAndWhyTheRunStopped) {
  RunReport report = sample_report();
  report.verification->mismatches = 2;
  report.stopped = "two outputs differ";
  const std::string summary = render_terminal_summary(report, "report.html");
  EXPECT_THAT(summary, HasSubstr("  verdict   failed: equality; 4 passed\n"));
  EXPECT_THAT(summary, HasSubstr("  stopped   two outputs differ\n"));
}

TEST(TerminalSummary, SendsNoControlCharactersToTheTerminal) {
  RunReport report = sample_report();
  report.request.recipe = "\x1B[2Jdigits";
  EXPECT_THAT(render_terminal_summary(report, "report.html"), StartsWith("[2Jdigits: "));
}

}  // namespace
}  // namespace bitloom::report
