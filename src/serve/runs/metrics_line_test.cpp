#include "serve/runs/metrics_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "serve/testing/sample_run.h"

namespace bitloom::serve {
namespace {

using testing::StartsWith;

std::string problem_of(std::string_view line) {
  EpochRow row;
  return parse_metrics_line(line, row);
}

TEST(MetricsLine, ReadsEveryValueOfTheTrainersLines) {
  EpochRow row;
  EXPECT_EQ(parse_metrics_line(R"({"epoch":3,"train_loss":0.5,"train_top1":84.675,"validation_loss":0.25,"validation_top1":95.7,)"
                               R"("seconds":1.5,"images_per_s":15375,"learning_rate":1e-2,"finished_at":1795283156.42})",
                               row),
            "");
  EXPECT_EQ(row, (EpochRow{3, 0.5, 84.675, 0.25, 95.7, 1.5, 15375, 0.01, 1795283156.42}));
}

TEST(MetricsLine, LeavesWhatIsMissingOrNullOpen) {
  EpochRow row;
  EXPECT_EQ(parse_metrics_line(R"({"epoch":1,"train_loss":null,"validation_top1":90})", row), "");
  EXPECT_EQ(row[kEpoch], 1);
  EXPECT_EQ(row[kValidationTop1], 90);
  EXPECT_TRUE(std::isnan(row[kTrainLoss]));
  EXPECT_TRUE(std::isnan(row[kSeconds]));
}

TEST(MetricsLine, PassesOverKeysThatItDoesNotKnowWhateverTheyHold) {
  EpochRow row;
  EXPECT_EQ(parse_metrics_line(R"({"note":"x","more":{"epoch":9,"train_loss":[1,{}]},"list":[1,"a",true],"epoch":2,"flag":false})", row),
            "");
  EXPECT_EQ(row[kEpoch], 2);
  EXPECT_TRUE(std::isnan(row[kTrainLoss]));
}

TEST(MetricsLine, SaysWhatIsWrong) {
  EXPECT_THAT(problem_of(R"({"epoch":1,"train_lo)"), StartsWith("not JSON from byte "));
  EXPECT_THAT(problem_of("{\"epoch\":1,\"note\":\"\xff\xfe\"}"), StartsWith("not JSON from byte "));
  EXPECT_THAT(problem_of(std::string(5, '\0')), StartsWith("not JSON from byte "));
  EXPECT_THAT(problem_of(R"({"epoch":1e999})"), StartsWith("not JSON from byte "));
  EXPECT_EQ(problem_of("[]"), "not a JSON object");
  EXPECT_EQ(problem_of("17"), "not a JSON object");
  EXPECT_EQ(problem_of(R"([{"epoch":1}])"), "not a JSON object");
  EXPECT_EQ(problem_of("{}"), "has no epoch");
  EXPECT_EQ(problem_of(R"({"epoch":null})"), "has no epoch");
  EXPECT_EQ(problem_of(R"({"epoch":-1})"), "has no epoch");
  EXPECT_EQ(problem_of(R"({"epoch":1.5})"), "has no epoch");
  EXPECT_EQ(problem_of(R"({"epoch":"1"})"), "'epoch' is not a number");
  EXPECT_EQ(problem_of(R"({"epoch":1,"train_loss":[0.5]})"), "'train_loss' is not a number");
  EXPECT_EQ(problem_of(R"({"epoch":1,"seconds":true})"), "'seconds' is not a number");
}

TEST(MetricsLine, CutAnywhereIsRefused) {
  std::string line = metrics_line(12);
  line.pop_back();  // its end of line
  EXPECT_EQ(problem_of(line), "");
  for (std::size_t size = 0; size < line.size(); ++size) EXPECT_NE(problem_of(line.substr(0, size)), "") << size;
}

TEST(MetricsLine, EndsOnNestingThatIsThousandsDeep) {
  EXPECT_NE(problem_of(R"({"epoch":1,"x":)" + std::string(15000, '[')), "");
  EXPECT_EQ(problem_of(R"({"epoch":1,"x":)" + std::string(7000, '[') + std::string(7000, ']') + "}"), "");
}

}  // namespace
}  // namespace bitloom::serve
