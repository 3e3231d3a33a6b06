#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <regex>

#include "report/charts/gantt.h"
#include "report/charts/heat_map.h"
#include "report/charts/line_chart.h"
#include "report/charts/scatter.h"

namespace bitloom::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::ptrdiff_t count(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  return std::distance(std::sregex_iterator(text.begin(), text.end(), expression), std::sregex_iterator());
}

LineChart loss(std::vector<double> values) {
  LineChart chart;
  chart.title = "Loss";
  for (std::size_t i = 0; i < values.size(); ++i) chart.x.push_back(static_cast<int>(i) + 1);
  chart.series = {{"train", true, std::move(values)}};
  chart.marked_x = 2;
  chart.mark = "kept: epoch 2";
  return chart;
}

TEST(LineChart, DrawsEveryValueTheLineAndTheMark) {
  const std::string svg = draw(loss({1, 0.5, 0.25})).str();
  EXPECT_EQ(count(svg, "<circle"), 3);
  EXPECT_EQ(count(svg, "<polyline"), 1);
  EXPECT_THAT(svg, HasSubstr("kept: epoch 2"));
  EXPECT_THAT(svg, HasSubstr("epoch 3, train: 0.2500"));
}

TEST(LineChart, LeavesAGapWhereTheLossDiverged) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string svg = draw(loss({1, 0.5, nan, std::numeric_limits<double>::infinity(), 0.25, 0.2})).str();
  EXPECT_EQ(count(svg, "<circle"), 4);
  EXPECT_EQ(count(svg, "<polyline"), 2);
  EXPECT_EQ(count(svg, "nan|inf"), 0);
}

TEST(LineChart, DrawsASingleEpochAndNoMarkOutsideTheEpochs) {
  const std::string svg = draw(loss({0.7})).str();
  EXPECT_EQ(count(svg, "<circle"), 1);
  EXPECT_EQ(count(svg, "<polyline"), 0);
  EXPECT_THAT(svg, Not(HasSubstr("kept")));
}

TEST(LineChart, IsEmptyWithoutEpochs) { EXPECT_TRUE(draw(loss({})).empty()); }

const std::vector<std::string> kClasses{"cat", "dog", "emu"};
const CountMatrix kCounts{{9, 1, 0}, {0, 10, 0}, {4, 0, 6}};

Scatter trade() {
  Scatter chart;
  chart.title = "Noise";
  chart.line = {{25, 10, "a", ""}, {50, 20, "b", ""}, {100, 40, "c", ""}};
  chart.points = {{50, 15, "all alike", "4 bits"}};
  chart.marked = {50, 20, "the one", "chosen"};
  chart.limit = 60;
  chart.limit_name = "budget";
  return chart;
}

TEST(Scatter, DrawsTheLineThePointsTheMarkedOneAndTheLimit) {
  const std::string svg = draw(trade()).str();
  EXPECT_EQ(count(svg, "<polyline"), 1);
  EXPECT_EQ(count(svg, "<circle"), 3 + 1 + 1);
  EXPECT_EQ(count(svg, "class=\"mark\""), 1);
  for (const char* words : {"4 bits", "chosen", "all alike", "budget"}) EXPECT_THAT(svg, HasSubstr(words));
}

TEST(Scatter, LeavesOutALimitBesideTheScaleAndMarksOnALongLine) {
  Scatter chart = trade();
  chart.limit = 1000;
  chart.line.clear();
  for (int i = 0; i < 300; ++i) chart.line.push_back({25.0 + i, 10.0 + i, "", ""});
  const std::string svg = draw(chart).str();
  EXPECT_THAT(svg, Not(HasSubstr("budget")));
  EXPECT_EQ(count(svg, "<circle"), 2);
}

TEST(Scatter, DrawsASinglePoint) {
  Scatter chart;
  chart.marked = {1, 1, "alone", ""};
  EXPECT_EQ(count(draw(chart).str(), "<circle"), 1);
}

TEST(HeatMap, ShowsEveryCountButTheZeros) {
  const std::string svg = draw(HeatMap{"Float", "", kCounts, kClasses, 4, false}).str();
  EXPECT_EQ(count(svg, "<rect"), 9);
  EXPECT_EQ(count(svg, "class=\"count"), 5);
  EXPECT_THAT(svg, HasSubstr("4 images labelled emu, answered cat"));
  EXPECT_THAT(svg, HasSubstr("1 image labelled cat, answered dog"));
}

