#include "fpga/stream/assemble.h"

#include <algorithm>
#include <utility>

#include "fpga/cost/cost_model.h"

namespace bitloom::fpga {
namespace {

LayerPlan plan_of(const Layer& layer, const LayerFolding& folding, const std::vector<Unit>& units) {
  LayerPlan plan;
  plan.node = layer.node;
  plan.op = layer.op;
  plan.input = layer.input_map;
  plan.output = layer.output_map;
  plan.macs = layer.macs;
  plan.activation_bits = layer.input.bits;
  if (const auto* sum = std::get_if<WeightedSum>(&layer.work)) {
    plan.weight_bits = sum->weight_bits;
    plan.accumulator_bits = layer.output.bits;
    plan.pe = folding.pe;
    plan.simd = folding.simd;
  }
  for (const Unit& unit : units) {
    plan.ideal_cycles = std::max(plan.ideal_cycles, unit.ideal_cycles);
    plan.estimate += unit.estimate;
  }
  return plan;
}

/// Cycles an image in which what follows units[i] drains its beats, up to the next unit that buffers.
std::int64_t cycles_to_drain(const std::vector<Unit>& units, std::size_t i) {
  std::int64_t slowest = units[i].output_beats;
  for (std::size_t next = i + 1; next < units.size(); ++next) {
    const std::string& block = units[next].block;
    if (block != "width_converter" && block != "requantize" && block != "lookup_table") break;
    slowest = std::max({slowest, units[next].input_beats, units[next].output_beats});
  }
  return slowest;
}

/// A pool puts out its results at the last position of each window, one a cycle, and nothing before it. Where what follows takes them more
/// slowly than that, the pool waits. choose_folding() leaves it time to; a folding by hand may not, and then a FIFO takes one window's results.
void add_fifos(std::vector<Unit>& units, Family family) {
  std::int64_t pace = 0;
  for (const Unit& unit : units) pace = std::max(pace, unit.ideal_cycles);
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (units[i].block != "pool") continue;
    const std::int64_t waiting = cycles_to_drain(units, i) - units[i].output_beats;
    if (units[i].ideal_cycles + waiting <= pace) continue;
    const std::int64_t results_a_window = units[i].parameter("Channels") / units[i].parameter("Lanes");
    Unit fifo = stream_fifo(units[i].name + "_fifo", units[i].output, results_a_window, units[i].output_beats, family);
    units.insert(units.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(fifo));
  }
}

}  // namespace

StreamDesign assemble(const std::vector<Layer>& layers, const ChainFolding& chain, const Part& part) {
  StreamDesign design;
  design.part = part;
  design.input_map = layers.front().input_map;
  design.output_map = layers.back().output_map;
  const ElementRange& first = layers.front().input;
  design.input = {chain.input_lanes, first.bits, first.is_signed};

  StreamFormat stream = design.input;
  const auto convert = [&](const std::string& before, int lanes, std::int64_t elements) {
    if (stream.lanes == lanes) return;
    design.units.push_back(width_converter(before + "_width_converter", stream, lanes, elements, part.family));
    stream.lanes = lanes;
  };
  std::vector<std::vector<Unit>> units;
  for (std::size_t i = 0; i < layers.size(); ++i) units.push_back(units_of(layers[i], chain.layers[i], part.family));
  for (std::size_t i = 0; i < layers.size(); ++i) {
    design.layers.push_back(plan_of(layers[i], chain.layers[i], units[i]));
    convert(layers[i].identifier, units[i].front().input.lanes, layers[i].input_map.elements());
    stream = units[i].back().output;
    std::move(units[i].begin(), units[i].end(), std::back_inserter(design.units));
  }
  convert("output", chain.output_lanes, design.output_map.elements());
  design.output = stream;
  add_fifos(design.units, part.family);
  for (const Unit& unit : design.units) design.estimate += unit.estimate;
  design.estimate += estimate_ends(design);
  return design;
}

void fill_memories(const std::vector<Layer>& layers, const ChainFolding& chain, StreamDesign& design) {
  auto unit = design.units.begin();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string last = units_of(layers[i], chain.layers[i], design.part.family).back().name;
    unit = std::find_if(unit, design.units.end(), [&](const Unit& candidate) { return candidate.name == last; });
    fill_memories(layers[i], chain.layers[i], *unit);
  }
}

}  // namespace bitloom::fpga
