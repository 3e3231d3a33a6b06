#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fpga/eda/design_folder.h"

namespace bitloom::fpga {

struct IcarusResult {
  std::int64_t mismatches = 0;  ///< AXI4-Stream words that differ
  std::int64_t span_cycles = 0; ///< from the last word of the first image to that of the last one
  std::string failure;          ///< why the bench did not come to its end; empty if it did
};

/// Runs the design's own test bench (tb/stream_top_tb.sv) in Icarus Verilog on the given images. Log: build/verify/icarus.log.
/// @param inputs,outputs  words as bytes, by image;  stall  probability per cycle
/// @throws InputError if Icarus is not installed
IcarusResult run_icarus(const DesignFolder& design, std::span<const std::vector<std::uint8_t>> inputs,
                        std::span<const std::vector<std::uint8_t>> outputs, double stall, std::uint64_t seed);

/// What a test bench's log says: "PASS: images=3 mismatches=0 span=512", "FAIL: images=3 mismatches=7" or "FAIL: reason"; anything else is a failure, too.
IcarusResult parse_bench_log(const std::string& log);

}  // namespace bitloom::fpga
