#pragma once

#include <string>

#include "fpga/stream/design.h"

namespace bitloom::fpga {

/// The generated top of a design: module stream_top, instances of rtl/ blocks with their values, AXI4-Stream at both ends.
std::string render_stream_top(const StreamDesign& design);

/// Test bench of stream_top. @param images  how many the vector files written beside it hold
std::string render_test_bench(const StreamDesign& design, int images);

/// On iCE40, stream_top behind an SPI port on the part's oscillator: module ice40_top, its pins, and a test bench of the two.
std::string render_ice40_top(const StreamDesign& design);
std::string render_ice40_pins(const StreamDesign& design);
std::string render_ice40_test_bench(const StreamDesign& design, int images);

/// Bytes of one image's input and results at the outside.
std::int64_t input_bytes(const StreamDesign& design);
std::int64_t result_bytes(const StreamDesign& design);

/// The blocks that the tops instantiate.
std::vector<std::string_view> blocks_of(const StreamDesign& design);

/// Cycles without a beat at either end after which a simulation is said to hang: no pipeline that works is silent for ten times the time
/// in which all its units could have worked one after the other.
std::int64_t patience_cycles(const StreamDesign& design);

}  // namespace bitloom::fpga
