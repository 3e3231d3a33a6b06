#include "cli/text_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bitloom::cli {
namespace {

using ::testing::ElementsAre;

TEST(TextTable, AlignsColumnsAndLeavesOutEmptyOnes) {
  TextTable table({{"layer", TextTable::Align::kLeft}, {"note"}, {"MACs"}});
  table.add_row({"conv1", "", "73,008"});
  table.add_row({"ä", "", ""});
  table.add_row({"fully connected", "", "10"});
  EXPECT_THAT(table.lines(), ElementsAre("layer              MACs",  //
                                         "conv1            73,008",  //
                                         "ä",                        //
                                         "fully connected      10"));
}

TEST(CountCell, GroupsDigits) {
  EXPECT_EQ(count_cell(0), "");
  EXPECT_EQ(count_cell(999), "999");
  EXPECT_EQ(count_cell(1000), "1,000");
  EXPECT_EQ(count_cell(1234567), "1,234,567");
  EXPECT_EQ(count_cell(-123456), "-123,456");
}

}  // namespace
}  // namespace bitloom::cli
