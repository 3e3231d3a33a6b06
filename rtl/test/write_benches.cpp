// write_benches DIR: for every block of rtl/ a module around its test cases, <block>_bench.sv, one around those that are simulated after
// synthesis, <block>_synth.sv, and the memory files that they read. Run by the build; the tests work in DIR.
#include <filesystem>
#include <iostream>

#include "base/file.h"
#include "bench.h"

int main(int argc, char** argv) {
  using namespace bitloom;
  if (argc != 2) {
    std::cerr << "usage: write_benches DIR\n";
    return 2;
  }
  const std::filesystem::path dir = argv[1];
  for (const rtl::Block& block : rtl::all_blocks()) {
    write_file(dir / (block.name + "_bench.sv"), rtl::bench_module(block.name + "_bench", block, block.cases));
    if (const std::vector<rtl::Case> cases = rtl::synthesized_cases(block); !cases.empty()) {
      write_file(dir / (block.name + "_synth.sv"), rtl::bench_module(block.name + "_synth", block, cases));
    }
    for (const rtl::Case& c : block.cases) {
      for (const rtl::MemoryFile& file : block.memories(c)) write_file(dir / file.path, file.contents);
    }
  }
}
