#include "fpga/eda/synthesize.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/subprocess.h"
#include "fpga/eda/design_folder.h"
#include "fpga/eda/nextpnr.h"
#include "fpga/eda/yosys.h"
#include "fpga/stream/design_json.h"

namespace bitloom::fpga {
namespace fs = std::filesystem;
namespace {

constexpr const char* kWork = "build/synth";

/// The first line that begins with "ERROR", or the last line at all.
std::string complaint(const std::string& output) {
  const std::size_t begin = output.find("ERROR: ");
  if (begin != std::string::npos) return output.substr(begin + 7, output.find('\n', begin) - begin - 7);
  const std::size_t end = output.find_last_not_of('\n');
  if (end == std::string::npos) return "no output";
  const std::size_t last = output.rfind('\n', end);
  return output.substr(last == std::string::npos ? 0 : last + 1, end - last);
}

void run_tool(const DesignFolder& design, const std::string& name, const std::vector<std::string>& command) {
  const fs::path log = fs::path(kWork) / (name + ".log");
  const SubprocessResult result = run_in(design, command, log);
  if (result.exit_code != 0)
    throw CheckError(design.path.string(), fmt::format("{} ended with exit code {}: {}", name, result.exit_code, complaint(result.output)),
                     "log: " + (design.path / log).string());
}

/// Leaves nothing of an earlier run that could pass for a result of this one.
void start_afresh(const DesignFolder& design) {
  fs::remove_all(design.path / kWork);
  make_directories(design.path / kWork);
}

void run_yosys(const DesignFolder& design, SynthResult& result) {
  run_tool(design, "yosys", {"yosys", "-Q", "-T", "-s", "scripts/synth.ys"});
  const Resources used = resources_of(parse_cell_counts(read_file(design.path / kWork / "statistics.json")), design.part->family);
  result.used = used;
}

/// Place and route. That a design does not fit, or is too slow, is a result; anything else that stops nextpnr is an error.
void run_nextpnr(const DesignFolder& design, SynthResult& result) {
  const fs::path work = design.path / kWork;
  const SubprocessResult run = run_in(
      design,
      {"nextpnr-ice40", "--up5k", "--package", design.part->package, "--json", "build/synth/netlist.json", "--pcf", "scripts/ice40_top.pcf",
       "--freq", fmt::format("{:g}", design.clock_mhz), "--asc", "build/synth/ice40_top.asc", "--report", "build/synth/report.json"},
      fs::path(kWork) / "nextpnr.log");
  const fs::path report_file = work / "report.json";
  const NextpnrReport report = parse_nextpnr(run.output, fs::exists(report_file) ? read_file(report_file) : "");
  if (report.used) {
    const double flip_flops = result.used.ff;
    result.used = *report.used;
    result.used.ff = flip_flops;
  }
  result.fmax_mhz = report.fmax_mhz;
  const bool too_slow = report.fmax_mhz && *report.fmax_mhz < design.clock_mhz;
  if (run.exit_code == 0 || too_slow || !fits(result.used, result.available)) return;
  throw CheckError(design.path.string(),
                   fmt::format("nextpnr-ice40 ended with exit code {}: {}", run.exit_code, report.error.empty() ? complaint(run.output) : report.error),
                   "log: " + (work / "nextpnr.log").string());
}

std::string failure_of(const SynthResult& result, Family family) {
  if (!result.fits) return "does not fit: " + excess(result.used, result.available, family);
  if (result.fmax_mhz && *result.fmax_mhz < result.target_mhz)
    return fmt::format("reaches {:.2f} MHz, {:g} are asked", *result.fmax_mhz, result.target_mhz);
  return "";
}

}  // namespace

SynthResult synthesize(const fs::path& dir) {
  const auto start = std::chrono::steady_clock::now();
  const DesignFolder design = read_design_folder(dir);
  const bool ice40 = design.part->family == Family::kIce40;
  for (const char* tool : {"yosys", "nextpnr-ice40", "icepack"})
    if (ice40 || tool == std::string("yosys")) require_program(tool);
  SynthResult result;
  result.part = design.part->name;
  result.available = design.part->available;
  result.target_mhz = design.clock_mhz;
  result.tools = {tool_version({"yosys", "-V"})};
  start_afresh(design);

  Progress progress("synth", ice40 ? 3 : 1);
  progress.set_note("Yosys");
  run_yosys(design, result);
  progress.advance();
  if (ice40) {
    result.tools.push_back(tool_version({"nextpnr-ice40", "--version"}));
    progress.set_note("nextpnr");
    run_nextpnr(design, result);
    progress.advance();
  }
  result.fits = fits(result.used, result.available);
  result.failure = failure_of(result, design.part->family);
  if (ice40 && result.passed()) {
    progress.set_note("icepack");
    run_tool(design, "icepack", {"icepack", "build/synth/ice40_top.asc", "build/synth/ice40_top.bin"});
    result.bitstream = dir / kWork / "ice40_top.bin";
    progress.advance();
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_file(dir / "synth.json", to_json(result) + "\n");
  return result;
}

std::string to_json(const SynthResult& result) {
  using nlohmann::json;
  json object = to_json(result.used), utilisation = json::object();
  for (const ResourceField& field : resource_fields())
    if (result.available.*field.amount > 0) utilisation[std::string(field.key)] = result.used.*field.amount / result.available.*field.amount;
  object["available"] = to_json(result.available);
  object["utilisation"] = utilisation;
  object["fmax_mhz"] = result.fmax_mhz ? json(*result.fmax_mhz) : json(nullptr);
  object["target_mhz"] = result.target_mhz;
  object["fits"] = result.fits;
  object["passed"] = result.passed();
  object["failure"] = result.failure.empty() ? json(nullptr) : json(result.failure);
  object["tool"] = result.tools;
  object["part"] = result.part;
  object["bitstream"] = result.bitstream.empty() ? json(nullptr) : json(result.bitstream.string());
  object["seconds"] = result.seconds;
  object["origin"] = "synthesized";
  return object.dump(1);
}

void require_passed(const SynthResult& result, const fs::path& dir) {
  if (result.passed()) return;
  throw CheckError(fmt::format("{} on {}", dir.string(), result.part), result.failure,
                   result.fits ? "ask for a lower clock (--clock-mhz), or fold less" : "use a smaller network or a larger part");
}

}  // namespace bitloom::fpga
