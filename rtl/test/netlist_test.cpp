// Every block in Icarus Verilog, as written and as Yosys makes it for iCE40 and UltraScale+: the same streams as in Verilator. Catches what
// one tool reads differently from another, above all silent miscompiles by synthesis.
#include <gtest/gtest.h>

#include <sstream>

#include "base/file.h"
#include "base/subprocess.h"
#include "test/bench.h"
#include "test/tools.h"

namespace bitloom::rtl {
namespace {

constexpr std::uint64_t kSeed = 99;
constexpr std::int64_t kBeats = 400;  // about; whole frames

/// The cases' streams in files, and a module that drives them all through `<block>_synth`.
std::string test_bench(const Block& block, const std::string& prefix) {
  const std::vector<Case> cases = synthesized_cases(block);
  const std::int64_t slot = slot_bits(block, cases), count = std::ssize(cases);
  std::ostringstream sv;
  sv << "module netlist_bench;\n  logic clk = 0, rst_n = 0;\n  logic [" << count - 1 << ":0] in_valid, in_ready, out_valid, out_ready, done;\n  logic ["
     << count * slot - 1 << ":0] in_data, out_data;\n  always #1 clk = !clk;\n  initial #5 rst_n = 1;\n  " << block.name
     << "_synth u_dut (.clk_i(clk), .rst_ni(rst_n), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data),\n"
     << "    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_data));\n";
  for (std::int64_t i = 0; i < count; ++i) {
    const Case& c = cases[static_cast<std::size_t>(i)];
    const Beat in = block.input(c), out = block.output(c);
    const std::int64_t frames = frames_of(block, c, kBeats);
    const Elements input = stimulus_for(block, c, frames, kSeed), expected = block.model(c, input);
    const std::string path = prefix + "." + std::to_string(i);
    write_file(path + ".in.hex", hex_words(input, in.lanes, in.width));
    write_file(path + ".out.hex", hex_words(expected, out.lanes, out.width));
    sv << "  stream_driver #(.InWidth(" << in.bits() << "), .OutWidth(" << out.bits() << "), .InBeats(" << std::ssize(input) / in.lanes << "), .OutBeats("
       << std::ssize(expected) / out.lanes << "), .Seed(" << kSeed + static_cast<std::uint64_t>(i) << "), .Name(\"" << c.name << "\"), .InFile(\"" << path
       << ".in.hex\"), .OutFile(\"" << path << ".out.hex\")) u_driver_" << i << " (\n    .clk_i(clk), .rst_ni(rst_n), .valid_o(in_valid[" << i
       << "]), .ready_i(in_ready[" << i << "]), .data_o(in_data[" << i * slot << " +: " << in.bits() << "]),\n    .valid_i(out_valid[" << i
       << "]), .ready_o(out_ready[" << i << "]), .data_i(out_data[" << i * slot << " +: " << out.bits() << "]), .done_o(done[" << i << "]));\n";
  }
  sv << "  always @(posedge clk) if (&done) begin\n    $display(\"all %0d streams equal\", " << count << ");\n    $finish;\n  end\nendmodule\n";
  return sv.str();
}

struct Flow {
  std::string name;
  std::string synthesis;              ///< the Yosys command; empty: simulate what is written
  std::vector<std::string> cells;     ///< their simulation models
};

std::vector<Flow> flows() {
  const std::string share = yosys_share();
  return {{"written", "", {}},
          {"ice40", "synth_ice40 -device u -dsp", {share + "/ice40/cells_sim.v"}},
          {"xcup", "synth_xilinx -family xcup -flatten -nowidelut -noiopad -noclkbuf",
           {share + "/xilinx/cells_sim.v", rtl_folder() + "/test/netlists/ultrascale_cells.v"}}};
}

class Netlist : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(Netlist, GivesTheSameStreamsInIcarus) {
  const auto& [name, flow_name] = GetParam();
  const Block& block = find_block(name);
  const std::string prefix = name + "." + flow_name;
  for (const Flow& flow : flows()) {
    if (flow.name != flow_name) continue;
    std::vector<std::string> sources = source_files(block);
    sources.push_back(name + "_synth.sv");
    if (!flow.synthesis.empty()) {
      const std::string netlist = prefix + ".netlist.v";
      const SubprocessResult yosys =
          run_yosys(sources, flow.synthesis + " -top " + name + "_synth; check -assert; write_verilog -noattr " + netlist);
      ASSERT_EQ(yosys.exit_code, 0) << yosys.output;
      EXPECT_EQ(read_file(netlist).find("SRL"), std::string::npos) << "Yosys up to 0.67 drops the enable of shift registers that it maps to SRLs";
      sources = {netlist};
    }
    write_file(prefix + ".bench.sv", test_bench(block, prefix));
    sources.insert(sources.end(), flow.cells.begin(), flow.cells.end());
    sources.insert(sources.end(), {rtl_folder() + "/test/netlists/stream_driver.sv", prefix + ".bench.sv"});
    std::vector<std::string> compile = {"iverilog", "-g2012", "-DNO_ICE40_DEFAULT_ASSIGNMENTS", "-s", "netlist_bench", "-o", prefix + ".vvp"};
    compile.insert(compile.end(), sources.begin(), sources.end());
    const SubprocessResult compiled = run_subprocess(compile);
    ASSERT_EQ(compiled.exit_code, 0) << compiled.output;
    const SubprocessResult simulated = run_subprocess({"vvp", "-n", prefix + ".vvp"});
    EXPECT_EQ(simulated.exit_code, 0) << simulated.output;
    EXPECT_NE(simulated.output.find("all " + std::to_string(synthesized_cases(block).size()) + " streams equal"), std::string::npos)
        << simulated.output;
  }
}

INSTANTIATE_TEST_SUITE_P(Rtl, Netlist,
                         testing::Combine(testing::Values("skid_buffer", "stream_fifo", "width_converter", "sliding_window", "parallel_window",
                                                          "matrix_vector", "requantize", "pool", "lookup_table"),
                                          testing::Values("written", "ice40", "xcup")),
                         [](const auto& instance) { return std::get<0>(instance.param) + "_" + std::get<1>(instance.param); });

}  // namespace
}  // namespace bitloom::rtl
