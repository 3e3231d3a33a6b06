// From a float network to simulated and synthesized hardware, through every tool that takes part.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "base/subprocess.h"
#include "base/test_folder.h"
#include "fpga/eda/design_folder.h"
#include "fpga/eda/synthesize.h"
#include "fpga/eda/verify.h"
#include "fpga/stream/plan.h"
#include "fpga/stream/write.h"
#include "fpga/testing/networks.h"
#include "passes/lower/lower.h"

namespace bitloom::fpga {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;
using Kernel = TestNetwork::Kernel;

/// What Verilator made for one test is there for the next, and never in the user's own cache.
class EndToEnd : public testing::Test {
 protected:
  EndToEnd() { setenv("BITLOOM_CACHE", (fs::temp_directory_path() / "bitloom-test-cache").c_str(), 1); }

  fs::path compile(const Graph& qdq, std::string_view part, const std::map<std::string, Folding>& folding = {}) {
    PlanOptions options;
    options.folding = folding;
    write_stream_design(plan_stream(lower(qdq), find_part(part), options), qdq, dir());
    return dir();
  }
  fs::path dir() const { return folder_.path() / "design"; }

  static void replace_in(const fs::path& file, const std::string& from, const std::string& to) {
    std::string text = read_file(file);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from << " is not in " << file;
    write_file(file, text.replace(at, from.size(), to));
  }

  TestFolder folder_;
};

/// Two convolutions, a pool and a classifier: the paper's network, small.
TestNetwork small_network(std::string name = "small") {
  return std::move(TestNetwork(std::move(name), 1, 12, 12, 1)
                       .conv(6, TestNetwork::square(3))
                       .relu()
                       .conv(8, TestNetwork::square(3))
                       .relu()
                       .max_pool(TestNetwork::square(2, 2))
                       .flatten()
                       .gemm(10));
}

/// What the slowest tools simulate in seconds.
TestNetwork tiny_network() {
  return std::move(TestNetwork("tiny", 1, 6, 6, 4)
                       .conv(3, TestNetwork::square(3, 1, 1))
                       .relu()
                       .max_pool(TestNetwork::square(2, 2))
                       .flatten()
                       .gemm(3));
}

void expect_equal_and_at_pace(const fs::path& dir, const Graph& qdq) {
  VerifyOptions options;
  options.throughput_images = 20;
  const VerifyResult result = verify_design(dir, noise(qdq, 6, 3), options);
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.images, 6);
  EXPECT_EQ(result.mismatches, 0);
  EXPECT_EQ(result.icarus_images, 3);
  EXPECT_EQ(result.icarus_mismatches, 0);
  EXPECT_GE(result.cycles_per_image, 0.999 * static_cast<double>(result.ideal_cycles));
  EXPECT_LE(result.cycles_per_image, 1.03 * static_cast<double>(result.ideal_cycles));
  EXPECT_GT(result.latency_cycles, 0);
  EXPECT_EQ(read_file(dir / "verify.json"), to_json(result) + "\n");
}

TEST_F(EndToEnd, ThePapersNetworkIsExactAndKeepsTheSlowestUnitsPaceWhateverTheFolding) {
  const Graph qdq = quantized(small_network().finish());
  const std::map<std::string, Folding> foldings[] = {
      {{"conv1", {1, 1}}, {"conv3", {2, 3}}, {"fc7", {1, 4}}},     // the second convolution is the slowest
      {{"conv1", {1, 1}}, {"conv3", {4, 18}}, {"fc7", {1, 1}}},    // the first is, and the last unit waits most of the time
      {{"conv1", {6, 9}}, {"conv3", {4, 6}}, {"fc7", {1, 1}}},     // the classifier is
  };
  for (const auto& folding : foldings) {
    compile(qdq, "xczu3eg", folding);
    expect_equal_and_at_pace(dir(), qdq);
  }
}

TEST_F(EndToEnd, StridesUnequalPadsAndMapsThatAreNotSquareAreExact) {
  const Graph qdq = quantized(TestNetwork("odd", 3, 11, 7, 2)
                                  .conv(4, Kernel{3, 2, 2, 1, 1, 0, 0, 1})
                                  .relu()
                                  .conv(6, Kernel{2, 3, 1, 2, 0, 2, 1, 0})
                                  .relu()
                                  .max_pool(Kernel{3, 2, 2, 1, 1, 0, 1, 1})
                                  .flatten()
                                  .gemm(5)
                                  .finish());
  compile(qdq, "xczu3eg", {{"conv1", {2, 3}}, {"conv3", {3, 2}}});
  expect_equal_and_at_pace(dir(), qdq);
}

