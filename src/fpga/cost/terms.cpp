#include "fpga/cost/terms.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <map>

namespace bitloom::fpga {
namespace {

using Names = std::vector<std::string_view>;

constexpr std::int64_t kPoolRegisterBits = 256;  // rtl/pool keeps its partial results in registers up to here

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
std::int64_t bits_for(std::int64_t values) { return values <= 2 ? 1 : std::bit_width(static_cast<std::uint64_t>(values - 1)); }
double number(std::int64_t value) { return static_cast<double>(value); }
double flag(bool value) { return value ? 1 : 0; }

struct WindowShape {
  explicit WindowShape(const Unit& u)
      : channels(u.parameter("Channels")), height(u.parameter("Height")), width(u.parameter("Width")), kernel_h(u.parameter("KernelH")),
        kernel_w(u.parameter("KernelW")), stride_h(u.parameter("StrideH")), stride_w(u.parameter("StrideW")), pad_top(u.parameter("PadTop")),
        pad_left(u.parameter("PadLeft")), pad_bottom(u.parameter("PadBottom")), pad_right(u.parameter("PadRight")),
        element(u.parameter("ElementWidth")) {}
  std::int64_t out_height() const { return (height + pad_top + pad_bottom - kernel_h) / stride_h + 1; }
  std::int64_t out_width() const { return (width + pad_left + pad_right - kernel_w) / stride_w + 1; }
  bool padded() const { return pad_top + pad_left + pad_bottom + pad_right > 0; }
  std::int64_t channels, height, width, kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, pad_bottom, pad_right, element;
};

/// Rows that each bank of parallel_window holds: its header, NeededRows and BankRows.
std::int64_t bank_rows(const WindowShape& w) {
  const std::int64_t drift = std::abs(w.height - w.stride_h * w.out_height());
  return divide_up(w.kernel_h + w.stride_h + drift, w.kernel_h);
}

std::vector<double> sliding_window_terms(const Unit& u) {
  const WindowShape w(u);
  return {1, number(bits_for(ring_words(u))), flag(w.padded()), flag(w.padded()) * number(u.output.width())};
}

std::vector<double> parallel_window_terms(const Unit& u) {
  const WindowShape w(u);
  const double window = number(w.kernel_h * w.kernel_w * w.channels * w.element);
  const bool in_parts = u.parameter("Positions") < w.kernel_h * w.kernel_w;
  return {1, flag(w.padded()), number(w.kernel_h * w.channels * w.element), window, flag(in_parts) * window, flag(w.padded()) * window};
}

std::vector<double> matrix_vector_terms(const Unit& u) {
  const std::int64_t pe = u.parameter("Pe"), simd = u.parameter("Simd"), input = u.parameter("InputWidth"), weight = u.parameter("WeightWidth");
  const std::int64_t in_folds = u.parameter("Inputs") / simd, out_folds = u.parameter("Outputs") / pe;
  const double products = number(pe * simd);
  const bool dsp = u.parameter("UseDsp") != 0;
  const std::int64_t sum_bits = input + weight + bits_for(simd);
  return {1,
          number(bits_for(in_folds) + bits_for(out_folds) + bits_for(in_folds * out_folds)),
          flag(out_folds > 1),
          flag(dsp) * products * number(input + weight),
          flag(!dsp) * products * number(weight * (input + 2)),
          flag(!dsp) * products,
          number(pe * (simd - 1) * sum_bits),
          number(pe * u.parameter("AccWidth"))};
}

std::vector<double> requantize_terms(const Unit& u) {
  const double lanes = number(u.parameter("Lanes")), acc = lanes * number(u.parameter("AccWidth"));
  const bool per_channel = u.parameter("PerChannel") != 0;
  const bool multiplies = per_channel ? u.parameter("MultWidth") > 1 : u.parameter("Multiplier") != 1;
  return {1, lanes, acc, flag(multiplies) * acc, flag(per_channel) * lanes};
}

std::vector<double> pool_terms(const Unit& u) {
  const bool sum = u.parameter("Mode") != 0;
  const double bits = number(u.output.width());
  const std::int64_t partial = u.parameter("Channels") / u.parameter("Lanes") * u.output.width();
  return {1, flag(!sum) * bits, flag(sum) * bits, number(partial <= kPoolRegisterBits ? partial : 0)};
}

std::vector<double> converter_terms(const Unit& u) {
  const int in = u.input.width(), out = u.output.width();
  const bool narrows = u.input.lanes % u.output.lanes == 0, widens = u.output.lanes % u.input.lanes == 0;
  return {1, flag(narrows) * in, flag(widens) * out, flag(!narrows && !widens) * (in + out)};
}

struct Block {
  Names names;
  std::vector<double> (*terms)(const Unit&);
};

/// Every block that a design may contain. The last three terms are the same for all: what map_memory leaves to logic.
const std::map<std::string_view, Block>& blocks() {
  static const std::map<std::string_view, Block> all = {
      {"sliding_window", {{"1", "address bits", "padded", "padded output bits"}, sliding_window_terms}},
      {"parallel_window", {{"1", "padded", "column bits", "window bits", "window bits in parts", "padded window bits"}, parallel_window_terms}},
      {"matrix_vector",
       {{"1", "counter bits", "replays", "bits of DSP products", "bit products in LUTs", "products in LUTs", "adder bits", "accumulator bits"},
        matrix_vector_terms}},
      {"requantize", {{"1", "lanes", "accumulator bits", "accumulator bits multiplied", "lanes with factors of their own"}, requantize_terms}},
      {"pool", {{"1", "bits of maxima", "bits of sums", "bits of partial results in registers"}, pool_terms}},
      {"lookup_table", {{"1", "output bits"}, [](const Unit& u) { return std::vector<double>{1, number(u.output.width())}; }}},
      {"stream_fifo", {{"1", "address bits"}, [](const Unit& u) { return std::vector<double>{1, number(bits_for(u.parameter("Depth")))}; }}},
      {"width_converter", {{"1", "bits narrowed", "bits widened", "bits regrouped"}, converter_terms}}};
  return all;
}

}  // namespace

std::int64_t ring_words(const Unit& unit) {
  const WindowShape w(unit);
  const std::int64_t out_h = w.out_height(), out_w = w.out_width(), pixels = w.height * w.width, outputs = out_h * out_w;
  const auto row_lead = [&](std::int64_t i) {
    return (std::min(i * w.stride_h + w.kernel_h - w.pad_top, w.height) - 1) * w.width * outputs - i * out_w * pixels;
  };
  const auto column_lead = [&](std::int64_t j) { return std::min(j * w.stride_w + w.kernel_w - w.pad_left, w.width) * outputs - j * pixels; };
  const auto largest_lead = [](const auto& lead, std::int64_t clip, std::int64_t last) {
    clip = std::clamp<std::int64_t>(clip, 0, last);
    return std::max({lead(0), lead(clip), lead(std::min(clip + 1, last))});
  };
  const std::int64_t start = largest_lead(row_lead, (w.height - w.kernel_h + w.pad_top) / w.stride_h, out_h - 1) +
                             largest_lead(column_lead, (w.width - w.kernel_w + w.pad_left) / w.stride_w, out_w - 1);
  const std::int64_t drift = std::max<std::int64_t>(0, (out_h - 1) * (out_w * pixels - w.stride_h * w.width * outputs)) +
                             std::max<std::int64_t>(0, (out_w - 1) * (pixels - w.stride_w * outputs));
  const std::int64_t held = (start + pixels + drift + outputs - 1) / outputs + w.pad_top * w.width + w.pad_left;
  const std::int64_t needed = held * (w.channels / unit.parameter("Lanes")) + 2;
  return needed <= 1024 ? static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(needed))) : divide_up(needed, 512) * 512;
}

