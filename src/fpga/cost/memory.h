#pragma once

#include <cstdint>

#include "fpga/device/part.h"

namespace bitloom::fpga {

/// A memory inside a block, read synchronously.
struct Memory {
  std::int64_t depth = 0, width = 0;  ///< words, bits of a word
  bool is_rom = false;
  int read_ports = 1;                 ///< a ROM that several lanes read is copied
};

/// How Yosys 0.23 builds a memory, as its memory_libmap weighs the ways: block RAM, distributed RAM (AMD), or logic. Costs and shapes are
/// those of its library files ice40/brams.txt, xilinx/brams_xc4v.txt and xilinx/lutrams_xc5v.txt.
struct MemoryMapping {
  double bram = 0;          ///< as Resources::bram
  double lut = 0;           ///< of distributed RAM
  double rom_luts = 0;      ///< outputs * words / (words a LUT holds), where a ROM becomes logic; optimization shares some of them
  double register_bits = 0; ///< where a RAM becomes flip-flops
  double mux_bits = 0;      ///< outputs that select between block RAMs stacked in depth
};
MemoryMapping map_memory(const Memory& memory, Family family);

}  // namespace bitloom::fpga