TEST_F(EndToEnd, AveragePoolsAndTanhAreExact) {
  const Graph qdq = quantized(TestNetwork("lenet", 1, 12, 12, 3)
                                  .conv(4, TestNetwork::square(5, 1, 2))
                                  .tanh()
                                  .average_pool(TestNetwork::square(2, 2))
                                  .conv(6, TestNetwork::square(3))
                                  .tanh()
                                  .average_pool(Kernel{2, 2, 2, 2, 1, 1, 1, 1})
                                  .flatten()
                                  .gemm(8)
                                  .tanh()
                                  .gemm(4)
                                  .finish());
  compile(qdq, "xc7z020");
  expect_equal_and_at_pace(dir(), qdq);
}

TEST_F(EndToEnd, APoolWhoseBurstsHaveNoTimeKeepsThePaceWithAFifo) {
  const Graph qdq = quantized(TestNetwork("bursts", 1, 10, 10, 1)
                                  .conv(16, TestNetwork::square(3))
                                  .relu()
                                  .average_pool(TestNetwork::square(2, 2))
                                  .flatten()
                                  .gemm(10)
                                  .finish(),
                              shift_only());
  // Convolution and pool take 512 cycles an image each. Eight beats a window leave the pool at once, and the classifier takes each in two
  // cycles: without the FIFO an image takes 576.
  compile(qdq, "xczu3eg", {{"conv1", {2, 9}}, {"fc5", {10, 1}}});
  EXPECT_THAT(read_file(dir() / "rtl/stream_top.sv"), HasSubstr("stream_fifo #("));
  expect_equal_and_at_pace(dir(), qdq);
}

TEST_F(EndToEnd, AWeightThatIsNotTheModelsIsFoundAndNamed) {
  const Graph qdq = quantized(small_network().finish());
  compile(qdq, "xczu3eg", {{"fc7", {1, 1}}});
  std::string weights = read_file(dir() / "weights/fc7.weights.hex");
  weights[0] = weights[0] == '0' ? '4' : '0';  // the first weight of the first output
  write_file(dir() / "weights/fc7.weights.hex", weights);
  const VerifyResult result = verify_design(dir(), noise(qdq, 4, 3));
  EXPECT_FALSE(result.passed());
  EXPECT_GT(result.mismatches + static_cast<std::int64_t>(!result.failure.empty()), 0);
  ASSERT_TRUE(result.first_mismatch.has_value());
  EXPECT_EQ(result.first_mismatch->index, 0);
  EXPECT_NE(result.first_mismatch->expected, result.first_mismatch->actual);
  EXPECT_GT(result.icarus_mismatches, 0);
  EXPECT_THROW(require_passed(result, dir()), CheckError);
  EXPECT_THAT(read_file(dir() / "verify.json"), HasSubstr("\"passed\": false"));
}

TEST_F(EndToEnd, ADesignThatHangsFailsInBothSimulators) {
  const Graph qdq = quantized(tiny_network().finish());
  compile(qdq, "xczu3eg");
  replace_in(dir() / "rtl/stream_top.sv", ".in_valid_i(valid_2)", ".in_valid_i(1'b0)");
  const VerifyResult result = verify_design(dir(), noise(qdq, 2, 3));
  EXPECT_FALSE(result.passed());
  EXPECT_THAT(result.failure, HasSubstr("hangs"));
  EXPECT_THAT([&] { require_passed(result, dir()); }, ThrowsMessage<CheckError>(HasSubstr("hangs")));
}

TEST_F(EndToEnd, AnImageOfAnotherSizeIsRefusedBeforeAnythingRuns) {
  const Graph qdq = quantized(small_network().finish());
  compile(qdq, "xczu3eg");
  const std::vector<std::vector<std::uint8_t>> images = {std::vector<std::uint8_t>(100)};
  EXPECT_THAT([&] { verify_design(dir(), images); }, ThrowsMessage<InputError>(HasSubstr("image 0 has 100 values")));
  EXPECT_FALSE(fs::exists(dir() / "verify.json"));
}

TEST_F(EndToEnd, AMissingToolIsNamedWithItsPackage) {
  const Graph qdq = quantized(small_network().finish());
  compile(qdq, "xczu3eg");
  const std::string path = std::getenv("PATH");
  setenv("PATH", "/nonexistent", 1);
  EXPECT_THAT([&] { verify_design(dir(), noise(qdq, 1, 3)); }, ThrowsMessage<InputError>(HasSubstr("apt-get install verilator")));
  EXPECT_THAT([&] { synthesize(dir()); }, ThrowsMessage<InputError>(HasSubstr("apt-get install yosys")));
  setenv("PATH", path.c_str(), 1);
}

