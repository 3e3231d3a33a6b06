#include "report/svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace bitloom::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(RoundTicks, CoverTheRangeInRoundSteps) {
  EXPECT_THAT(round_ticks(0, 9.3, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(round_ticks(86, 99, 5), ElementsAre(85, 90, 95, 100));
  EXPECT_THAT(round_ticks(0, 50'000, 5), ElementsAre(0, 10'000, 20'000, 30'000, 40'000, 50'000));
}

TEST(RoundTicks, CoverEveryRange) {
  for (const double low : {0.0, 0.013, 3.0, 97.3, 98.0})
    for (const double width : {0.0, 1e-4, 0.5, 1.0, 7.0, 12'345.0}) {
      const std::vector<double> ticks = round_ticks(low, low + width, 5);
      ASSERT_GE(ticks.size(), 2u) << low << " " << width;
      ASSERT_LE(ticks.size(), 9u) << low << " " << width;
      EXPECT_LE(ticks.front(), low + 1e-9);
      EXPECT_GE(ticks.back(), low + width - 1e-9);
    }
}

TEST(TickText, ShowsAsManyDecimalsAsTheStepNeeds) {
  EXPECT_EQ(tick_text(10'000, 5'000), "10,000");
  EXPECT_EQ(tick_text(0.5, 0.5), "0.5");
  EXPECT_EQ(tick_text(0.25, 0.05), "0.25");
}

TEST(Shortened, CutsBetweenCharactersAndOnlyWhatIsTooLong) {
  EXPECT_EQ(shortened("", 3), "");
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "ab…");
  EXPECT_EQ(shortened("äöü", 3), "äöü");
  EXPECT_EQ(shortened("äöüß", 3), "äö…");
}

TEST(Scale, MapsEndsToEndsAlsoDownwardsAndOfNoWidth) {
  const Scale down{0, 10, 200, 100};
  EXPECT_EQ(down(0), 200);
  EXPECT_EQ(down(10), 100);
  EXPECT_EQ(down(5), 150);
  const Scale point{3, 3, 40, 90};
  EXPECT_EQ(point(3), 40);
}

TEST(Drawing, IsAnImageWithATitleAndADescription) {
  const std::string svg = Drawing(100, 50, "Loss", "Falls from 1 to 0.").markup("chart").str();
  EXPECT_EQ(svg, "<svg viewBox=\"0 0 100 50\" class=\"chart\" role=\"img\" aria-label=\"Loss\">"
                 "<title>Loss</title><desc>Falls from 1 to 0.</desc></svg>");
}

TEST(Drawing, EscapesWordsAndHoverTexts) {
  Drawing drawing(10, 10, "<t>", "<d>");
  drawing.text(1, 2, "<words>", "tick");
  drawing.rect(0, 0, 5, 5, "cell", "<hover>");
  const std::string svg = drawing.markup("chart").str();
  for (const char* escaped :
       {"<title>&lt;t&gt;</title>", "<desc>&lt;d&gt;</desc>", ">&lt;words&gt;</text>", "<title>&lt;hover&gt;</title></rect>"})
    EXPECT_THAT(svg, HasSubstr(escaped));
}

TEST(Drawing, PutsTheWordsOfASpanWhereThereIsRoom) {
  const auto drawn = [](double x1, double x2) {
    Drawing drawing(400, 20, "", "");
    drawing.span(x1, x2, 10, "latency", 400);
    return drawing.markup("").str();
  };
  EXPECT_THAT(drawn(0, 200), HasSubstr("text-anchor=\"middle\""));
  EXPECT_THAT(drawn(0, 10), HasSubstr("x=\"16\" y=\"14\" class=\"strong\" text-anchor=\"start\""));
  EXPECT_THAT(drawn(380, 395), HasSubstr("x=\"374\" y=\"14\" class=\"strong\" text-anchor=\"end\""));
}

TEST(Bar, StaysInsideItsCellWhateverTheShare) {
  EXPECT_THAT(bar(0.25, "fill").str(), HasSubstr("width=\"25\" height=\"8\" class=\"fill\""));
  EXPECT_THAT(bar(1.4, "fill").str(), HasSubstr("width=\"100\" height=\"8\" class=\"fill\""));
  EXPECT_THAT(bar(-1, "fill").str(), HasSubstr("width=\"0\" height=\"8\" class=\"fill\""));
  EXPECT_THAT(bar(std::numeric_limits<double>::quiet_NaN(), "fill").str(), HasSubstr("width=\"0\" height=\"8\" class=\"fill\""));
}

}  // namespace
}  // namespace bitloom::report