TEST(HeatMap, ShadesRightAnswersByTheirRowAndWrongOnesByTheMostWrong) {
  const std::string svg = draw(HeatMap{"Float", "", kCounts, kClasses, 4, false}).str();
  EXPECT_EQ(count(svg, "\"cell right s10\""), 1);  // all dogs
  EXPECT_EQ(count(svg, "\"cell right s9\""), 1);
  EXPECT_EQ(count(svg, "\"cell right s6\""), 1);
  EXPECT_EQ(count(svg, "\"cell wrong s10\""), 1);  // 4 of at most 4
  EXPECT_EQ(count(svg, "\"cell wrong s5\""), 1);   // 1 of 4, by its square root
}

TEST(HeatMap, SignsDifferencesAndColoursThemByWhetherTheyAreBetter) {
  const CountMatrix changes{{-1, 1, 0}, {0, 0, 0}, {-2, 0, 2}};
  const std::string svg = draw(HeatMap{"Change", "", changes, kClasses, 2, true}).str();
  EXPECT_EQ(count(svg, "class=\"count"), 4);
  EXPECT_EQ(count(svg, "\"cell wrong"), 2);  // one right answer less, one wrong one more
  EXPECT_EQ(count(svg, "\"cell right"), 2);
  EXPECT_THAT(svg, HasSubstr(">+1<"));
  EXPECT_THAT(svg, HasSubstr(">-2<"));
}

TEST(HeatMap, LeavesNamesAndCountsToHoverWhenThereAreTooManyClasses) {
  constexpr std::size_t kMany = 100;
  CountMatrix counts(kMany, std::vector<std::int64_t>(kMany));
  for (std::size_t i = 0; i < kMany; ++i) counts[i][i] = 50;
  const std::vector<std::string> names(kMany, "name");
  const std::string svg = draw(HeatMap{"Float", "", counts, names, 0, false}).str();
  EXPECT_EQ(count(svg, ">name<"), 0);
  EXPECT_EQ(count(svg, "class=\"count"), 0);
  EXPECT_EQ(count(svg, "50 images labelled name, answered name"), 100);
}

TEST(HeatMap, ShortensLongNamesBetweenCharacters) {
  const std::vector<std::string> names{"Wälder und Wiesen am Fluss", "ääääääääääääääää"};
  const CountMatrix counts{{1, 0}, {0, 1}};
  const std::string svg = draw(HeatMap{"Float", "", counts, names, 0, false}).str();
  EXPECT_THAT(svg, HasSubstr(">Wälder und Wi…<"));
  EXPECT_THAT(svg, HasSubstr(">äääääääääääää…<"));
  EXPECT_THAT(svg, Not(HasSubstr("\uFFFD")));
}

TEST(MostWrong, LooksOffTheDiagonalOnly) {
  EXPECT_EQ(most_wrong(kCounts), 4);
  EXPECT_EQ(most_wrong({}), 0);
  EXPECT_EQ(most_wrong({{5}}), 0);
}

const std::vector<UnitActivity> kActivities{
    {"conv", 0, 10, 109}, {"pool", 0, 60, 129}, {"conv", 1, 110, 209}, {"pool", 1, 160, 229}, {"conv", 2, 210, 309}};

TEST(Gantt, DrawsARowForEachUnitAndABarForEachImageShown) {
  const std::string svg = draw(Gantt{"Pipeline", "", kActivities, 2, 129, "1 us"}).str();
  EXPECT_EQ(count(svg, "<rect"), 4);  // image 2 is left out
  EXPECT_EQ(count(svg, ">conv</text>"), 1);
  EXPECT_EQ(count(svg, ">pool</text>"), 1);
  EXPECT_THAT(svg, HasSubstr("pool, image 1: cycles 160 to 229"));
}

TEST(Gantt, MarksLatencyAndTheIntervalBetweenTheLastTwoImages) {
  const std::string svg = draw(Gantt{"Pipeline", "", kActivities, 2, 129, "1 us"}).str();
  EXPECT_THAT(svg, HasSubstr("latency 129 cycles = 1 us"));
  EXPECT_THAT(svg, HasSubstr("initiation interval 100 cycles"));
}

TEST(Gantt, ShowsNoIntervalOfASingleImage) {
  EXPECT_THAT(draw(Gantt{"Pipeline", "", kActivities, 1, 129, ""}).str(), Not(HasSubstr("initiation interval")));
}

}  // namespace
}  // namespace bitloom::report
