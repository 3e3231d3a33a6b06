#include "fpga/stream/design_json.h"

namespace bitloom::fpga {
namespace {

using nlohmann::json;

json to_json(const StreamFormat& format) { return {{"lanes", format.lanes}, {"bits", format.bits}, {"signed", format.is_signed}}; }
json to_json(const MapShape& map) { return {{"channels", map.channels}, {"height", map.height}, {"width", map.width}}; }

json end_json(const StreamFormat& format, const MapShape& map) {
  json object = to_json(format);
  object["field_bits"] = field_bits(format.bits);
  object["beats"] = map.elements() / format.lanes;
  object["map"] = to_json(map);
  object["order"] = "row, column, channel; lane 0 in the low bits";
  return object;
}

json unit_json(const Unit& unit) {
  json parameters = json::object();
  for (const auto& [key, value] : unit.parameters) std::visit([&, k = key](const auto& v) { parameters[k] = v; }, value);
  return {{"name", unit.name},
          {"block", unit.block},
          {"node", unit.node},
          {"parameters", parameters},
          {"input", to_json(unit.input)},
          {"output", to_json(unit.output)},
          {"input_beats", unit.input_beats},
          {"output_beats", unit.output_beats},
          {"ideal_cycles", unit.ideal_cycles},
          {"estimate", to_json(unit.estimate)}};
}

json layer_json(const LayerPlan& layer) {
  return {{"node", layer.node},
          {"op", layer.op},
          {"input", to_json(layer.input)},
          {"output", to_json(layer.output)},
          {"macs", layer.macs},
          {"weight_bits", layer.weight_bits},
          {"activation_bits", layer.activation_bits},
          {"accumulator_bits", layer.accumulator_bits},
          {"pe", layer.pe},
          {"simd", layer.simd},
          {"ideal_cycles", layer.ideal_cycles},
          {"estimate", to_json(layer.estimate)}};
}

}  // namespace

json to_json(const Resources& resources) {
  json object = json::object();
  for (const ResourceField& field : resource_fields()) object[std::string(field.key)] = resources.*field.amount;
  return object;
}

json to_json(const StreamDesign& design) {
  json units = json::array(), layers = json::array();
  for (const Unit& unit : design.units) units.push_back(unit_json(unit));
  for (const LayerPlan& layer : design.layers) layers.push_back(layer_json(layer));
  return {{"format", "bitloom stream design 1"},
          {"network", design.network},
          {"part", design.part.name},
          {"family", to_string(design.part.family)},
          {"clock_mhz", design.clock_mhz},
          {"ideal_cycles", design.ideal_cycles()},
          {"slowest_unit", design.slowest_unit().name},
          {"input", end_json(design.input, design.input_map)},
          {"output", end_json(design.output, design.output_map)},
          {"layers", layers},
          {"units", units},
          {"estimate", to_json(design.estimate)},
          {"available", to_json(design.part.available)},
          {"origin", "estimated"}};
}

}  // namespace bitloom::fpga
