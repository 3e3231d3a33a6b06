#include "fpga/stream/top.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "fpga/embedded_files.h"
#include "fpga/stream/render.h"

namespace bitloom::fpga {
namespace {

int bus_bits(const StreamFormat& format) { return format.lanes * field_bits(format.bits); }

std::string describe(const StreamFormat& format) {
  return fmt::format("{} {} of {} bits, {}, lowest first", format.lanes, format.lanes == 1 ? "element" : "elements", format.bits,
                     format.is_signed ? "two's complement" : "unsigned");
}

std::int64_t input_beats(const StreamDesign& design) { return design.input_map.elements() / design.input.lanes; }
std::int64_t output_beats(const StreamDesign& design) { return design.output_map.elements() / design.output.lanes; }

std::string render_parameters(const Parameters& parameters) {
  // Flags are parameters of one bit; everything else is an int.
  static const std::set<std::string> flags = {"InputSigned", "UseDsp", "PerChannel", "Signed"};
  std::vector<std::string> lines;
  for (const auto& [key, value] : parameters) {
    const auto* number = std::get_if<std::int64_t>(&value);
    const std::string text = !number ? "\"" + std::get<std::string>(value) + "\"" : flags.contains(key) ? fmt::format("1'b{}", *number)
                                                                                                        : std::to_string(*number);
    lines.push_back(fmt::format("    .{}({})", key, text));
  }
  return join(lines, ",\n");
}

std::string unit_comment(const Unit& unit) {
  const std::string role = unit.node.empty() ? "" : fmt::format("'{}': ", unit.node);
  return fmt::format("{}{} cycles/image (ideal)", role, unit.ideal_cycles);
}

std::string render_unit(const Unit& unit, std::size_t index) {
  return render(embedded_file("templates/unit.sv.in"), {{"comment", unit_comment(unit)},
                                                        {"block", unit.block},
                                                        {"parameters", render_parameters(unit.parameters)},
                                                        {"name", unit.name},
                                                        {"from", std::to_string(index)},
                                                        {"to", std::to_string(index + 1)}});
}

std::string render_stream(const StreamFormat& format, std::size_t index) {
  return fmt::format("  logic valid_{0}, ready_{0};\n  logic [{1}:0] data_{0};\n", index, format.width() - 1);
}

std::map<std::string, std::string> test_bench_values(const StreamDesign& design, int images) {
  return {{"network", design.network},
          {"input_beats", std::to_string(input_beats(design))},
          {"output_beats", std::to_string(output_beats(design))},
          {"patience", std::to_string(patience_cycles(design))},
          {"input_bus_high", std::to_string(bus_bits(design.input) - 1)},
          {"output_bus_high", std::to_string(bus_bits(design.output) - 1)},
          {"images", std::to_string(images)}};
}

}  // namespace

std::string render_stream_top(const StreamDesign& design) {
  std::string streams, units, moves;
  streams += render_stream(design.units.front().input, 0);
  for (std::size_t i = 0; i < design.units.size(); ++i) {
    streams += render_stream(design.units[i].output, i + 1);
    units += render_unit(design.units[i], i);
    moves += fmt::format("  assign beat_moves[{0}] = valid_{1} && ready_{1};\n", i, i + 1);
  }
  const Unit& slowest = design.slowest_unit();
  return render(embedded_file("templates/stream_top.sv.in"),
                {{"network", design.network},
                 {"part", design.part.name},
                 {"summary", fmt::format("{} units; slowest {}, {} cycles/image (ideal).", design.units.size(), slowest.name, slowest.ideal_cycles)},
                 {"input_bus_high", std::to_string(bus_bits(design.input) - 1)},
                 {"output_bus_high", std::to_string(bus_bits(design.output) - 1)},
                 {"input_comment", describe(design.input)},
                 {"output_comment", describe(design.output)},
                 {"streams", streams},
                 {"input_lanes", std::to_string(design.input.lanes)},
                 {"input_bits", std::to_string(design.input.bits)},
                 {"input_field", std::to_string(field_bits(design.input.bits))},
                 {"units", units},
                 {"output_lanes", std::to_string(design.output.lanes)},
                 {"output_bits", std::to_string(design.output.bits)},
                 {"output_field", std::to_string(field_bits(design.output.bits))},
                 {"output_signed", design.output.is_signed ? "1'b1" : "1'b0"},
                 {"output_beats", std::to_string(output_beats(design))},
                 {"last", std::to_string(design.units.size())},
                 {"units_high", std::to_string(design.units.size() - 1)},
                 {"beat_moves", moves}});
}

std::string render_test_bench(const StreamDesign& design, int images) {
  return render(embedded_file("templates/stream_top_tb.sv.in"), test_bench_values(design, images));
}

std::string render_ice40_top(const StreamDesign& design) {
  // The oscillator gives 48 MHz divided by 1, 2, 4 or 8.
  const std::map<double, std::string> dividers = {{48, "0b00"}, {24, "0b01"}, {12, "0b10"}, {6, "0b11"}};
  return render(embedded_file("templates/ice40_top.sv.in"), {{"network", design.network},
                                                             {"part", design.part.name},
                                                             {"oscillator_divider", dividers.at(design.clock_mhz)},
                                                             {"clock_mhz", fmt::format("{:g}", design.clock_mhz)},
                                                             {"input_bus_high", std::to_string(bus_bits(design.input) - 1)},
                                                             {"output_bus_high", std::to_string(bus_bits(design.output) - 1)},
                                                             {"word_bytes", std::to_string(field_bits(design.output.bits) / 8)},
                                                             {"result_bytes", std::to_string(result_bytes(design))}});
}

std::string render_ice40_pins(const StreamDesign& design) {
  return render(embedded_file("templates/ice40_top.pcf.in"), {{"part", design.part.vendor_name}});
}

std::string render_ice40_test_bench(const StreamDesign& design, int images) {
  return render(embedded_file("templates/ice40_top_tb.sv.in"), {{"network", design.network},
                                                                {"images", std::to_string(images)},
                                                                {"input_bytes", std::to_string(input_bytes(design))},
                                                                {"word_bits", std::to_string(bus_bits(design.output))},
                                                                {"output_words", std::to_string(output_beats(design))},
                                                                {"patience", std::to_string(patience_cycles(design) + 512 * input_bytes(design))},
                                                                {"half_period_ns", fmt::format("{:.3f}", 500 / design.clock_mhz)}});
}

std::int64_t input_bytes(const StreamDesign& design) { return design.input_map.elements() * field_bits(design.input.bits) / 8; }
std::int64_t result_bytes(const StreamDesign& design) { return design.output_map.elements() * field_bits(design.output.bits) / 8; }

std::vector<std::string_view> blocks_of(const StreamDesign& design) {
  std::set<std::string_view> blocks = {"axi_stream_input", "axi_stream_output"};
  for (const Unit& unit : design.units) blocks.insert(unit.block);
  if (design.part.family == Family::kIce40) blocks.insert({"serial_ports", "power_on_reset"});
  return {blocks.begin(), blocks.end()};
}

std::int64_t patience_cycles(const StreamDesign& design) {
  std::int64_t sum = 0;
  for (const Unit& unit : design.units) sum += unit.ideal_cycles;
  return 10 * sum + 10'000;
}

}  // namespace bitloom::fpga
