#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/inspection.h"
#include "cli/text_table.h"
#include "eval/open_network.h"
#include "fpga/stream/plan.h"
#include "ir/ops/quantization.h"
#include "passes/lower/lower.h"

namespace bitloom::cli {
namespace {

struct InspectOptions {
  std::filesystem::path model;
  std::string target;
  bool json = false;
};

/// "1x28x28": what one image makes, without the batch.
std::string per_image(const Shape& shape) {
  return fmt::format("{}", fmt::join(shape.dims().begin() + 1, shape.dims().end(), "x"));
}

std::string bits_cell(int bits) {
  return bits == 0 ? "" : std::to_string(bits);
}

const fpga::LayerPlan* plan_of(const std::optional<fpga::StreamDesign>& design, const std::string& node) {
  if (!design) return nullptr;
  const auto plan = std::ranges::find(design->layers, node, &fpga::LayerPlan::node);
  return plan == design->layers.end() ? nullptr : &*plan;
}

nlohmann::json to_json(const Inspection& inspection, const Graph& model,
                       const std::optional<fpga::StreamDesign>& design) {
  nlohmann::json layers = nlohmann::json::array();
  for (const LayerInfo& layer : inspection.layers) {
    nlohmann::json object{{"name", layer.name},
                          {"op", layer.op},
                          {"output", layer.output.dims()},
                          {"parameters", layer.parameters},
                          {"macs", layer.macs},
                          {"weight_bits", layer.weight_bits},
                          {"element", to_string(layer.element)},
                          {"accumulator_bits", layer.accumulator_bits}};
    if (const fpga::LayerPlan* plan = plan_of(design, layer.name)) {
      object["pe"] = plan->pe;
      object["simd"] = plan->simd;
      object["ideal_cycles"] = plan->ideal_cycles;
    }
    layers.push_back(std::move(object));
  }
  nlohmann::json object{{"network", model.name()},
                        {"form", !inspection.quantized        ? "float"
                                 : inspection.refusal.empty() ? "integer"
                                                              : "qdq"},
                        {"input", model.inputs().front()->shape().dims()},
                        {"classes", model.class_names},
                        {"parameters", inspection.parameters},
                        {"parameter_bytes", inspection.bytes},
                        {"macs", inspection.macs},
                        {"layers", layers}};
  if (!inspection.refusal.empty()) object["refusal"] = inspection.refusal;
  object["stays_float"] = inspection.stays_float;
  if (design)
    object["target"] = {{"part", design->part.name},
                        {"clock_mhz", design->clock_mhz},
                        {"ideal_cycles", design->ideal_cycles()},
                        {"origin", "estimated"}};
  return object;
}

void say_table(const Inspection& inspection, const std::optional<fpga::StreamDesign>& design) {
  using Align = TextTable::Align;
  TextTable table({{"layer", Align::kLeft},
                   {"operator", Align::kLeft},
                   {"output"},
                   {"parameters"},
                   {"MACs"},
                   {"weight bits"},
                   {"result", Align::kLeft},
                   {"sum bits"},
                   {"pe"},
                   {"simd"},
                   {"cycles"}});
  for (const LayerInfo& layer : inspection.layers) {
    const fpga::LayerPlan* plan = plan_of(design, layer.name);
    table.add_row({layer.name, layer.geometry.empty() ? layer.op : layer.op + " " + layer.geometry,
                   per_image(layer.output), count_cell(layer.parameters), count_cell(layer.macs),
                   bits_cell(layer.weight_bits), to_string(layer.element), bits_cell(layer.accumulator_bits),
                   plan ? bits_cell(plan->pe) : "", plan ? bits_cell(plan->simd) : "",
                   plan ? count_cell(plan->ideal_cycles) : ""});
  }
  table.add_row(
      {"total", "", "", count_cell(inspection.parameters), count_cell(inspection.macs), "", "", "", "", "", ""});
  for (const std::string& line : table.lines()) say(line);
}

void say_what_stays_float(const Inspection& inspection) {
  constexpr std::size_t kMostLines = 10;
  const std::vector<std::string>& reasons = inspection.stays_float;
  if (reasons.empty() && !inspection.refusal.empty()) say("no integer form: " + inspection.refusal);
  if (reasons.empty()) return;
  say(fmt::format("{} {} would stay float:", reasons.size(), reasons.size() == 1 ? "layer" : "layers"));
  for (std::size_t i = 0; i < std::min(reasons.size(), kMostLines); ++i) say("  " + reasons[i]);
  if (reasons.size() > kMostLines) say(fmt::format("  and {} more; --json lists all", reasons.size() - kMostLines));
}

void say_inspection(const InspectOptions& o, const Inspection& inspection, const Graph& model,
                    const std::optional<fpga::StreamDesign>& design) {
  const char* form = !inspection.quantized        ? "float32"
                     : inspection.refusal.empty() ? "quantized, shown as the integer network it stands for"
                                                  : "quantized";
  say(fmt::format("{}: {}, {} -> {}; {}", o.model.string(), model.name(), per_image(model.inputs().front()->shape()),
                  per_image(model.outputs().front()->shape()), form));
  say_table(inspection, design);
  say(fmt::format("parameters take {}", human_bytes(inspection.bytes)));
  say_what_stays_float(inspection);
  if (design)
    say(fmt::format("{} at {} MHz: {} cycles/image (estimated); slowest unit {}", design->part.name, design->clock_mhz,
                    design->ideal_cycles(), design->slowest_unit().name));
}

void inspect_command(const InspectOptions& o) {
  const Graph model = open_network(o.model);
  std::optional<Graph> integer;
  std::string refusal;
  if (!model.nodes_of<Quantize>().empty()) {
    try {
      integer = lower(model);
    } catch (const InputError& error) {
      refusal = error.what();  // the model can be looked at all the same
    }
  }
  Inspection inspection = inspect(model, integer ? &*integer : nullptr);
  inspection.refusal = refusal;

  std::optional<fpga::StreamDesign> design;
  if (!o.target.empty()) {
    const fpga::Part& part = fpga::parse_stream_target(o.target);
    if (!integer)
      throw InputError(o.model.string(),
                       "hardware needs integers: " + (refusal.empty() ? "this is a float model" : refusal),
                       "make a QDQ model with `bitloom quantize`");
    design = fpga::plan_stream(*integer, part);
  }
  if (o.json) return print_json(to_json(inspection, model, design));
  say_inspection(o, inspection, model, design);
}

}  // namespace

void register_inspect(CLI::App& app) {
  const auto options = std::make_shared<InspectOptions>();
  CLI::App* command = app.add_subcommand("inspect", "Show the layers of a model: shapes, parameters, MACs, bits");
  command->add_option("MODEL", options->model, "ONNX file, float or QDQ")->required();
  command->add_option("--target", options->target,
                      "Also where its layers would run: pe, simd and cycles on stream:PART");
  command->add_flag("--json", options->json, "Print one JSON object on standard output");
  command->callback([options] { inspect_command(*options); });
}

}  // namespace bitloom::cli
