#include "report/format.h"

#include <gtest/gtest.h>

#include <limits>

namespace bitloom::report {
namespace {

TEST(Grouped, SeparatesThousands) {
  EXPECT_EQ(grouped(std::int64_t{0}), "0");
  EXPECT_EQ(grouped(std::int64_t{999}), "999");
  EXPECT_EQ(grouped(std::int64_t{1000}), "1,000");
  EXPECT_EQ(grouped(std::int64_t{-123456}), "-123,456");
  EXPECT_EQ(grouped(std::int64_t{-100}), "-100");
  EXPECT_EQ(grouped(std::numeric_limits<std::int64_t>::max()), "9,223,372,036,854,775,807");
}

TEST(Grouped, KeepsOneDecimalOfWhatIsNotWhole) {
  EXPECT_EQ(grouped(33.5), "33.5");
  EXPECT_EQ(grouped(24.0), "24");
  EXPECT_EQ(grouped(1234.56), "1,234.6");
  EXPECT_EQ(grouped(999.96), "1,000");
  EXPECT_EQ(grouped(-0.5), "-0.5");
  EXPECT_EQ(grouped(-0.04), "0");
}

TEST(Fixed, NeverPrintsMinusZeroOrNan) {
  EXPECT_EQ(fixed(-0.001, 2), "0.00");
  EXPECT_EQ(fixed(-0.01, 2), "-0.01");
  EXPECT_EQ(fixed(std::numeric_limits<double>::quiet_NaN(), 2), "not a number");
}

TEST(Counted, UsesTheSingularForOne) {
  EXPECT_EQ(counted(1, "image"), "1 image");
  EXPECT_EQ(counted(0, "image"), "0 images");
  EXPECT_EQ(counted(2000, "image"), "2,000 images");
}

TEST(IntegerName, NamesBothWidthsOnlyWhereTheyDiffer) {
  Request request;
  EXPECT_EQ(integer_name(request), "INT8");
  request.weight_bits = 4;
  EXPECT_EQ(integer_name(request), "W4A8");
  request.part_in_float = true;
  EXPECT_EQ(integer_name(request), "W4A8/FP32");
  request.weight_bits = request.activation_bits = 0;
  EXPECT_EQ(integer_name(request), "mixed INT/FP32");
}

TEST(ClassName, NumbersAClassWithoutAName) {
  RunReport report;
  report.class_names = {"cat"};
  EXPECT_EQ(class_name(report, 0), "cat");
  EXPECT_EQ(class_name(report, 1), "class 1");
  EXPECT_EQ(class_name(report, -1), "class -1");
}

TEST(ImagesPerSecond, NeedsAClockAndAMeasuredPace) {
  RunReport report;
  EXPECT_EQ(images_per_second(report), 0);
  report.verification.value = Verification{};
  report.verification->cycles_per_image = 6000;
  EXPECT_EQ(images_per_second(report), 0);
  report.request.clock_mhz = 12;
  EXPECT_EQ(images_per_second(report), 2000);
}

TEST(OriginText, NamesKindAndDetail) {
  EXPECT_EQ(to_string(Origin{Origin::Kind::kSimulated, "Verilator 5.006, 3 images"}), "simulated: Verilator 5.006, 3 images");
  EXPECT_EQ(to_string(Origin{Origin::Kind::kCounted, ""}), "counted");
  EXPECT_EQ(to_string(Origin{}), "not run: the run did not come this far");
}

}  // namespace
}  // namespace bitloom::report
