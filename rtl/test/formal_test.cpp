// Proofs by k-induction (yosys-smtbmc, z3) that the blocks which only hold or regroup a stream keep every element, in order, for any input
// and for ever; see formal/stream_order.sv. Each proof is also run on a block with a planted bug, which it must find.
#include <gtest/gtest.h>

#include <ostream>

#include "base/file.h"
#include "base/subprocess.h"
#include "test/tools.h"

namespace bitloom::rtl {
namespace {

struct Proof {
  std::string name, block;
  std::string parameters;                                    ///< of the proof's module, for Yosys' chparam
  std::vector<std::pair<std::string, std::string>> probes;   ///< wire of the proof's module, register of the block
  std::string right, wrong;                                  ///< the planted bug: this text of the source becomes that
};

/// Each name of the block's scope, under its own name in the proof. Yosys puts an else-branch of a generate into a scope genblk<n>.
std::vector<std::pair<std::string, std::string>> probes(const std::string& scope, const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& name : names) pairs.push_back({name, "dut." + scope + name});
  return pairs;
}

const std::vector<Proof>& proofs() {
  static const std::vector<Proof> all = {
      {"SkidBuffer", "skid_buffer", "", probes("", {"skid_valid_q", "out_valid_q", "skid_q", "out_q"}),
       "if (!skid_valid_q) skid_q <= in_data_i;", "skid_q <= in_data_i;"},
      {"StreamFifo", "stream_fifo", "",
       [] {
         auto wires = probes("", {"write_address_q", "read_address_q", "count_q", "out_q", "out_valid_q"});
         for (const char* word : {"0", "1", "2"}) wires.push_back({std::string("word_") + word, std::string("dut.memory[") + word + "]"});
         return wires;
       }(),
       "if (push && !pop) count_q <= count_q + 1'b1;", "if (push) count_q <= count_q + 1'b1;"},
      {"WidthConverterWidens", "width_converter", "-set InLanes 1 -set OutLanes 4 -set Unit 1 -set Slots 4",
       probes("genblk2.genblk1.g_widen.", {"count_q", "data_q"}), "assign in_ready_o = !out_valid_o || out_ready_i;",
       "assign in_ready_o = 1'b1;"},
      {"WidthConverterNarrows", "width_converter", "-set InLanes 4 -set OutLanes 2 -set Unit 2 -set Slots 4",
       probes("genblk2.g_narrow.", {"count_q", "data_q"}), "(count_q == CountWidth'(1) && out_ready_i)", "count_q == CountWidth'(1)"},
      {"WidthConverterRegroups", "width_converter", "-set InLanes 4 -set OutLanes 6 -set Unit 2 -set Slots 8",
       probes("genblk2.genblk1.g_regroup.", {"count_q", "data_q"}), "assign in_ready_o = kept <= CountWidth'(OutUnits - 1);",
       "assign in_ready_o = kept <= CountWidth'(OutUnits);"},
      {"WidthConverterRegroupsDown", "width_converter", "-set InLanes 3 -set OutLanes 2 -set Unit 1 -set Slots 4",
       probes("genblk2.genblk1.g_regroup.", {"count_q", "data_q"}), "in_place[u*UnitWidth +: InWidth] = in_data_i;",
       "in_place[u*UnitWidth +: InWidth] = u == 1 ? ~in_data_i : in_data_i;"},
  };
  return all;
}

/// Translates the proof of the block in `source` and returns what the solver says to it, or why Yosys does not translate it.
std::string solve(const Proof& proof, const std::string& source, const std::string& file, const std::vector<std::string>& mode) {
  const std::string folder = rtl_folder() + "/test/formal/", top = proof.block + "_proof";
  std::string script = "read_verilog -sv -formal -defer " + source + " " + folder + "stream_order.sv " + folder + top + ".sv; ";
  if (!proof.parameters.empty()) script += "chparam " + proof.parameters + " " + top + "; ";
  script += "hierarchy -check -top " + top + "; rename -top proof; proc; flatten; memory_collect; memory_map; ";
  // Without -nounset a wire that is part of a concatenation loses its connection to that, too.
  for (const auto& [wire, target] : proof.probes) script += "connect -nounset -set " + wire + " " + target + "; ";
  script += "opt -keepdc; async2sync; opt -keepdc -nodffe -nosdff; setundef -undriven -anyseq; dffunmap; write_smt2 -wires " + file;
  const SubprocessResult yosys = run_subprocess({"yosys", "-q", "-p", script});
  if (yosys.exit_code != 0) return yosys.output;
  // Without --unroll z3 expands the nested definitions as trees and never ends.
  std::vector<std::string> solver = {"yosys-smtbmc", "-s", "z3", "--unroll", "--noprogress"};
  solver.insert(solver.end(), mode.begin(), mode.end());
  solver.push_back(file);
  return run_subprocess(solver).output;
}

std::ostream& operator<<(std::ostream& out, const Proof& proof) { return out << proof.name; }

class Formal : public testing::TestWithParam<Proof> {};

TEST_P(Formal, KeepsEveryElementInOrder) {
  const Proof& proof = GetParam();
  const std::string source = rtl_folder() + "/" + proof.block + "/" + proof.block + ".sv", file = proof.name + ".smt2";
  for (const auto& mode : {std::vector<std::string>{"-t", "4"}, std::vector<std::string>{"-i", "-t", "2"}}) {
    const std::string output = solve(proof, source, file, mode);
    EXPECT_NE(output.find("Status: PASSED"), std::string::npos) << output;
  }
}

TEST_P(Formal, FindsThePlantedBug) {
  const Proof& proof = GetParam();
  std::string source = read_file(rtl_folder() + "/" + proof.block + "/" + proof.block + ".sv");
  const std::size_t place = source.find(proof.right);
  ASSERT_NE(place, std::string::npos) << "the planted bug's place is gone: " << proof.right;
  source.replace(place, proof.right.size(), proof.wrong);
  const std::string planted = proof.name + ".planted.sv";
  write_file(planted, source);
  const std::string output = solve(proof, planted, proof.name + ".planted.smt2", {"-t", "12"});
  EXPECT_NE(output.find("Status: FAILED"), std::string::npos) << output;
}

INSTANTIATE_TEST_SUITE_P(Rtl, Formal, testing::ValuesIn(proofs()), [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace bitloom::rtl
