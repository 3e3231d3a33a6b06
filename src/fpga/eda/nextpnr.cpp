#include "fpga/eda/nextpnr.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

namespace bitloom::fpga {
namespace {

const std::map<std::string, double Resources::*>& cell_kinds() {
  static const std::map<std::string, double Resources::*> kinds = {
      {"ICESTORM_LC", &Resources::lut}, {"ICESTORM_RAM", &Resources::bram}, {"ICESTORM_DSP", &Resources::dsp}, {"ICESTORM_SPRAM", &Resources::spram}};
  return kinds;
}

}  // namespace

NextpnrReport parse_nextpnr(const std::string& log, const std::string& report) {
  NextpnrReport result;
  // "Info: \t         ICESTORM_LC:  3412/ 5280    64%"
  static const std::regex utilisation(R"((ICESTORM_\w+):\s*(\d+)\s*/)");
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_search(line, match, utilisation)) {
      const auto kind = cell_kinds().find(match[1]);
      if (!result.used) result.used = Resources{};
      if (kind != cell_kinds().end()) (*result.used).*kind->second = std::stod(match[2]);
    } else if (result.error.empty() && line.starts_with("ERROR: ")) {
      result.error = line.substr(7);
    }
  }
  const auto object = nlohmann::json::parse(report, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains("fmax")) return result;
  for (const auto& [clock, timing] : object["fmax"].items()) {
    const double achieved = timing.value("achieved", 0.0);
    result.fmax_mhz = result.fmax_mhz ? std::min(*result.fmax_mhz, achieved) : achieved;
  }
  return result;
}

}  // namespace bitloom::fpga
