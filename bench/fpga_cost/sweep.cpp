// Synthesizes single units of every rtl/ block over a sweep of parameters and prints what the cost model (src/fpga/cost) says beside what
// Yosys counts: one tab-separated line a unit, then the error of each resource, then the coefficients of a fresh fit as coefficients.cpp
// wants them. Usage: fpga_cost_sweep FAMILY WORK_FOLDER
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/subprocess.h"
#include "base/text.h"
#include "fpga/cost/cost_model.h"
#include "fpga/cost/terms.h"
#include "fpga/eda/nextpnr.h"
#include "fpga/eda/yosys.h"
#include "fpga/embedded_files.h"
#include "fpga/stream/beats.h"
#include "fpga/stream/units.h"

namespace bitloom::fpga {
namespace {

namespace fs = std::filesystem;

struct Probe {
  std::string name;
  Unit unit;
};

std::vector<std::int32_t> random_values(std::int64_t count, int bits, std::uint64_t seed) {
  RandomStream random({seed});
  std::vector<std::int32_t> values;
  for (std::int64_t i = 0; i < count; ++i)
    values.push_back(static_cast<std::int32_t>(random.below(std::uint64_t{1} << bits)) - (1 << (bits - 1)));
  return values;
}

Layer conv(std::int64_t channels, std::int64_t size, int kernel, std::int64_t outputs, int pad, int stride, int bits = 8) {
  Layer layer;
  layer.node = layer.identifier = "layer";
  layer.window = {kernel, kernel, stride, stride, pad, pad, pad, pad, 0};
  const std::int64_t out = (size + 2 * pad - kernel) / stride + 1;
  layer.input_map = {channels, size, size};
  layer.output_map = {outputs, out, out};
  layer.input = {bits, false, 0, (1 << bits) - 1};
  WeightedSum sum;
  sum.inputs = channels * kernel * kernel;
  sum.outputs = outputs;
  sum.weight_bits = bits;
  sum.weights = random_values(sum.inputs * outputs, bits, 1);
  for (const std::int32_t bias : random_values(outputs, 14, 2)) sum.biases.push_back(bias);
  const auto limit = static_cast<std::int64_t>(std::sqrt(static_cast<double>(sum.inputs)) * std::exp2(2 * bits + 1));
  layer.output = signed_range(-limit, limit);
  layer.work = std::move(sum);
  return layer;
}

Layer narrowing(std::int64_t channels, int acc_bits, const std::vector<FixedMultiplier>& factors, Rounding rounding) {
  Layer layer;
  layer.node = layer.identifier = "layer";
  layer.input_map = layer.output_map = {channels, 8, 8};
  layer.input = {acc_bits, true, -(std::int64_t{1} << (acc_bits - 1)), (std::int64_t{1} << (acc_bits - 1)) - 1};
  layer.output = {8, false, 0, 255};
  layer.work = Narrowing{factors, rounding, 3};
  return layer;
}

Layer pooling(std::int64_t channels, std::int64_t size, int kernel, bool sum) {
  Layer layer;
  layer.node = layer.identifier = "layer";
  layer.window = {kernel, kernel, kernel, kernel, 0, 0, 0, 0, 0};
  layer.input_map = {channels, size, size};
  layer.output_map = {channels, size / kernel, size / kernel};
  layer.input = {8, false, 0, 255};
  layer.output = sum ? signed_range(0, 255 * kernel * kernel) : layer.input;
  layer.work = Pooling{sum, 0};
  return layer;
}

Layer table(int bits) {
  Layer layer;
  layer.node = layer.identifier = "layer";
  layer.input_map = layer.output_map = {16, 8, 8};
  layer.input = layer.output = {bits, true, -(1 << (bits - 1)), (1 << (bits - 1)) - 1};
  layer.work = Table{random_values(std::int64_t{1} << bits, bits, 3)};
  return layer;
}

class Sweep {
 public:
  explicit Sweep(Family family) : family_(family) {}

