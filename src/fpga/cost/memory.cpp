#include "fpga/cost/memory.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace bitloom::fpga {
namespace {

constexpr std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// One way to lay a memory out in block RAM.
struct BlockLayout {
  double cost = std::numeric_limits<double>::infinity();
  double blocks = 0;  // in units of Resources::bram
  std::int64_t stacked = 1;
};

struct BlockShape {
  std::int64_t width, words;
  double cost, blocks;
};

BlockLayout cheapest_layout(const Memory& memory, Family family) {
  static const std::vector<BlockShape> ice40 = {{16, 256, 64, 1}, {8, 512, 64, 1}, {4, 1024, 64, 1}, {2, 2048, 64, 1}};
  static const std::vector<BlockShape> amd = {
      {36, 512, 129, 0.5},  {18, 1024, 129, 0.5}, {9, 2048, 129, 0.5}, {4, 4096, 129, 0.5}, {2, 8192, 129, 0.5}, {1, 16384, 129, 0.5},
      {72, 512, 257, 1},    {36, 1024, 257, 1},   {18, 2048, 257, 1},  {9, 4096, 257, 1},   {4, 8192, 257, 1},   {2, 16384, 257, 1},
      {1, 32768, 257, 1}};
  BlockLayout best;
  for (const BlockShape& shape : family == Family::kIce40 ? ice40 : amd) {
    const std::int64_t stacked = divide_up(memory.depth, shape.words), side_by_side = divide_up(memory.width, shape.width);
    // The selection between stacked blocks is logic, too: about one LUT for every two inputs of each output bit.
    const double mux = static_cast<double>((stacked - 1) * memory.width);
    const double count = static_cast<double>(stacked * side_by_side * memory.read_ports);
    const double cost = count * shape.cost + mux;
    if (cost < best.cost) best = {cost, count * shape.blocks, stacked};
  }
  return best;
}

/// RAM32M and RAM64M: 32 words of 6 bits or 64 of 3 in four LUTs.
std::int64_t distributed_cells(const Memory& memory) {
  return memory.depth <= 32 ? divide_up(memory.width, 6) : divide_up(memory.width, 3) * divide_up(memory.depth, 64);
}

}  // namespace

MemoryMapping map_memory(const Memory& memory, Family family) {
  const bool ice40 = family == Family::kIce40;
  const double bits = static_cast<double>(memory.depth * memory.width);
  const BlockLayout block = cheapest_layout(memory, family);
  const double logic_cost = memory.is_rom ? bits / (ice40 ? 16 : 64) : bits;
  const double distributed_cost =
      ice40 || memory.is_rom ? std::numeric_limits<double>::infinity() : 8.0 * static_cast<double>(distributed_cells(memory));

  MemoryMapping mapping;
  if (distributed_cost <= block.cost && distributed_cost <= logic_cost) {
    mapping.lut = 4.0 * static_cast<double>(distributed_cells(memory));
  } else if (block.cost <= logic_cost) {
    mapping.bram = block.blocks;
    mapping.mux_bits = static_cast<double>((block.stacked - 1) * memory.width);
  } else if (memory.is_rom) {
    mapping.rom_luts = static_cast<double>(memory.width * divide_up(memory.depth, ice40 ? 16 : 64) * memory.read_ports);
  } else {
    mapping.register_bits = bits;
  }
  return mapping;
}

}  // namespace bitloom::fpga
