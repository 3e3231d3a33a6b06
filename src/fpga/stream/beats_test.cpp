#include "fpga/stream/beats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bitloom::fpga {
namespace {

using testing::ElementsAre;

TEST(Beats, AMapTravelsPixelByPixelWithItsChannelsTogether) {
  const Tensor map({{1, 2, 1, 3}, ElementType::int8(), {}}, {1, 2, 3, -1, -2, -3});
  EXPECT_THAT(stream_order(map, {2, 1, 3}), ElementsAre(1, -1, 2, -2, 3, -3));
}

TEST(Beats, AnElementFillsAFieldOfBytesLowByteFirst) {
  const std::vector<std::int32_t> elements = {-2, 258};
  EXPECT_THAT(field_bytes(elements, {1, 13, true}), ElementsAre(0xFE, 0xFF, 0x02, 0x01));
  EXPECT_THAT(field_bytes(elements, {1, 4, true}), ElementsAre(0xFE, 0x02));
  EXPECT_THAT(field_bytes(elements, {1, 20, true}), ElementsAre(0xFE, 0xFF, 0xFF, 0xFF, 0x02, 0x01, 0, 0));
}

TEST(Beats, LaneZeroIsTheLowEndOfAHexadecimalWord) {
  const std::vector<std::uint8_t> bytes = {0x01, 0x02, 0xA3, 0xA4};
  EXPECT_EQ(hex_beats(bytes, {2, 8, false}), "0201\na4a3\n");
}

TEST(Beats, AMemoryWordHoldsItsFieldsFromTheLowEndInTwosComplement) {
  EXPECT_EQ(hex_words({"w", 8, 2, {1, -1, -128, 127}}), "ff01\n7f80\n");
  EXPECT_EQ(hex_words({"w", 3, 2, {-1, 2, 3, 0}}), "17\n03\n");
  EXPECT_EQ(hex_words({"w", 1, 1, {1, 0}}), "1\n0\n");
}

}  // namespace
}  // namespace bitloom::fpga
