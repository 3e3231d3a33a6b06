#include "train/tensorboard/event_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "event.pb.h"

namespace bitloom::train {
namespace {

/// The record at the front of `file`, which moves on to the next; fails where a checksum is wrong.
std::string next_record(std::string_view& file) {
  const auto number = [&]<class T>(T) {
    T value;
    std::memcpy(&value, file.data(), sizeof value);  // tests run on little-endian machines
    file.remove_prefix(sizeof value);
    return value;
  };
  const std::string_view length_bytes = file.substr(0, 8);
  const auto length = number(std::uint64_t{});
  EXPECT_EQ(number(std::uint32_t{}), masked(crc32c(length_bytes)));
  const std::string data(file.substr(0, length));
  file.remove_prefix(length);
  EXPECT_EQ(number(std::uint32_t{}), masked(crc32c(data)));
  return data;
}

TEST(Crc32c, GivesWhatTheStandardLists) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);  // RFC 3720, B.4
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(""), 0u);
}

TEST(EventFile, HoldsAPointOfEachCurveForEveryEpoch) {
  const std::string bytes = to_event_file({{1, 0.5, 80, 0.25, 90, 4, 1000, 0.1, 1.7e9}, {2, 0, 85, 0.125, 92, 4, 1100, 0.05, 1.7e9 + 5}});
  std::string_view file = bytes;
  tensorboard::Event event;
  ASSERT_TRUE(event.ParseFromString(next_record(file)));
  EXPECT_EQ(event.file_version(), "brain.Event:2");
  ASSERT_TRUE(event.ParseFromString(next_record(file)));
  EXPECT_EQ(event.step(), 1);
  EXPECT_EQ(event.wall_time(), 1.7e9);
  ASSERT_TRUE(event.ParseFromString(next_record(file)));
  EXPECT_EQ(event.step(), 2);
  ASSERT_EQ(event.summary().value_size(), 6);
  EXPECT_EQ(event.summary().value(0).tag(), "loss/train");
  EXPECT_TRUE(event.summary().value(0).has_simple_value()) << "a loss of 0 is a point, too";
  EXPECT_EQ(event.summary().value(3).tag(), "top1/validation");
  EXPECT_EQ(event.summary().value(3).simple_value(), 92);
  EXPECT_TRUE(file.empty());
}

TEST(EventFile, StartsAsTensorBoardsOwnDo) {
  // The first record of any file of TensorFlow's writer, but for its time: 24 bytes of wall time and version.
  const std::string bytes = to_event_file({});
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x0f\0\0\0\0\0\0\0", 8)) << "15 bytes without a time";
  EXPECT_NE(bytes.find("\x1a\x0d" "brain.Event:2"), std::string::npos);
}

}  // namespace
}  // namespace bitloom::train
