#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/command_line.h"
#include "fpga/eda/synthesize.h"

namespace bitloom::cli {
namespace {

void say_result(const fpga::SynthResult& result) {
  const fpga::Family family = fpga::find_part(result.part).family;
  for (const fpga::ResourceField& field : fpga::resource_fields()) {
    const double used = result.used.*field.amount, available = result.available.*field.amount;
    if (available > 0)
      say(fmt::format("  {:<22} {:>9} of {:>9}  {:>5.1f} %", fpga::resource_name(field.key, family), used, available, 100 * used / available));
  }
  if (result.fmax_mhz) say(fmt::format("  fmax {:.1f} MHz, asked {:.1f} MHz", *result.fmax_mhz, result.target_mhz));
  if (!result.bitstream.empty()) say("  bitstream " + result.bitstream.string());
}

void synth(const std::filesystem::path& design, bool json) {
  const fpga::SynthResult result = fpga::synthesize(design);
  if (json) print_json(nlohmann::json::parse(fpga::to_json(result)));
  say(fmt::format("{}: {} in {} (synthesized: {})", design.string(), result.part, human_duration(result.seconds), fmt::join(result.tools, ", ")));
  say_result(result);
  fpga::require_passed(result, design);
}

}  // namespace

void register_synth(CLI::App& app) {
  struct Options {
    std::filesystem::path design;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("synth", "Synthesize a design with the open tools; for iCE40 on to a bitstream and its fmax");
  command->add_option("DIR", options->design, "Folder that `bitloom compile` wrote")->required();
  command->add_flag("--json", options->json, "Print one JSON object on standard output");
  command->callback([options] { synth(options->design, options->json); });
}

}  // namespace bitloom::cli
