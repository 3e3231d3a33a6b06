#include "fpga/stream/write.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "fpga/embedded_files.h"
#include "fpga/stream/beats.h"
#include "fpga/stream/design_json.h"
#include "fpga/stream/render.h"
#include "fpga/stream/top.h"
#include "ir/interpreter.h"
#include "onnx/onnx.h"
#include "passes/lower/lower.h"

namespace bitloom::fpga {
namespace fs = std::filesystem;
namespace {

constexpr int kVectorImages = 2;         // noise images whose results are written beside the test bench
constexpr std::uint64_t kVectorSeed = 1;
constexpr int kSpiCyclesPerBit = 8;      // rtl/spi_bridge

using Values = std::map<std::string, std::string>;

std::string describe(const MapShape& map, const StreamFormat& format) {
  return fmt::format("{} x {} x {} (height, width, channels) of {} bits, {}", map.height, map.width, map.channels, format.bits,
                     format.is_signed ? "two's complement" : "unsigned");
}

std::string lanes_text(const StreamFormat& format) {
  return fmt::format("{} element{} of {} bits{}", format.lanes, format.lanes == 1 ? "" : "s", field_bits(format.bits),
                     field_bits(format.bits) == format.bits ? ""
                                                            : fmt::format(" ({} of them used, {}-extended)", format.bits,
                                                                          format.is_signed ? "sign" : "zero"));
}

std::string resources_text(const StreamDesign& design) {
  std::vector<std::string> parts;
  for (const ResourceField& field : resource_fields())
    if (design.part.available.*field.amount > 0)
      parts.push_back(fmt::format("{:g} of {:g} {}", std::ceil(design.estimate.*field.amount), design.part.available.*field.amount,
                                  resource_name(field.key, design.part.family)));
  return join(parts, ", ");
}

std::string input_meaning(const Graph& integer_graph) {
  const Quantization& q = *integer_graph.inputs().front()->type().quantization;
  return fmt::format("round(x / {:.9g}) {} {}, clamped, of the preprocessed x", q.scales.front(), q.zero_point < 0 ? "-" : "+",
                     std::abs(std::int64_t{q.zero_point}));
}

std::string readme(const StreamDesign& design, const Graph& integer_graph) {
  const bool ice40 = design.part.family == Family::kIce40;
  const std::string clock = fmt::format("{:g}", design.clock_mhz);
  std::string board;
  if (ice40)
    board = render(embedded_file("templates/README_ice40.md.in"), {{"spi_mhz", fmt::format("{:g}", design.clock_mhz / kSpiCyclesPerBit)},
                                                                    {"clock", clock},
                                                                    {"input_bytes", std::to_string(input_bytes(design))},
                                                                    {"result_bytes", std::to_string(result_bytes(design))},
                                                                    {"word_bytes", std::to_string(field_bits(design.output.bits) / 8)}});
  return render(embedded_file("templates/README.md.in"),
                {{"network", design.network},
                 {"part", design.part.name},
                 {"units", std::to_string(design.units.size())},
                 {"input", describe(design.input_map, design.input)},
                 {"output", describe(design.output_map, design.output)},
                 {"slowest", design.slowest_unit().name},
                 {"cycles", std::to_string(design.ideal_cycles())},
                 {"clock", clock},
                 {"images_per_second", fmt::format("{:.0f}", design.clock_mhz * 1e6 / static_cast<double>(design.ideal_cycles()))},
                 {"resources", resources_text(design)},
                 {"input_bus", std::to_string(design.input.lanes * field_bits(design.input.bits))},
                 {"input_lanes", lanes_text(design.input)},
                 {"input_meaning", input_meaning(integer_graph)},
                 {"output_bus", std::to_string(design.output.lanes * field_bits(design.output.bits))},
                 {"output_lanes", lanes_text(design.output)},
                 {"board", board},
                 {"synth", ice40 ? "Yosys, nextpnr and icepack: build/synth/ice40_top.bin" : "Yosys: resources, no timing"},
                 {"vendor", ice40 ? "    scripts/simulate_netlist.sh  the netlist after synthesis, pins and all, in Icarus Verilog\n"
                                    "    scripts/radiant.tcl          the same in the vendor's tool (not run by bitloom)\n"
                                  : "    scripts/vivado.tcl           the vendor's tool, with place and route (not run by bitloom)\n"}});
}

/// Writes the files of one design below a folder.
class Writer {
 public:
  Writer(const StreamDesign& design, const Graph& qdq, fs::path root)
      : design_(design), qdq_(qdq), integer_graph_(lower(qdq)), root_(std::move(root)), is_ice40_(design.part.family == Family::kIce40) {}

