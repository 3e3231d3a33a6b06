#include "bench.h"

#include <algorithm>
#include <cassert>
#include <sstream>

#include "base/random.h"

namespace bitloom::rtl {

std::int64_t Case::at(std::string_view key) const {
  const auto found = std::ranges::find(parameters, key, [](const auto& parameter) { return std::string_view(parameter.first); });
  assert(found != parameters.end());
  return std::get<std::int64_t>(found->second);
}

Case make_case(const Parameters& defaults, std::string name, const Parameters& changes, bool synthesized) {
  Case made{std::move(name), defaults, synthesized};
  for (const auto& [key, value] : changes) {
    const auto found = std::ranges::find(made.parameters, key, &Parameters::value_type::first);
    assert(found != made.parameters.end());
    found->second = value;
  }
  return made;
}

const Block& find_block(std::string_view name) {
  static const std::vector<Block> blocks = all_blocks();
  const auto found = std::ranges::find(blocks, name, [](const Block& block) { return std::string_view(block.name); });
  assert(found != blocks.end());
  return *found;
}

std::int64_t value_of(std::uint64_t element, int width, bool is_signed) {
  const std::uint64_t low = element & ((std::uint64_t{1} << width) - 1);
  const bool negative = is_signed && (low >> (width - 1) & 1);
  return static_cast<std::int64_t>(low) - (negative ? std::int64_t{1} << width : 0);
}

std::uint64_t bits_of(std::int64_t value, int width) { return static_cast<std::uint64_t>(value) & ((std::uint64_t{1} << width) - 1); }

Elements random_elements(std::int64_t count, int width, std::uint64_t seed) {
  RandomStream random({seed});
  const auto element = [&]() -> std::uint64_t {
    const std::uint64_t top = std::uint64_t{1} << (width - 1);
    switch (random.below(8)) {
      case 0: return std::uint64_t{0} - random.below(2);  // 0, or all ones
      case 1: return top - random.below(2);               // smallest two's complement, or largest
      case 2: return (random.next() << random.below(static_cast<std::uint64_t>(width))) + random.below(3) - 1;
      default: return random.next();
    }
  };
  Elements elements(static_cast<std::size_t>(count));
  for (std::uint64_t& e : elements) e = bits_of(static_cast<std::int64_t>(element()), width);
  return elements;
}

Elements stimulus_for(const Block& block, const Case& c, std::int64_t frames, std::uint64_t seed) {
  const std::int64_t count = frames * block.frame(c);
  return block.stimulus ? block.stimulus(c, count, seed) : random_elements(count, block.input(c).width, seed);
}

std::int64_t frames_of(const Block& block, const Case& c, std::int64_t beats) {
  const std::int64_t in = block.frame(c) / block.input(c).lanes;
  const std::int64_t out = std::ssize(block.model(c, Elements(static_cast<std::size_t>(block.frame(c))))) / block.output(c).lanes;
  return (beats + std::max(in, out) - 1) / std::max(in, out);
}

std::vector<std::vector<std::uint32_t>> pack_beats(const Elements& elements, const Beat& beat) {
  const auto lanes = static_cast<std::size_t>(beat.lanes);
  std::vector<std::vector<std::uint32_t>> beats((elements.size() + lanes - 1) / lanes,
                                                std::vector<std::uint32_t>(static_cast<std::size_t>((beat.bits() + 31) / 32)));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    for (int b = 0; b < beat.width; ++b) {
      const std::size_t place = i % lanes * static_cast<std::size_t>(beat.width) + static_cast<std::size_t>(b);
      beats[i / lanes][place / 32] |= static_cast<std::uint32_t>(elements[i] >> b & 1) << place % 32;
    }
  }
  return beats;
}

std::string hex_words(const Elements& elements, std::int64_t fields, int width) {
  const Beat beat{fields, width};
  std::string text;
  for (const std::vector<std::uint32_t>& word : pack_beats(elements, beat)) {
    for (std::int64_t digit = (beat.bits() + 3) / 4; digit-- > 0;) {
      text += "0123456789abcdef"[word[static_cast<std::size_t>(digit / 8)] >> digit % 8 * 4 & 15];
    }
    text += '\n';
  }
  return text;
}

std::int64_t slot_bits(const Block& block, std::span<const Case> cases) {
  std::int64_t bits = 96;  // so that Verilator holds even a single one as words
  for (const Case& c : cases) bits = std::max({bits, block.input(c).bits(), block.output(c).bits()});
  return (bits + 31) / 32 * 32;
}

std::vector<Case> synthesized_cases(const Block& block) {
  std::vector<Case> cases;
  std::ranges::copy_if(block.cases, std::back_inserter(cases), &Case::synthesized);
  return cases;
}

std::string bench_module(const std::string& name, const Block& block, std::span<const Case> cases) {
  const std::int64_t slot = slot_bits(block, cases), count = std::ssize(cases);
  std::ostringstream sv;
  sv << "`default_nettype none\nmodule " << name << " (\n  input  logic clk_i, input logic rst_ni,\n"
     << "  input  logic [" << count - 1 << ":0] in_valid_i, output logic [" << count - 1 << ":0] in_ready_o,\n"
     << "  input  logic [" << count * slot - 1 << ":0] in_data_i,\n"
     << "  output logic [" << count - 1 << ":0] out_valid_o, input logic [" << count - 1 << ":0] out_ready_i,\n"
     << "  output logic [" << count * slot - 1 << ":0] out_data_o\n);\n";
  for (std::int64_t i = 0; i < count; ++i) {
    const Case& c = cases[static_cast<std::size_t>(i)];
    const std::int64_t in = block.input(c).bits(), out = block.output(c).bits();
    sv << "  " << block.name << " #(";
    for (std::size_t p = 0; p < c.parameters.size(); ++p) {
      const auto& [key, value] = c.parameters[p];
      sv << (p ? ", ." : ".") << key << '(';
      if (const auto* number = std::get_if<std::int64_t>(&value)) sv << *number;
      else sv << '"' << std::get<std::string>(value) << '"';
      sv << ')';
    }
    sv << ") u_" << i << " (  // " << c.name << "\n    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(in_valid_i[" << i << "]), .in_ready_o(in_ready_o["
       << i << "]), .in_data_i(in_data_i[" << i * slot << " +: " << in << "]),\n    .out_valid_o(out_valid_o[" << i << "]), .out_ready_i(out_ready_i["
       << i << "]), .out_data_o(out_data_o[" << i * slot << " +: " << out << "]));\n";
    if (out < slot) sv << "  assign out_data_o[" << i * slot + out << " +: " << slot - out << "] = '0;\n";
  }
  sv << "endmodule\n`default_nettype wire\n";
  return sv.str();
}

}  // namespace bitloom::rtl
