#include "fpga/stream/units.h"

#include <algorithm>
#include <bit>

#include "fpga/cost/cost_model.h"

namespace bitloom::fpga {
namespace {

constexpr int kNarrowProductBits = 8;  // weight bits + activation bits up to which a LUT product is smaller than a DSP is worth

StreamFormat format(const ElementRange& range, int lanes) { return {lanes, range.bits, range.is_signed}; }

std::string file_name(const Layer& layer, std::string_view kind) { return "weights/" + layer.identifier + "." + std::string(kind) + ".hex"; }

Unit new_unit(const Layer& layer, std::string_view block, const StreamFormat& input, const StreamFormat& output) {
  Unit unit;
  unit.block = block;
  unit.name = layer.identifier + "_" + unit.block;
  unit.node = layer.node;
  unit.input = input;
  unit.output = output;
  return unit;
}

Unit finished(Unit unit, Family family) {
  unit.ideal_cycles = std::max({unit.ideal_cycles, unit.input_beats, unit.output_beats});
  unit.estimate = estimate(unit, family);
  return unit;
}

/// sliding_window with `lanes` channels a beat, or, from a whole pixel a beat on, parallel_window with lanes / channels positions.
Unit window_unit(const Layer& layer, int lanes, Family family) {
  const Window& w = layer.window;
  const MapShape &in = layer.input_map, &out = layer.output_map;
  const bool parallel = lanes > in.channels;
  const int input_lanes = parallel ? static_cast<int>(in.channels) : lanes;
  Unit unit = new_unit(layer, parallel ? "parallel_window" : "sliding_window", format(layer.input, input_lanes), format(layer.input, lanes));
  unit.parameters = {{"ElementWidth", std::int64_t{layer.input.bits}}, {"Channels", in.channels}};
  unit.parameters.emplace_back(parallel ? "Positions" : "Lanes", std::int64_t{parallel ? lanes / in.channels : lanes});
  for (const auto& [key, value] : std::initializer_list<std::pair<const char*, std::int64_t>>{
           {"Height", in.height}, {"Width", in.width}, {"KernelH", w.kernel_h}, {"KernelW", w.kernel_w}, {"StrideH", w.stride_h},
           {"StrideW", w.stride_w}, {"PadTop", w.pad_top}, {"PadLeft", w.pad_left}, {"PadBottom", w.pad_bottom}, {"PadRight", w.pad_right},
           {"PadValue", w.pad_value}})
    unit.parameters.emplace_back(key, value);
  unit.input_beats = in.elements() / input_lanes;
  unit.output_beats = out.height * out.width * w.positions() * in.channels / lanes;
  if (parallel) {  // shifts one column a cycle, in every line all of the map's and at the end what its last windows reach beyond
    const std::int64_t columns = std::max(in.width, (out.width - 1) * w.stride_w + 1);
    unit.ideal_cycles = out.height * columns + std::max<std::int64_t>(0, (out.width - 1) * w.stride_w - w.pad_left + w.kernel_w - columns);
  }
  return finished(std::move(unit), family);
}

/// Word `of * (inputs/simd) + if` holds w[of*pe + p][if*simd + s] in field p*simd + s.
std::vector<std::int64_t> weight_words(const WeightedSum& sum, const LayerFolding& f) {
  std::vector<std::int64_t> fields;
  fields.reserve(sum.weights.size());
  for (std::int64_t of = 0; of < sum.outputs / f.pe; ++of)
    for (std::int64_t inf = 0; inf < sum.inputs / f.simd; ++inf)
      for (std::int64_t p = 0; p < f.pe; ++p)
        for (std::int64_t s = 0; s < f.simd; ++s)
          fields.push_back(sum.weights[static_cast<std::size_t>((of * f.pe + p) * sum.inputs + inf * f.simd + s)]);
  return fields;
}

/// {shift, multiplier} of each channel, multiplier low.
std::vector<std::int64_t> factor_words(const Narrowing& narrowing, std::int64_t multiplier_bits) {
  std::vector<std::int64_t> fields;
  for (const FixedMultiplier& factor : narrowing.factors) fields.push_back((std::int64_t{factor.shift} << multiplier_bits) | factor.multiplier);
  return fields;
}

Unit matrix_vector_unit(const Layer& layer, const WeightedSum& sum, const LayerFolding& f, Family family) {
  Unit unit = new_unit(layer, "matrix_vector", format(layer.input, f.simd), format(layer.output, f.pe));
  unit.memories = {{file_name(layer, "weights"), sum.weight_bits, f.pe * f.simd, {}}, {file_name(layer, "biases"), layer.output.bits, f.pe, {}}};
  unit.parameters = {{"Inputs", sum.inputs},
                     {"Outputs", sum.outputs},
                     {"Pe", std::int64_t{f.pe}},
                     {"Simd", std::int64_t{f.simd}},
                     {"InputWidth", std::int64_t{layer.input.bits}},
                     {"InputSigned", std::int64_t{layer.input.is_signed}},
                     {"WeightWidth", std::int64_t{sum.weight_bits}},
                     {"AccWidth", std::int64_t{layer.output.bits}},
                     {"WeightFile", unit.memories[0].path},
                     {"BiasFile", unit.memories[1].path},
                     {"UseDsp", std::int64_t{f.use_dsp}}};
  const std::int64_t pixels = layer.output_map.height * layer.output_map.width;
  unit.input_beats = pixels * sum.inputs / f.simd;
  unit.output_beats = pixels * sum.outputs / f.pe;
  unit.ideal_cycles = unit.input_beats * (sum.outputs / f.pe);
  return finished(std::move(unit), family);
}

/// Factors of which all are powers of two need no multiplier; where they differ by channel the shifts come from a small memory.
Unit requantize_unit(const Layer& layer, const Narrowing& narrowing, int lanes, Family family) {
  Unit unit = new_unit(layer, "requantize", format(layer.input, lanes), format(layer.output, lanes));
  std::int64_t multiplier_bits = 1, shift_bits = 1;
  for (const FixedMultiplier& factor : narrowing.factors) {
    multiplier_bits = std::max<std::int64_t>(multiplier_bits, std::bit_width(static_cast<std::uint64_t>(factor.multiplier)));
    shift_bits = std::max<std::int64_t>(shift_bits, std::bit_width(static_cast<unsigned>(factor.shift)));
  }
  const auto& first = narrowing.factors.front();
  const bool per_channel = !std::all_of(narrowing.factors.begin(), narrowing.factors.end(), [&](const auto& f) { return f == first; });
  unit.parameters = {{"Lanes", std::int64_t{lanes}},
                     {"Channels", layer.input_map.channels},
                     {"AccWidth", std::int64_t{layer.input.bits}},
                     {"MultWidth", multiplier_bits},
                     {"ShiftWidth", shift_bits},
                     {"PerChannel", std::int64_t{per_channel}},
                     {"ZeroPoint", narrowing.zero_point},
                     {"Low", layer.output.low},
                     {"High", layer.output.high},
                     {"OutWidth", std::int64_t{layer.output.bits}},
                     {"Rounding", static_cast<std::int64_t>(narrowing.rounding)}};
  if (per_channel) {
    unit.memories = {{file_name(layer, "factors"), static_cast<int>(multiplier_bits + shift_bits), lanes, {}}};
    unit.parameters.emplace_back("FactorFile", unit.memories[0].path);
  } else {
    unit.parameters.emplace_back("Multiplier", first.multiplier);
    unit.parameters.emplace_back("Shift", std::int64_t{first.shift});
  }
  unit.input_beats = unit.output_beats = layer.input_map.elements() / lanes;
  return finished(std::move(unit), family);
}

Unit pool_unit(const Layer& layer, const Pooling& pooling, int lanes, Family family) {
  Unit unit = new_unit(layer, "pool", format(layer.input, lanes), format(layer.output, lanes));
  unit.parameters = {{"Lanes", std::int64_t{lanes}},
                     {"Channels", layer.input_map.channels},
                     {"Window", std::int64_t{layer.window.positions()}},
                     {"ElementWidth", std::int64_t{layer.input.bits}},
                     {"Signed", std::int64_t{layer.input.is_signed}},
                     {"Mode", std::int64_t{pooling.sum}},
                     {"OutWidth", std::int64_t{layer.output.bits}},
                     {"Offset", pooling.offset}};
  unit.output_beats = layer.output_map.elements() / lanes;
  unit.input_beats = unit.output_beats * layer.window.positions();
  return finished(std::move(unit), family);
}

Unit table_unit(const Layer& layer, int lanes, Family family) {
  Unit unit = new_unit(layer, "lookup_table", format(layer.input, lanes), format(layer.output, lanes));
  unit.memories = {{file_name(layer, "table"), layer.output.bits, 1, {}}};
  unit.parameters = {{"Lanes", std::int64_t{lanes}},
                     {"InWidth", std::int64_t{layer.input.bits}},
                     {"Signed", std::int64_t{layer.input.is_signed}},
                     {"OutWidth", std::int64_t{layer.output.bits}},
                     {"TableFile", unit.memories[0].path}};
  unit.input_beats = unit.output_beats = layer.input_map.elements() / lanes;
  return finished(std::move(unit), family);
}

}  // namespace

std::vector<Unit> units_of(const Layer& layer, const LayerFolding& folding, Family family) {
  std::vector<Unit> units;
  if (const auto* sum = std::get_if<WeightedSum>(&layer.work)) {
    if (!layer.window.is_trivial()) units.push_back(window_unit(layer, folding.simd, family));
    units.push_back(matrix_vector_unit(layer, *sum, folding, family));
  } else if (const auto* pooling = std::get_if<Pooling>(&layer.work)) {
    units.push_back(window_unit(layer, folding.pe, family));
    units.push_back(pool_unit(layer, *pooling, folding.pe, family));
  } else if (const auto* narrowing = std::get_if<Narrowing>(&layer.work)) {
    units.push_back(requantize_unit(layer, *narrowing, folding.pe, family));
  } else {
    units.push_back(table_unit(layer, folding.pe, family));
  }
  return units;
}

void fill_memories(const Layer& layer, const LayerFolding& folding, Unit& unit) {
  if (const auto* sum = std::get_if<WeightedSum>(&layer.work)) {
    unit.memories[0].fields = weight_words(*sum, folding);
    unit.memories[1].fields = sum->biases;
  } else if (const auto* narrowing = std::get_if<Narrowing>(&layer.work)) {
    if (!unit.memories.empty()) unit.memories[0].fields = factor_words(*narrowing, unit.parameter("MultWidth"));
  } else if (const auto* table = std::get_if<Table>(&layer.work)) {
    unit.memories[0].fields.assign(table->entries.begin(), table->entries.end());
  }
}

Unit width_converter(std::string name, const StreamFormat& input, int output_lanes, std::int64_t elements, Family family) {
  Unit unit;
  unit.name = std::move(name);
  unit.block = "width_converter";
  unit.input = unit.output = input;
  unit.output.lanes = output_lanes;
  unit.parameters = {{"ElementWidth", std::int64_t{input.bits}}, {"InLanes", std::int64_t{input.lanes}}, {"OutLanes", std::int64_t{output_lanes}}};
  unit.input_beats = elements / input.lanes;
  unit.output_beats = elements / output_lanes;
  return finished(std::move(unit), family);
}

Unit stream_fifo(std::string name, const StreamFormat& format, std::int64_t depth, std::int64_t beats, Family family) {
  Unit unit;
  unit.name = std::move(name);
  unit.block = "stream_fifo";
  unit.input = unit.output = format;
  unit.parameters = {{"Width", std::int64_t{format.width()}}, {"Depth", std::max<std::int64_t>(depth, 2)}};
  unit.input_beats = unit.output_beats = beats;
  return finished(std::move(unit), family);
}

std::vector<int> divisors(std::int64_t n) {
  std::vector<int> found;
  for (std::int64_t d = 1; d <= n; ++d)
    if (n % d == 0) found.push_back(static_cast<int>(d));
  return found;
}

std::vector<int> valid_pe(const Layer& layer) {
  const auto* sum = std::get_if<WeightedSum>(&layer.work);
  return divisors(sum ? sum->outputs : layer.input_map.channels);
}

std::vector<int> valid_simd(const Layer& layer) {
  const auto* sum = std::get_if<WeightedSum>(&layer.work);
  if (!sum) return {1};
  if (layer.window.is_trivial()) return divisors(sum->inputs);
  std::vector<int> values = divisors(layer.input_map.channels);
  for (const int positions : divisors(layer.window.positions()))
    if (positions > 1) values.push_back(static_cast<int>(positions * layer.input_map.channels));
  return values;
}

bool has_narrow_products(const Layer& layer) {
  const auto* sum = std::get_if<WeightedSum>(&layer.work);
  return sum && sum->weight_bits + layer.input.bits <= kNarrowProductBits;
}

}  // namespace bitloom::fpga
