#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/command_line.h"
#include "eval/open_network.h"
#include "fpga/stream/plan.h"
#include "fpga/stream/write.h"
#include "passes/lower/lower.h"

namespace bitloom::cli {
namespace {

struct CompileOptions {
  std::filesystem::path model, out;
  std::string target;
  double clock_mhz = 0;
  std::vector<std::string> folding;
  bool json = false;
};

/// "conv1=4,2" -> conv1: pe 4, simd 2.
std::pair<std::string, fpga::Folding> parse_folding(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  fpga::Folding folding;
  char rest = 0;
  if (equals == std::string::npos || equals == 0 ||
      std::sscanf(text.c_str() + equals + 1, "%d,%d%c", &folding.pe, &folding.simd, &rest) != 2 || folding.pe < 0 || folding.simd < 0)
    throw InputError("--folding " + text, "is not NODE=PE,SIMD", "write for example --folding conv1=4,2 (0 lets compile choose)");
  return {text.substr(0, equals), folding};
}

nlohmann::json to_json(const fpga::Resources& resources) {
  nlohmann::json object;
  for (const fpga::ResourceField& field : fpga::resource_fields()) object[std::string(field.key)] = resources.*field.amount;
  return object;
}

nlohmann::json to_json(const fpga::StreamDesign& design) {
  nlohmann::json layers = nlohmann::json::array();
  for (const fpga::LayerPlan& layer : design.layers)
    layers.push_back({{"node", layer.node}, {"op", layer.op}, {"pe", layer.pe}, {"simd", layer.simd}, {"macs", layer.macs},
                      {"ideal_cycles", layer.ideal_cycles}, {"accumulator_bits", layer.accumulator_bits}});
  return {{"network", design.network},     {"part", design.part.name},
          {"clock_mhz", design.clock_mhz}, {"ideal_cycles", design.ideal_cycles()},
          {"layers", layers},              {"resources", to_json(design.estimate)},
          {"available", to_json(design.part.available)}, {"origin", "estimated"}};
}

void say_design(const fpga::StreamDesign& design, const std::filesystem::path& out) {
  say(fmt::format("{:<20} {:<14} {:>12} {:>4} {:>5} {:>12}", "layer", "operator", "MACs", "pe", "simd", "cycles"));
  for (const fpga::LayerPlan& layer : design.layers)
    say(fmt::format("{:<20} {:<14} {:>12} {:>4} {:>5} {:>12}", layer.node, layer.op, layer.macs, layer.pe, layer.simd, layer.ideal_cycles));
  const double per_second = design.clock_mhz * 1e6 / static_cast<double>(design.ideal_cycles());
  say(fmt::format("{}: {} cycles/image, {:.0f} images/s at {} MHz (estimated); slowest unit {}", design.part.name, design.ideal_cycles(),
                  per_second, design.clock_mhz, design.slowest_unit().name));
  say(fmt::format("written to {}; next: bitloom verify {}", out.string(), out.string()));
}

void compile(const CompileOptions& o) {
  const fpga::Part& part = fpga::parse_stream_target(o.target);
  fpga::PlanOptions plan;
  plan.clock_mhz = o.clock_mhz;
  for (const std::string& text : o.folding) plan.folding.insert(parse_folding(text));
  const Graph qdq = open_network(o.model);
  const fpga::StreamDesign design = fpga::plan_stream(lower(qdq), part, plan);
  fpga::write_stream_design(design, qdq, o.out);
  if (o.json) return print_json(to_json(design));
  say_design(design, o.out);
}

}  // namespace

void register_compile(CLI::App& app) {
  const auto options = std::make_shared<CompileOptions>();
  CLI::App* command = app.add_subcommand("compile", "Turn a quantized model into hardware: sources, weights, test bench, scripts");
  command->add_option("MODEL", options->model, "QDQ file, as `bitloom quantize` writes it")->required();
  command->add_option("--target", options->target, "stream:PART, for example stream:xczu3eg or stream:ice40up5k")->required();
  command->add_option("--out", options->out, "Folder to write; a folder not made by bitloom is never replaced")->required();
  command->add_option("--clock-mhz", options->clock_mhz, "Clock to plan for (default: the part's)")->check(CLI::PositiveNumber);
  command->add_option("--folding", options->folding, "NODE=PE,SIMD for one layer; may be repeated; the others are chosen")->allow_extra_args(false);
  command->add_flag("--json", options->json, "Print one JSON object on standard output");
  command->callback([options] { compile(*options); });
}

}  // namespace bitloom::cli
