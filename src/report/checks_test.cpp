#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/testing/sample_report.h"
#include "report/verdict.h"

namespace bitloom::report {
namespace {

using testing::HasSubstr;
using Outcome = Check::Outcome;

Check check_named(const RunReport& report, const std::string& name) {
  for (const Check& check : checks(report))
    if (check.name == name) return check;
  ADD_FAILURE() << "no check '" << name << "'";
  return {};
}

void expect_failed(const RunReport& report, const std::string& name, const std::string& detail) {
  const Check check = check_named(report, name);
  EXPECT_EQ(check.outcome, Outcome::kFailed);
  EXPECT_THAT(check.detail, HasSubstr(detail));
  EXPECT_FALSE(passed(report));
  EXPECT_THAT(verdict(report).line, HasSubstr("failed: "));
  EXPECT_THAT(verdict(report).line, HasSubstr(name));
}

TEST(Checks, PassOnTheSample) {
  for (const Check& check : checks(sample_report())) EXPECT_EQ(check.outcome, Outcome::kPassed) << check.name << ": " << check.detail;
  EXPECT_TRUE(passed(sample_report()));
  EXPECT_EQ(verdict(sample_report()).line, "all 5 checks passed");
}

TEST(Checks, FailWhenTheIntegerNetworkLosesMoreThanAllowed) {
  RunReport report = sample_report();
  report.float_accuracy->top1 = 98.5;
  report.int_accuracy->top1 = 97.49;
  expect_failed(report, "accuracy", "INT8 loses 1.01 points against float; 1.00 may be lost");
}

TEST(Checks, PassAtExactlyTheAllowedLossAndWhenAccuracyIsGained) {
  RunReport report = sample_report();
  report.request.max_drop = 0.1;
  report.float_accuracy->top1 = 98.7;
  report.int_accuracy->top1 = 98.6;  // 98.7 - 98.6 is a little more than 0.1 in binary
  EXPECT_EQ(check_named(report, "accuracy").outcome, Outcome::kPassed);
  report.int_accuracy->top1 = 98.8;
  EXPECT_THAT(check_named(report, "accuracy").detail, HasSubstr("gains 0.10 points"));
}

TEST(Checks, FailOnASingleDifferingOutput) {
  RunReport report = sample_report();
  report.verification->mismatches = 1;
  report.verification->first_mismatch = "image 3, output 7: 12 instead of 13";
  expect_failed(report, "equality", "1 of 2,000 outputs differ on 200 images; first: image 3, output 7");
}

TEST(Checks, FailWhenASimulationBreaksOffOrComparesNothing) {
  RunReport report = sample_report();
  report.verification->failure = "no output for 100,000 cycles";
  expect_failed(report, "equality", "no output for 100,000 cycles");
  report = sample_report();
  report.verification->outputs = 0;
  expect_failed(report, "equality", "no output was compared");
}

TEST(Checks, FailWhenTheSecondSimulatorDisagrees) {
  RunReport report = sample_report();
  report.verification->second_mismatches = 2;
  expect_failed(report, "second simulator", "2 outputs differ on 3 images in Icarus Verilog 11.0");
}

TEST(Checks, FailWhenAResourceRunsOut) {
  RunReport report = sample_report();
  report.resources[0].synthesized = 5281;
  expect_failed(report, "fit", "needs 5,281 of 5,280 logic cells");
}

TEST(Checks, SayWhyThereIsNoTiming) {
  RunReport report = sample_report();
  report.synthesis->fmax_mhz.reset();
  EXPECT_EQ(check_named(report, "clock").detail, "the open tools give no timing for this part");
  report.resources[0].synthesized = 5281;
  report.synthesis->failure = "does not fit";
  EXPECT_EQ(check_named(report, "clock").detail, "there is no layout to take the timing from");
}

TEST(Checks, FailBelowTheClockAskedFor) {
  RunReport report = sample_report();
  report.synthesis->fmax_mhz = 23.9;
  expect_failed(report, "clock", "at most 23.9 MHz; 24 MHz asked for");
}

TEST(Checks, FailWhenAToolFailedThoughItsFiguresWouldPass) {
  RunReport report = sample_report();
  report.synthesis->failure = "icepack: no bitstream was written";
  expect_failed(report, "synthesis", "no bitstream was written");
}

TEST(Checks, FailWhenTheRunStoppedEarly) {
  RunReport report;
  report.stopped = "hardware: needs 9,000 logic cells of 5,280";
  expect_failed(report, "run", "needs 9,000 logic cells");
}

TEST(Checks, DoNotCountAFailureTwiceThatEndedTheRun) {
  RunReport report = sample_report();
  report.int_accuracy->top1 = 50;
  report.stopped = "accuracy fell";
  EXPECT_EQ(verdict(report).line, "failed: accuracy; 4 passed");
}

TEST(Checks, AreNotRunWithTheReasonOfWhatIsMissing) {
  RunReport report = sample_report();
  report.verification = Origin(Origin::Kind::kNotRun, "Verilator is not installed");
  report.synthesis->fmax_mhz.reset();
  EXPECT_EQ(check_named(report, "equality").detail, "Verilator is not installed");
  EXPECT_EQ(check_named(report, "clock").outcome, Outcome::kNotRun);
  EXPECT_TRUE(passed(report));
  EXPECT_EQ(verdict(report).line, "2 checks passed, 3 not run");
}

TEST(Verdict, DoesNotCallARunWithoutChecksPassed) {
  EXPECT_EQ(verdict(RunReport()).outcome, Outcome::kNotRun);
  EXPECT_EQ(verdict(RunReport()).line, "no check was run");
}

TEST(Verdict, CountsWhatPassedBesideWhatFailed) {
  RunReport report = sample_report();
  report.synthesis->fmax_mhz = 10;
  report.verification->second_images = 0;
  EXPECT_EQ(verdict(report).line, "failed: clock; 3 passed, 1 not run");
}

}  // namespace
}  // namespace bitloom::report