  std::vector<Probe> probes() {
    windows();
    matrix_vectors();
    narrowings();
    for (const int lanes : {1, 4, 16}) add(fmt::format("pool max x{}", lanes), pooling(16, 16, 2, false), {lanes, 1, true}, 1);
    for (const int lanes : {1, 4}) add(fmt::format("pool sum x{}", lanes), pooling(32, 16, 2, true), {lanes, 1, true}, 1);
    add("pool max deep", pooling(64, 8, 2, false), {1, 1, true}, 1);
    for (const int lanes : {1, 4}) add(fmt::format("table 8 x{}", lanes), table(8), {lanes, 1, true}, 0);
    add("table 4 x4", table(4), {4, 1, true}, 0);
    for (const auto& [depth, bits] : std::initializer_list<std::array<int, 2>>{{4, 8}, {16, 8}, {16, 32}, {64, 16}, {512, 8}})
      probes_.push_back({fmt::format("fifo {} x {}", depth, bits), stream_fifo("u", {1, bits, true}, depth, 4800, family_)});
    for (const auto& [from, to, bits] : std::initializer_list<std::array<int, 3>>{{1, 4, 8}, {4, 1, 8}, {12, 1, 20}, {6, 4, 8}, {16, 12, 8}, {1, 16, 8}, {16, 1, 8}})
      probes_.push_back({fmt::format("convert {} to {} of {}", from, to, bits), width_converter("u", {from, bits, true}, to, 4800, family_)});
    return std::move(probes_);
  }

 private:
  void add(const std::string& name, const Layer& layer, const LayerFolding& folding, std::size_t index) {
    std::vector<Unit> units = units_of(layer, folding, family_);
    fill_memories(layer, folding, units.back());
    probes_.push_back({name, units.at(index)});
  }

  void windows() {
    for (const auto& [channels, size, kernel, lanes] :
         std::initializer_list<std::array<int, 4>>{{1, 28, 3, 1}, {8, 14, 3, 1}, {8, 14, 3, 4}, {16, 28, 5, 8}, {64, 16, 3, 16}, {12, 26, 3, 12}, {32, 32, 3, 1}})
      for (const int pad : {0, 1})
        add(fmt::format("window {}x{}x{} k{} p{} x{}", size, size, channels, kernel, pad, lanes), conv(channels, size, kernel, 4, pad, 1), {1, lanes, true}, 0);
    for (const auto& [channels, size, lanes] : std::initializer_list<std::array<int, 3>>{{8, 28, 1}, {16, 14, 1}, {16, 14, 4}, {12, 24, 12}})
      add(fmt::format("window pool {}x{}x{} x{}", size, size, channels, lanes), pooling(channels, size, 2, false), {lanes, 1, true}, 0);
    for (const auto& [channels, size, kernel, positions] :
         std::initializer_list<std::array<int, 4>>{{1, 28, 3, 3}, {1, 28, 3, 9}, {3, 32, 3, 3}, {4, 14, 3, 9}, {12, 26, 3, 3}, {1, 28, 5, 5}})
      for (const int pad : {0, 1})
        add(fmt::format("parallel {}x{}x{} k{} p{} x{}", size, size, channels, kernel, pad, positions), conv(channels, size, kernel, 4, pad, 1),
            {1, positions * channels, true}, 0);
  }

  void matrix_vectors() {
    const bool ice40 = family_ == Family::kIce40;
    for (const bool dsp : {true, false})
      for (const auto& [channels, kernel, outputs, pe, simd] : std::initializer_list<std::array<int, 5>>{{1, 3, 8, 1, 1},
                                                                                                           {8, 3, 16, 1, 1},
                                                                                                           {8, 3, 16, 4, 1},
                                                                                                           {8, 3, 16, 1, 4},
                                                                                                           {8, 3, 16, 2, 4},
                                                                                                           {1, 3, 8, 8, 1},
                                                                                                           {16, 3, 32, 2, 2},
                                                                                                           {12, 3, 12, 12, 4},
                                                                                                           {12, 3, 12, 4, 12},
                                                                                                           {784, 1, 10, 1, 1},
                                                                                                           {784, 1, 10, 2, 1},
                                                                                                           {400, 1, 120, 4, 4}})
        if (!ice40 || pe * simd <= 8 || (!dsp && pe * simd <= 16))
          add(fmt::format("mv {}x{}x{} -> {} pe {} simd {} {}", kernel, kernel, channels, outputs, pe, simd, dsp ? "dsp" : "lut"),
              conv(channels, kernel == 1 ? 1 : 14, kernel, outputs, 0, 1), {pe, simd, dsp}, kernel == 1 ? 0 : 1);
    add("mv 4 bit lut", conv(8, 14, 3, 16, 0, 1, 4), {4, 4, false}, 1);
    add("mv 2 bit lut", conv(8, 14, 3, 16, 0, 1, 2), {4, 8, false}, 1);
  }

