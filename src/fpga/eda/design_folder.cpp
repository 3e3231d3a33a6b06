#include "fpga/eda/design_folder.h"

#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "base/error.h"
#include "base/file.h"

namespace bitloom::fpga {
namespace {

using nlohmann::json;

constexpr const char* kFix = "give a folder that `bitloom compile` wrote";

StreamFormat format_of(const json& end) { return {end.at("lanes"), end.at("bits"), end.at("signed")}; }
MapShape map_of(const json& end) {
  const json& map = end.at("map");
  return {map.at("channels"), map.at("height"), map.at("width")};
}

void require_sound(const DesignFolder& design, const std::filesystem::path& file) {
  const auto sound = [](const StreamFormat& format, const MapShape& map) {
    return format.lanes > 0 && format.bits > 0 && format.bits <= 32 && map.elements() > 0 && map.elements() % format.lanes == 0;
  };
  if (!sound(design.input, design.input_map) || !sound(design.output, design.output_map) || design.units.empty() || design.clock_mhz <= 0)
    throw InputError(file.string(), "describes no design that can work", kFix);
}

}  // namespace

std::int64_t DesignFolder::patience_cycles() const {
  std::int64_t sum = 0;
  for (const UnitInfo& unit : units) sum += unit.ideal_cycles;
  return 10 * sum + 10'000;
}

DesignFolder read_design_folder(const std::filesystem::path& dir) {
  const std::filesystem::path file = dir / "design.json";
  if (!std::filesystem::exists(file)) throw InputError(dir.string(), "holds no design.json", kFix);
  DesignFolder design;
  design.path = std::filesystem::absolute(dir);
  try {
    const json object = json::parse(read_file(file));
    if (object.at("format") != "bitloom stream design 1") throw InputError(file.string(), "has a format that this version does not know", kFix);
    design.part = &find_part(object.at("part").get<std::string>());
    design.clock_mhz = object.at("clock_mhz");
    design.input = format_of(object.at("input"));
    design.output = format_of(object.at("output"));
    design.input_map = map_of(object.at("input"));
    design.output_map = map_of(object.at("output"));
    design.ideal_cycles = object.at("ideal_cycles");
    for (const json& unit : object.at("units")) design.units.push_back({unit.at("name"), unit.at("output_beats"), unit.at("ideal_cycles")});
  } catch (const json::exception& error) {
    throw InputError(file.string(), std::string("cannot be read: ") + error.what(), kFix);
  }
  require_sound(design, file);
  std::istringstream list(read_file(dir / "sources.f"));
  for (std::string line; std::getline(list, line);)
    if (!line.empty()) design.sources.push_back(line);
  return design;
}

SubprocessResult run_in(const DesignFolder& design, const std::vector<std::string>& command, const std::filesystem::path& log) {
  SubprocessOptions options;
  options.directory = design.path;
  if (!log.empty()) options.log = design.path / log;
  return run_subprocess(command, options);
}

std::string tool_version(const std::vector<std::string>& command) {
  const std::string output = run_subprocess(command).output;
  std::smatch match;  // the name, then whatever stands before the number: "Icarus Verilog version 11.0", "(Version 0.4-1+b1)"
  static const std::regex pattern(R"(([A-Za-z][\w-]*(?: Verilog)?)[^\n]*?\b(\d+\.\d[\w.]*))");
  if (std::regex_search(output, match, pattern)) return match[1].str() + " " + match[2].str();
  return command.front();
}

}  // namespace bitloom::fpga