  void write() {
    for (const char* folder : {"rtl", "weights", "tb", "scripts"}) make_directories(root_ / folder);
    write_file(root_ / "README.md", readme(design_, integer_graph_));
    write_file(root_ / "design.json", to_json(design_).dump(1) + "\n");
    write_onnx(qdq_, root_ / "model.onnx");
    write_sources();
    for (const Unit& unit : design_.units)
      for (const MemoryFile& memory : unit.memories) write_file(root_ / memory.path, hex_words(memory));
    write_test_bench();
    write_scripts();
  }

 private:
  void write_sources() {
    std::string list;
    const auto add = [&](const std::string& name, std::string_view text) {
      write_file(root_ / name, text);
      sources_.push_back(name);
      list += name + "\n";
    };
    for (const EmbeddedFile& block : rtl_sources(blocks_of(design_))) add(std::string(block.name), block.text);
    add("rtl/stream_top.sv", render_stream_top(design_));
    if (is_ice40_) add("rtl/ice40_top.sv", render_ice40_top(design_));
    write_file(root_ / "sources.f", list);
  }

  void write_test_bench() {
    write_file(root_ / "tb/stream_top_tb.sv", render_test_bench(design_, kVectorImages));
    if (is_ice40_) write_file(root_ / "tb/ice40_top_tb.sv", render_ice40_test_bench(design_, kVectorImages));
    const Interpreter reference(integer_graph_);
    RandomStream random({kVectorSeed});
    std::vector<std::uint8_t> inputs, outputs;
    for (int image = 0; image < kVectorImages; ++image) {
      std::vector<std::uint8_t> pixels(static_cast<std::size_t>(qdq_.inputs().front()->shape().elements()));
      for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(random.below(256));
      const Tensor input = quantize_input(integer_graph_, preprocess(qdq_, pixels));
      const auto append = [](std::vector<std::uint8_t>& all, std::vector<std::uint8_t> part) { all.insert(all.end(), part.begin(), part.end()); };
      append(inputs, field_bytes(stream_order(input, design_.input_map), design_.input));
      append(outputs, field_bytes(stream_order(reference.run(input), design_.output_map), design_.output));
    }
    write_file(root_ / "tb/input.hex", hex_beats(inputs, design_.input));
    write_file(root_ / "tb/expected.hex", hex_beats(outputs, design_.output));
  }

  void script(const std::string& name, std::string_view source, const Values& values) {
    const fs::path path = root_ / "scripts" / name;
    write_file(path, render(embedded_file("templates/" + std::string(source)), values));
    if (path.extension() == ".sh") fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add);
  }

  void write_scripts() {
    const Part& part = design_.part;
    script("simulate.sh", "simulate.sh.in", {});
    script("lint.sh", "lint.sh.in", {{"top", "stream_top"}});
    const std::string sources = join(sources_, " ");
    if (is_ice40_) {
      script("synth.ys", "synth_ice40.ys.in", {{"part", part.name}, {"sources", sources}});
      script("synth.sh", "synth_ice40.sh.in", {{"part", part.name}, {"package", part.package}, {"clock_mhz", fmt::format("{:g}", design_.clock_mhz)}});
      script("simulate_netlist.sh", "simulate_netlist.sh.in", {});
      write_file(root_ / "scripts/ice40_top.pcf", render_ice40_pins(design_));
      script("radiant.tcl", "radiant.tcl.in", {{"vendor_part", part.vendor_name}});
      return;
    }
    script("synth.ys", "synth_xilinx.ys.in", {{"part", part.name},
                                              {"family", std::string(to_string(part.family))},
                                              {"sources", sources},
                                              {"yosys_family", part.family == Family::kSeries7 ? "xc7" : "xcup"}});
    script("synth.sh", "synth_xilinx.sh.in", {{"part", part.name}});
    script("vivado.tcl", "vivado.tcl.in", {{"vendor_part", part.vendor_name}, {"period_ns", fmt::format("{:.3f}", 1000 / design_.clock_mhz)}});
  }

  const StreamDesign& design_;
  const Graph& qdq_;
  const Graph integer_graph_;
  const fs::path root_;
  const bool is_ice40_;
  std::vector<std::string> sources_;
};

}  // namespace

void write_stream_design(const StreamDesign& design, const Graph& qdq, const fs::path& dir) {
  StagedDirectory folder(dir);
  Writer(design, qdq, folder.path()).write();
  folder.commit();
}

}  // namespace bitloom::fpga