std::vector<Memory> memories_in(const Unit& unit) {
  if (unit.block == "sliding_window") return {{ring_words(unit), unit.output.width(), false, 1}};
  if (unit.block == "parallel_window") {
    const WindowShape w(unit);
    return std::vector<Memory>(static_cast<std::size_t>(w.kernel_h), Memory{bank_rows(w) * w.width, unit.input.width(), false, 1});
  }
  if (unit.block == "matrix_vector") {
    const std::int64_t pe = unit.parameter("Pe"), simd = unit.parameter("Simd");
    const std::int64_t in_folds = unit.parameter("Inputs") / simd, out_folds = unit.parameter("Outputs") / pe;
    std::vector<Memory> memories = {{in_folds * out_folds, pe * simd * unit.parameter("WeightWidth"), true, 1},
                                    {out_folds, pe * unit.parameter("AccWidth"), true, 1}};
    if (out_folds > 1) memories.push_back({std::int64_t{2} << bits_for(in_folds), unit.input.width(), false, 1});
    return memories;
  }
  if (unit.block == "requantize" && unit.parameter("PerChannel") != 0) {
    const std::int64_t lanes = unit.parameter("Lanes");
    return {{unit.parameter("Channels") / lanes, lanes * (unit.parameter("MultWidth") + unit.parameter("ShiftWidth")), true, 1}};
  }
  if (unit.block == "pool") {
    const std::int64_t groups = unit.parameter("Channels") / unit.parameter("Lanes");
    if (groups >= 4 && groups * unit.output.width() > kPoolRegisterBits) return {{groups, unit.output.width(), false, 1}};
  }
  if (unit.block == "stream_fifo") return {{unit.parameter("Depth"), unit.parameter("Width"), false, 1}};
  if (unit.block == "lookup_table")
    return {{std::int64_t{1} << unit.parameter("InWidth"), unit.parameter("OutWidth"), true, static_cast<int>(unit.parameter("Lanes"))}};
  return {};
}

