#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/test_folder.h"
#include "fpga/eda/design_folder.h"
#include "fpga/eda/icarus.h"
#include "fpga/eda/nextpnr.h"
#include "fpga/eda/yosys.h"

namespace bitloom::fpga {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Yosys, CellsBecomeWhatTheyTakeOfThePart) {
  const auto cells = parse_cell_counts(R"({"design": {"num_cells_by_type": {"LUT6": 10, "LUT2": 5, "INV": 1, "SRL16E": 2, "RAM64M8": 3, "FDRE": 7,
      "FDCE": 2, "DSP48E2": 4, "RAMB36E2": 2, "RAMB18E2": 3, "CARRY4": 9, "URAM288": 1}}})");
  const Resources used = resources_of(cells, Family::kUltraScalePlus);
  EXPECT_EQ(used, (Resources{.lut = 42, .ff = 9, .dsp = 4, .bram = 3.5, .uram = 1}));
  const auto ice40 = parse_cell_counts(R"({"design": {"num_cells_by_type": {"SB_LUT4": 8, "SB_DFFER": 3, "SB_DFF": 1, "SB_CARRY": 5, "SB_MAC16": 2,
      "SB_RAM40_4K": 6, "SB_SPRAM256KA": 1, "SB_HFOSC": 1}}})");
  EXPECT_EQ(resources_of(ice40, Family::kIce40), (Resources{.lut = 8, .ff = 4, .dsp = 2, .bram = 6, .spram = 1}));
}

TEST(Yosys, AReportThatIsNoReportIsAnError) {
  EXPECT_THROW(parse_cell_counts("{}"), CheckError);
  EXPECT_THROW(parse_cell_counts(""), CheckError);
}

TEST(Nextpnr, UtilisationComesFromTheLogAndTheSlowestClockFromTheReport) {
  const NextpnrReport report = parse_nextpnr(
      "Info: Device utilisation:\nInfo: \t         ICESTORM_LC:  3412/ 5280    64%\nInfo: \t        ICESTORM_RAM:    29/   30    96%\n"
      "Info: \t        ICESTORM_DSP:     6/    8    75%\nInfo: \t      ICESTORM_SPRAM:     2/    4    50%\n",
      R"({"fmax": {"a": {"achieved": 40.5, "constraint": 24}, "b": {"achieved": 25.25, "constraint": 24}}})");
  ASSERT_TRUE(report.used.has_value());
  EXPECT_EQ(*report.used, (Resources{.lut = 3412, .dsp = 6, .bram = 29, .spram = 2}));
  EXPECT_EQ(report.fmax_mhz, 25.25);
  EXPECT_EQ(report.error, "");
}

TEST(Nextpnr, ADesignThatWasNotRoutedHasNoFmaxAndItsFirstErrorIsKept) {
  const NextpnrReport report = parse_nextpnr("Info: \t        ICESTORM_RAM:    31/   30   103%\nERROR: Unable to place cell 'x', no Bels remaining\nERROR: again\n", "");
  EXPECT_EQ(report.used->bram, 31);
  EXPECT_FALSE(report.fmax_mhz.has_value());
  EXPECT_EQ(report.error, "Unable to place cell 'x', no Bels remaining");
}

TEST(Icarus, OnlyAVerdictOfPassIsAPass) {
  EXPECT_EQ(parse_bench_log("PASS: images=3 mismatches=0 span=512\n").failure, "");
  EXPECT_EQ(parse_bench_log("PASS: images=3 mismatches=0 span=512\n").span_cycles, 512);
  EXPECT_EQ(parse_bench_log("image 0, word 1: ...\nFAIL: images=3 mismatches=7\n").mismatches, 7);
  EXPECT_EQ(parse_bench_log("FAIL: hangs; no beat for 10 cycles\n").failure, "hangs; no beat for 10 cycles");
  EXPECT_THAT(parse_bench_log("stream.sv:3: out of memory\n").failure, HasSubstr("out of memory"));
  EXPECT_NE(parse_bench_log("").failure, "");
}

TEST(DesignFolder, AnythingElseIsRefusedWithTheFileNamed) {
  const TestFolder folder;
  EXPECT_THAT([&] { read_design_folder(folder.path()); }, ThrowsMessage<InputError>(HasSubstr("holds no design.json")));
  EXPECT_THAT([&] { read_design_folder(folder.path() / "missing"); }, ThrowsMessage<InputError>(HasSubstr("holds no design.json")));
  write_file(folder.path() / "sources.f", "a.sv\n");
  for (const char* text : {"", "[1]", "{\"format\": \"bitloom stream design 1\"}", "{\"format\": \"other\"}", "{\"format\": 1"}) {
    write_file(folder.path() / "design.json", text);
    EXPECT_THAT([&] { read_design_folder(folder.path()); }, ThrowsMessage<InputError>(HasSubstr("design.json"))) << text;
  }
}

}  // namespace
}  // namespace bitloom::fpga
