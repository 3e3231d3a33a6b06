#pragma once

#include <string_view>
#include <vector>

#include "fpga/device/part.h"

namespace bitloom::fpga {

/// LUTs (logic cells on iCE40) and flip-flops for each of a block's terms (terms.h).
struct Coefficients {
  std::vector<double> lut, ff;
};

/// Fitted by bench/fpga_cost/run.sh, which prints this table anew with the errors that it leaves.
const Coefficients& coefficients(std::string_view block, Family family);

}  // namespace bitloom::fpga
