#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What the tests of rtl/ know about each block: the parameter sets to try, and a plain model of the stream that comes out.
/// A block's own file, rtl/<block>/<block>_bench.cpp, states all of it once; `write_benches` makes the SystemVerilog around it at build
/// time, the tests drive that in Verilator, and again, RTL and netlists after synthesis, in Icarus Verilog.
namespace bitloom::rtl {

using ParameterValue = std::variant<std::int64_t, std::string>;  // a string names a memory file
using Parameters = std::vector<std::pair<std::string, ParameterValue>>;

/// One parameter set of a block.
struct Case {
  std::string name;         ///< what is special about it, as a gtest name: "PaddedStride2"
  Parameters parameters;    ///< every parameter of the block
  bool synthesized = false; ///< also simulated after synthesis

  std::int64_t at(std::string_view key) const;
};

/// The block's parameters with some of them changed.
Case make_case(const Parameters& defaults, std::string name, const Parameters& changes, bool synthesized = false);

/// Elements of a beat.
struct Beat {
  std::int64_t lanes = 1;
  int width = 8;  ///< bits of an element, up to 63
  std::int64_t bits() const { return lanes * width; }
};

/// Elements as the wires carry them: the low bits of each.
using Elements = std::vector<std::uint64_t>;

struct MemoryFile {
  std::string path;
  std::string contents;  ///< for $readmemh
};

/// A block, or a chain of blocks in a module of its own.
struct Block {
  std::string name;                         ///< the module
  std::vector<std::string> sources;         ///< relative to rtl/
  Beat (*input)(const Case&);
  Beat (*output)(const Case&);
  std::int64_t (*frame)(const Case&);       ///< input elements after which the block is where it began
  Elements (*model)(const Case&, const Elements& input);
  std::vector<MemoryFile> (*memories)(const Case&);
  std::vector<Case> cases;
  /// `count` input elements; null: random_elements. A block says so itself where its interesting inputs are rare.
  Elements (*stimulus)(const Case&, std::int64_t count, std::uint64_t seed) = nullptr;
  /// Output beats that the next frame may put out before its first element has come in: padding. Null: none.
  std::int64_t (*early_beats)(const Case&) = nullptr;
};

/// Input for `frames` frames.
Elements stimulus_for(const Block& block, const Case& c, std::int64_t frames, std::uint64_t seed);

/// The fewest frames that bring about `beats` beats on one of the sides.
std::int64_t frames_of(const Block& block, const Case& c, std::int64_t beats);

/// Every block; the one list that the tests and write_benches read.
std::vector<Block> all_blocks();
const Block& find_block(std::string_view name);

/// The two's complement value of an element's low bits, or its plain value.
std::int64_t value_of(std::uint64_t element, int width, bool is_signed);
std::uint64_t bits_of(std::int64_t value, int width);

/// Random elements that visit the corners: smallest, largest, zero, multiples of powers of two and their neighbours.
Elements random_elements(std::int64_t count, int width, std::uint64_t seed);

/// Words for $readmemh, `fields` elements of `width` bits each, lowest bits first.
std::string hex_words(const Elements& elements, std::int64_t fields, int width);

/// Beats of elements, the last one filled up with zeros.
std::vector<std::vector<std::uint32_t>> pack_beats(const Elements& elements, const Beat& beat);

/// Module `name` around one instance per case, with all their streams side by side, `slot_bits` bits of data each:
///   clk_i rst_ni in_valid_i[n] in_ready_o[n] in_data_i[n*slot_bits] out_valid_o[n] out_ready_i[n] out_data_o[n*slot_bits]
std::string bench_module(const std::string& name, const Block& block, std::span<const Case> cases);
std::int64_t slot_bits(const Block& block, std::span<const Case> cases);

/// The cases that are simulated after synthesis.
std::vector<Case> synthesized_cases(const Block& block);

}  // namespace bitloom::rtl