TEST_F(EndToEnd, TheFoldersOwnScriptsSimulateAndCheckIt) {
  const Graph qdq = quantized(small_network().finish());
  compile(qdq, "xczu3eg");
  for (const char* script : {"simulate.sh", "lint.sh"}) {
    const SubprocessResult result = run_subprocess({(dir() / "scripts" / script).string()});
    EXPECT_EQ(result.exit_code, 0) << script << ":\n" << result.output;
  }
  std::string expected = read_file(dir() / "tb/expected.hex");
  expected[0] = expected[0] == 'a' ? 'b' : 'a';
  write_file(dir() / "tb/expected.hex", expected);
  EXPECT_NE(run_subprocess({(dir() / "scripts/simulate.sh").string()}).exit_code, 0);
}

TEST_F(EndToEnd, OnUltraScaleTheSynthesisCountsWhatTheEstimateSaid) {
  const Graph qdq = quantized(small_network().finish());
  PlanOptions options;
  options.folding = {{"conv1", {2, 3}}, {"conv3", {4, 3}}, {"fc7", {1, 4}}};
  const StreamDesign design = plan_stream(lower(qdq), find_part("xczu3eg"), options);
  write_stream_design(design, qdq, dir());
  const SynthResult result = synthesize(dir());
  EXPECT_TRUE(result.passed()) << result.failure;
  EXPECT_EQ(result.used.dsp, design.estimate.dsp);
  EXPECT_NEAR(result.used.lut, design.estimate.lut, 0.35 * result.used.lut);
  EXPECT_NEAR(result.used.ff, design.estimate.ff, 0.35 * result.used.ff);
  EXPECT_FALSE(result.fmax_mhz.has_value());
  EXPECT_TRUE(result.bitstream.empty());
  EXPECT_EQ(read_file(dir() / "synth.json"), to_json(result) + "\n");
}

TEST_F(EndToEnd, OnIce40ASmallNetworkBecomesABitstreamThatMeetsTheOscillator) {
  const Graph qdq = quantized(small_network().finish(), shift_only());
  compile(qdq, "ice40up5k");
  expect_equal_and_at_pace(dir(), qdq);
  const SynthResult result = synthesize(dir());
  ASSERT_TRUE(result.passed()) << result.failure;
  ASSERT_TRUE(result.fmax_mhz.has_value());
  EXPECT_GE(*result.fmax_mhz, 24);
  EXPECT_LE(result.used.dsp, 8);
  EXPECT_EQ(fs::file_size(result.bitstream), 104090u);  // every bitstream of this part has the same size
  EXPECT_NO_THROW(require_passed(result, dir()));
}

TEST_F(EndToEnd, TheNetlistAfterSynthesisForIce40GivesTheWordsOfTheRtl) {
  const Graph qdq = quantized(tiny_network().finish(), shift_only());
  compile(qdq, "ice40up5k");
  make_directories(dir() / "build/synth");
  SubprocessOptions in_design;
  in_design.directory = dir();
  const SubprocessResult yosys = run_subprocess({"yosys", "-q", "-s", "scripts/synth.ys"}, in_design);
  ASSERT_EQ(yosys.exit_code, 0) << yosys.output;
  for (const char* script : {"simulate.sh", "simulate_netlist.sh"}) {  // both compare with tb/expected.hex
    const SubprocessResult result = run_subprocess({(dir() / "scripts" / script).string()});
    EXPECT_EQ(result.exit_code, 0) << script << ":\n" << result.output;
    EXPECT_THAT(result.output, HasSubstr("PASS: images=2 mismatches=0")) << script;
  }
  std::string expected = read_file(dir() / "tb/expected.hex");
  expected[7] = expected[7] == '1' ? '0' : '1';  // the lowest digit of the first word
  write_file(dir() / "tb/expected.hex", expected);
  const SubprocessResult differing = run_subprocess({(dir() / "scripts/simulate_netlist.sh").string(), "+images=1"});
  EXPECT_NE(differing.exit_code, 0);
  EXPECT_THAT(differing.output, HasSubstr("FAIL: images=1 mismatches=1"));
}

TEST_F(EndToEnd, ADesignThatDoesNotFitSaysByHowMuchAndLeavesNoBitstream) {
  const Graph qdq = quantized(small_network().finish(), shift_only());
  compile(qdq, "ice40up5k", {{"conv1", {1, 1}}});
  // Someone enlarges a memory by hand: 64 KB of it cannot be had.
  replace_in(dir() / "rtl/stream_top.sv", "u_input (", "u_input_ (");
  replace_in(dir() / "rtl/byte_buffer.sv", "(* ram_style = \"huge\" *)", "(* ram_style = \"block\" *)");
  const SynthResult result = synthesize(dir());
  EXPECT_FALSE(result.fits);
  EXPECT_THAT(result.failure, HasSubstr("EBRs of 30"));
  EXPECT_TRUE(result.bitstream.empty());
  EXPECT_FALSE(fs::exists(dir() / "build/synth/ice40_top.bin"));
  EXPECT_THROW(require_passed(result, dir()), CheckError);
}

}  // namespace
}  // namespace bitloom::fpga