double multipliers_in(const Unit& unit, Family family) {
  if (unit.block == "matrix_vector") return flag(unit.parameter("UseDsp") != 0) * number(unit.parameter("Pe") * unit.parameter("Simd"));
  if (unit.block != "requantize") return 0;
  const bool per_channel = unit.parameter("PerChannel") != 0;
  const std::int64_t factor = per_channel ? unit.parameter("MultWidth") : std::bit_width(static_cast<std::uint64_t>(unit.parameter("Multiplier")));
  if (factor <= 1) return 0;
  // The block cuts accumulators at 17 bits and factors at 16 so that each part fits a DSP48; a 16-bit multiplier takes two for each side.
  const std::int64_t acc_parts = unit.parameter("AccWidth") > 18 ? 2 : 1, factor_parts = factor > 26 ? 2 : 1;
  if (family != Family::kIce40) return number(unit.parameter("Lanes") * acc_parts * factor_parts);
  return number(unit.parameter("Lanes") * divide_up(std::min<std::int64_t>(unit.parameter("AccWidth"), 18), 16) * divide_up(factor, 16));
}

std::vector<double> terms_of(const Unit& unit, Family family) {
  const auto found = blocks().find(unit.block);
  assert(found != blocks().end());
  std::vector<double> terms = found->second.terms(unit);
  MemoryMapping logic;
  for (const Memory& memory : memories_in(unit)) {
    const MemoryMapping mapping = map_memory(memory, family);
    logic.rom_luts += mapping.rom_luts;
    logic.register_bits += mapping.register_bits + (mapping.lut > 0 ? number(memory.width) : 0);  // distributed RAM is read through a register
    logic.mux_bits += mapping.mux_bits;
  }
  terms.insert(terms.end(), {logic.rom_luts, logic.register_bits, logic.mux_bits});
  return terms;
}

const std::vector<std::string_view>& term_names(std::string_view block) {
  static const std::map<std::string_view, Names> with_memories = [] {
    std::map<std::string_view, Names> all;
    for (const auto& [name, entry] : blocks()) {
      Names names = entry.names;
      names.insert(names.end(), {"ROM bits in LUTs", "memory bits in registers", "bits between stacked RAMs"});
      all.emplace(name, std::move(names));
    }
    return all;
  }();
  return with_memories.at(block);
}

}  // namespace bitloom::fpga