  void narrowings() {
    for (const int lanes : {1, 4})
      for (const int bits : {18, 24}) add(fmt::format("requantize shift {} x{}", bits, lanes), narrowing(16, bits, {{1, 9}}, Rounding::kHalfToEven), {lanes, 1, true}, 0);
    std::vector<FixedMultiplier> factors, shifts;
    for (int c = 0; c < 16; ++c) {
      factors.push_back({12345677 + 2 * c, 34 + c % 3});
      shifts.push_back({1, 7 + c % 4});
    }
    for (const int lanes : {1, 4}) {
      add(fmt::format("requantize factor x{}", lanes), narrowing(16, 20, {factors[0]}, Rounding::kHalfToEven), {lanes, 1, true}, 0);
      add(fmt::format("requantize factors x{}", lanes), narrowing(16, 20, factors, Rounding::kHalfToEven), {lanes, 1, true}, 0);
      add(fmt::format("requantize shifts x{}", lanes), narrowing(16, 20, shifts, Rounding::kHalfToEven), {lanes, 1, true}, 0);
    }
  }

  const Family family_;
  std::vector<Probe> probes_;
};

Resources synthesized(const Unit& unit, Family family, const fs::path& folder) {
  make_directories(folder / "weights");
  make_directories(folder / "rtl");
  for (const MemoryFile& memory : unit.memories) write_file(folder / memory.path, hex_words(memory));
  std::string sources, parameters;
  for (const EmbeddedFile& file : rtl_sources({unit.block})) {
    write_file(folder / file.name, file.text);
    sources += fmt::format(" {}", file.name);
  }
  for (const auto& [key, value] : unit.parameters) {
    const auto* number = std::get_if<std::int64_t>(&value);
    parameters += fmt::format("{}.{}({})", parameters.empty() ? "" : ", ", key, number ? std::to_string(*number) : fmt::format("\"{}\"", std::get<std::string>(value)));
  }
  write_file(folder / "unit_top.sv",
             fmt::format("module unit_top(input logic clk_i, rst_ni, in_valid_i, out_ready_i, input logic [{}:0] in_data_i,\n"
                         "  output logic in_ready_o, out_valid_o, output logic [{}:0] out_data_o);\n  {} #({}) u_unit (.*);\nendmodule\n",
                         unit.input.width() - 1, unit.output.width() - 1, unit.block, parameters));
  const std::string synth = family == Family::kIce40     ? "synth_ice40 -device u -dsp -json netlist.json -top unit_top"
                            : family == Family::kSeries7 ? "synth_xilinx -family xc7 -flatten -nowidelut -noiopad -noclkbuf -top unit_top"
                                                         : "synth_xilinx -family xcup -flatten -nowidelut -noiopad -noclkbuf -top unit_top";
  write_file(folder / "synth.ys", fmt::format("read_verilog -sv -defer{} unit_top.sv\n{}\ntee -q -o statistics.json stat -json\n", sources, synth));
  SubprocessOptions options;
  options.directory = folder;
  options.log = folder / "yosys.log";
  if (run_subprocess({"yosys", "-Q", "-s", "synth.ys"}, options).exit_code != 0) throw CheckError(folder.string(), "Yosys failed");
  Resources used = resources_of(parse_cell_counts(read_file(folder / "statistics.json")), family);
  if (family != Family::kIce40) return used;
  // A logic cell holds a LUT, a carry and a flip-flop; nextpnr says how many it takes to pack them.
  options.log = folder / "nextpnr.log";
  const auto packed = run_subprocess({"nextpnr-ice40", "--up5k", "--package", "sg48", "--pack-only", "--json", "netlist.json"}, options);
  used.lut = parse_nextpnr(packed.output, "").used.value().lut;
  return used;
}

struct Error {
  double estimated = 0, synthesized = 0, absolute = 0;
  int exact = 0, count = 0;
};

/// Coefficients >= 0 that minimise the sum of squared relative errors: coordinate descent, which converges for such a sum of squares.
std::vector<double> fit(const std::vector<std::vector<double>>& terms, const std::vector<double>& wanted) {
  const std::size_t count = terms.front().size();
  std::vector<double> coefficients(count, 0), residual = wanted;
  std::vector<double> weights;
  for (const double value : wanted) weights.push_back(1 / ((value + 20) * (value + 20)));  // + 20: a tiny unit may be off by a few
  for (int round = 0; round < 20'000; ++round)
    for (std::size_t c = 0; c < count; ++c) {
      double gradient = 0, curvature = 0;
      for (std::size_t i = 0; i < terms.size(); ++i) {
        gradient += weights[i] * terms[i][c] * residual[i];
        curvature += weights[i] * terms[i][c] * terms[i][c];
      }
      if (curvature == 0) continue;
      const double step = std::max(gradient / curvature, -coefficients[c]);
      coefficients[c] += step;
      for (std::size_t i = 0; i < terms.size(); ++i) residual[i] -= step * terms[i][c];
    }
  return coefficients;
}

std::string braces(const std::vector<double>& values) {
  std::vector<std::string> texts;
  for (const double value : values) texts.push_back(fmt::format("{:.3g}", value < 1e-6 ? 0 : value));
  return "{" + join(texts, ", ") + "}";
}

void print_fit(const std::vector<Probe>& probes, const std::vector<Resources>& measured, Family family) {
  std::map<std::string, std::vector<std::size_t>> by_block;
  for (std::size_t i = 0; i < probes.size(); ++i) by_block[probes[i].unit.block].push_back(i);
  for (const auto& [block, indices] : by_block) {
    std::vector<std::vector<double>> terms;
    std::vector<double> luts, flip_flops;
    for (const std::size_t i : indices) {
      terms.push_back(terms_of(probes[i].unit, family));
      double distributed = 0;  // counted, not fitted
      for (const Memory& memory : memories_in(probes[i].unit)) distributed += map_memory(memory, family).lut;
      luts.push_back(std::max(measured[i].lut - distributed, 0.0));
      flip_flops.push_back(measured[i].ff);
    }
    fmt::print("      {{\"{}\",\n       {{{},\n        {}}}}},\n", block, braces(fit(terms, luts)), braces(fit(terms, flip_flops)));
  }
}

int run(const std::string& family_name, const fs::path& work) {
  const std::map<std::string, Family> families = {{"xcup", Family::kUltraScalePlus}, {"xc7", Family::kSeries7}, {"ice40", Family::kIce40}};
  const Family family = families.at(family_name);
  const std::vector<Probe> probes = Sweep(family).probes();
  std::vector<Resources> measured(probes.size());
  parallel_for(static_cast<std::int64_t>(probes.size()), [&](std::int64_t i) {
    measured[static_cast<std::size_t>(i)] = synthesized(probes[static_cast<std::size_t>(i)].unit, family, work / std::to_string(i));
  });
  std::map<std::string, Error> errors;
  fmt::print("unit\tLUT estimated\tLUT Yosys\tFF estimated\tFF Yosys\tDSP estimated\tDSP Yosys\tBRAM estimated\tBRAM Yosys\n");
  for (std::size_t i = 0; i < probes.size(); ++i) {
    fmt::print("{}", probes[i].name);
    for (const char* key : {"lut", "ff", "dsp", "bram"}) {
      const auto field = std::find_if(resource_fields().begin(), resource_fields().end(), [&](const auto& f) { return f.key == key; });
      const double estimated = probes[i].unit.estimate.*field->amount, real = measured[i].*field->amount;
      fmt::print("\t{:.1f}\t{:.1f}", estimated, real);
      Error& error = errors[key];
      error.estimated += estimated, error.synthesized += real, error.absolute += std::abs(estimated - real);
      error.exact += estimated == real, ++error.count;
    }
    fmt::print("\n");
  }
  for (const auto& [key, error] : errors)
    fmt::print("{}: sum estimated {:.0f}, Yosys {:.0f}; mean absolute error {:.1f} % of the mean; exact {} of {}\n", key, error.estimated,
               error.synthesized, 100 * error.absolute / std::max(error.synthesized, 1.0), error.exact, error.count);
  print_fit(probes, measured, family);
  return 0;
}

}  // namespace
}  // namespace bitloom::fpga

int main(int argc, char** argv) try {
  if (argc != 3) throw bitloom::InputError("fpga_cost_sweep", "takes a family (xcup, xc7, ice40) and a folder to work in");
  return bitloom::fpga::run(argv[1], argv[2]);
} catch (const bitloom::Error& error) {
  fmt::print(stderr, "error: {}\n", error.what());
  return error.exit_code();
}
