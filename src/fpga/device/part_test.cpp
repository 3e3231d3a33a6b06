#include "fpga/device/part.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"

namespace bitloom::fpga {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Part, NamesAreUniqueAndEveryPartHasLogicAndAClock) {
  std::set<std::string> names;
  for (const Part& part : all_parts()) {
    EXPECT_TRUE(names.insert(part.name).second) << part.name;
    EXPECT_GT(part.available.lut, 0) << part.name;
    EXPECT_GT(part.clock_mhz, 0) << part.name;
  }
}

TEST(Part, AnUnknownNameSuggestsTheNearest) {
  EXPECT_EQ(find_part("ice40up5k").available.spram, 4);
  EXPECT_THAT([] { find_part("xczu3eq"); }, ThrowsMessage<InputError>(HasSubstr("'xczu3eg'")));
}

TEST(Part, ATargetIsABackEndAndAPart) {
  EXPECT_EQ(parse_stream_target("stream:xck26").name, "xck26");
  EXPECT_THAT([] { parse_stream_target("stream:xck62"); }, ThrowsMessage<InputError>(HasSubstr("'xck26'")));
  EXPECT_THAT([] { parse_stream_target("dpu:B512"); }, ThrowsMessage<InputError>(HasSubstr("unknown back end 'dpu'")));
  EXPECT_THAT([] { parse_stream_target("xck26"); }, ThrowsMessage<InputError>(HasSubstr("names no part")));
}

TEST(Resources, ExcessNamesWhatIsOverInTheFamilysWords) {
  const Resources available = find_part("ice40up5k").available;
  Resources used{.lut = 6012, .ff = 10, .dsp = 8, .bram = 34};
  EXPECT_EQ(excess(used, available, Family::kIce40), "6012 logic cells of 5280 (732 too many); 34 EBRs of 30 (4 too many)");
  EXPECT_FALSE(fits(used, available));
  used.lut = 5280, used.bram = 30;
  EXPECT_EQ(excess(used, available, Family::kIce40), "");
  EXPECT_TRUE(fits(used, available));
}

}  // namespace
}  // namespace bitloom::fpga
