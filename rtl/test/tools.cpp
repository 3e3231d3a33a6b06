#include "test/tools.h"

#include <cstdlib>
#include <filesystem>

namespace bitloom::rtl {

std::string rtl_folder() {
  const char* source = std::getenv("BITLOOM_SOURCE_DIR");
  return std::string(source ? source : ".") + "/rtl";
}

std::vector<std::string> source_files(const Block& block) {
  std::vector<std::string> files;
  for (const std::string& source : block.sources) files.push_back(rtl_folder() + "/" + source);
  return files;
}

std::string yosys_share() { return (std::filesystem::path(require_program("yosys")).parent_path().parent_path() / "share/yosys").string(); }

SubprocessResult run_yosys(const std::vector<std::string>& sources, const std::string& commands) {
  std::string script = "read_verilog -sv -defer";
  for (const std::string& source : sources) script += " " + source;
  return run_subprocess({"yosys", "-q", "-p", script + "; " + commands});
}

}  // namespace bitloom::rtl
