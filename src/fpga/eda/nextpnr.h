#pragma once

#include <optional>
#include <string>

#include "fpga/device/part.h"

namespace bitloom::fpga {

/// What nextpnr-ice40 says about a design.
struct NextpnrReport {
  std::optional<Resources> used;   ///< after packing: logic cells, EBRs, DSPs, SPRAMs; none if it did not get that far
  std::optional<double> fmax_mhz;  ///< of the slowest clock; none if it was not routed
  std::string error;               ///< its first "ERROR: ..." line without the prefix; "" if there is none
};

/// @param log     what nextpnr printed
/// @param report  contents of its --report file; "" where it wrote none
NextpnrReport parse_nextpnr(const std::string& log, const std::string& report);

}  // namespace bitloom::fpga
