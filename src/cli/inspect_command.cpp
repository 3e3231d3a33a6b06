#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/inspection.h"
#include "cli/text_table.h"
#include "engine/engine.h"
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

/// Where the layers would run, for the target that was asked for.
struct Placement {
  std::optional<fpga::StreamDesign> stream;
  std::optional<engine::Engine> cpu;
  std::map<std::string, std::string> kernels;  ///< of nodes on the CPU; those that cost nothing, such as another shape, have none

  const fpga::LayerPlan* unit_of(const std::string& node) const {
    if (!stream) return nullptr;
    const auto plan = std::ranges::find(stream->layers, node, &fpga::LayerPlan::node);
    return plan == stream->layers.end() ? nullptr : &*plan;
  }

  std::string kernel_of(const std::string& node) const {
    const auto kernel = kernels.find(node);
    return kernel == kernels.end() ? "" : kernel->second;
  }
};

Placement place(const std::string& target, const Graph& model, const std::optional<Graph>& integer, const std::string& why_not) {
  Placement placement;
  if (target == "cpu") {
    placement.cpu.emplace(integer ? *integer : model);
    for (const auto& step : placement.cpu->steps()) placement.kernels.emplace(step.node, step.kernel);
  } else if (!target.empty()) {
    const fpga::Part& part = fpga::parse_stream_target(target);
    if (!integer) throw InputError(model.name(), "hardware needs integers: " + why_not, "make a QDQ model with `bitloom quantize`");
    placement.stream = fpga::plan_stream(*integer, part);
  }
  return placement;
}

nlohmann::json to_json(const Inspection& inspection, const Graph& model, const Placement& placement) {
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
    if (placement.cpu) object["kernel"] = placement.kernel_of(layer.name);
    if (const fpga::LayerPlan* plan = placement.unit_of(layer.name)) {
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
  if (placement.stream)
    object["target"] = {{"part", placement.stream->part.name},
                        {"clock_mhz", placement.stream->clock_mhz},
                        {"ideal_cycles", placement.stream->ideal_cycles()},
                        {"origin", "estimated"}};
  if (placement.cpu) object["target"] = {{"workspace_bytes", placement.cpu->workspace_bytes()}};
  return object;
}

void say_table(const Inspection& inspection, const Placement& placement) {
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
                   {"cycles"},
                   {"kernel", Align::kLeft}});
  for (const LayerInfo& layer : inspection.layers) {
    const fpga::LayerPlan* plan = placement.unit_of(layer.name);
    table.add_row({layer.name, layer.geometry.empty() ? layer.op : layer.op + " " + layer.geometry,
                   per_image(layer.output), count_cell(layer.parameters), count_cell(layer.macs),
                   bits_cell(layer.weight_bits), to_string(layer.element), bits_cell(layer.accumulator_bits),
                   plan ? bits_cell(plan->pe) : "", plan ? bits_cell(plan->simd) : "",
                   plan ? count_cell(plan->ideal_cycles) : "", placement.kernel_of(layer.name)});
  }
  table.add_row({"total", "", "", count_cell(inspection.parameters), count_cell(inspection.macs), "", "", "", "", "", "", ""});
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

void say_inspection(const InspectOptions& o, const Inspection& inspection, const Graph& model, const Placement& placement) {
  const char* form = !inspection.quantized        ? "float32"
                     : inspection.refusal.empty() ? "quantized, shown as the integer network it stands for"
                                                  : "quantized";
  say(fmt::format("{}: {}, {} -> {}; {}", o.model.string(), model.name(), per_image(model.inputs().front()->shape()),
                  per_image(model.outputs().front()->shape()), form));
  say_table(inspection, placement);
  say(fmt::format("parameters take {}", human_bytes(inspection.bytes)));
  say_what_stays_float(inspection);
  if (placement.cpu)
    say(fmt::format("one image passes through {} of memory", human_bytes(static_cast<std::int64_t>(placement.cpu->workspace_bytes()))));
  if (const auto& design = placement.stream)
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

  const Placement placement = place(o.target, model, integer, refusal.empty() ? "this is a float model" : refusal);
  if (o.json) return print_json(to_json(inspection, model, placement));
  say_inspection(o, inspection, model, placement);
}

}  // namespace

void register_inspect(CLI::App& app) {
  const auto options = std::make_shared<InspectOptions>();
  CLI::App* command = app.add_subcommand("inspect", "Show the layers of a model: shapes, parameters, MACs, bits");
  command->add_option("MODEL", options->model, "ONNX file, float or QDQ")->required();
  command->add_option("--target", options->target,
                      "Also where its layers would run: pe, simd and cycles on stream:PART, or the kernel on cpu");
  command->add_flag("--json", options->json, "Print one JSON object on standard output");
  command->callback([options] { inspect_command(*options); });
}

}  // namespace bitloom::cli
