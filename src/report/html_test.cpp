#include "report/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bitloom::report {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Text, EscapesEveryCharacterThatMeansSomethingInHtml) {
  EXPECT_EQ(text("<b a=\"1\" b='2'>&amp;</b>").str(), "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;");
}

TEST(Text, KeepsOtherScriptsAndReplacesWhatIsNotUtf8) {
  EXPECT_EQ(text("Wälder, 森林, 🌲").str(), "Wälder, 森林, 🌲");
  EXPECT_EQ(text("a\xFF" "b").str(), "a\uFFFDb");
  EXPECT_EQ(text("\xC3").str(), "\uFFFD");                      // cut off
  EXPECT_EQ(text("\xC0\xBC").str(), "\uFFFD\uFFFD");            // an overlong '<'
  EXPECT_EQ(text("\xED\xA0\x80").str(), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(text("\xF4\x90\x80\x80").str(), "\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
}

TEST(Text, DropsControlCharactersButKeepsLines) {
  EXPECT_EQ(text(std::string_view("a\0b\x1B[31mc\x7F\r\n\td", 14)).str(), "ab[31mc\n\td");
}

TEST(Element, EscapesAttributesAndNestsMarkup) {
  const Markup link = element("a", {{"href", "#x\"><script>"}}, element("b", text("1 < 2")));
  EXPECT_EQ(link.str(), "<a href=\"#x&quot;&gt;&lt;script&gt;\"><b>1 &lt; 2</b></a>");
}

TEST(Element, ClosesAllButTheElementsThatHtmlClosesItself) {
  EXPECT_EQ(element("td", Markup()).str(), "<td></td>");
  EXPECT_EQ(element("img", {{"alt", ""}}).str(), "<img alt=\"\">");
}

TEST(Attribute, WritesNumbersShort) {
  EXPECT_EQ(Attribute("x", 3).value, "3");
  EXPECT_EQ(Attribute("x", 0).value, "0");
  EXPECT_EQ(Attribute("x", 100).value, "100");
  EXPECT_EQ(Attribute("x", 2.5).value, "2.5");
  EXPECT_EQ(Attribute("x", -0.001).value, "0");
  EXPECT_EQ(Attribute("x", 1.0 / 3).value, "0.33");
}

TEST(Base64, MatchesTheExamplesOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string_view("\0\xFF\xFE", 3)), "AP/+");
}

TEST(Table, IsARealTableWithCaptionHeadersAndScopes) {
  Table table("Layers", {{"Layer", false, ""}, {"MACs", true, "Multiply-accumulates"}});
  table.add_row({text("conv1"), text("1,024")}, "slowest");
  table.add_total({text("All"), text("1,024")});
  const std::string html = table.markup().str();
  EXPECT_THAT(html, HasSubstr("<caption>Layers</caption>"));
  EXPECT_THAT(html, HasSubstr("<th scope=\"col\" class=\"number\" title=\"Multiply-accumulates\">MACs</th>"));
  EXPECT_THAT(html, HasSubstr("<tbody><tr class=\"slowest\"><th scope=\"row\">conv1</th><td class=\"number\">1,024</td></tr></tbody>"));
  EXPECT_THAT(html, HasSubstr("<tfoot><tr><th scope=\"row\">All</th>"));
}

TEST(Table, LeavesOutAFootWithoutTotals) {
  Table table("Layers", {{"Layer", false, ""}});
  table.add_row({text("conv1")});
  EXPECT_THAT(table.markup().str(), Not(HasSubstr("tfoot")));
}

}  // namespace
}  // namespace bitloom::report
