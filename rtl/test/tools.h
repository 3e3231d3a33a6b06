#pragma once

#include <string>
#include <vector>

#include "base/subprocess.h"
#include "test/bench.h"

namespace bitloom::rtl {

/// The source folder rtl/.
std::string rtl_folder();
/// The block's SystemVerilog files.
std::vector<std::string> source_files(const Block& block);
/// Yosys' folder of cell models.
std::string yosys_share();
/// Reads the sources and runs `commands`.
SubprocessResult run_yosys(const std::vector<std::string>& sources, const std::string& commands);

}  // namespace bitloom::rtl
