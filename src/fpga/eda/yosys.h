#pragma once

#include <map>
#include <string>

#include "fpga/device/part.h"

namespace bitloom::fpga {

/// Cells of a synthesized design by type, as Yosys' `stat -json` reports them. @throws CheckError if `text` is no such report
std::map<std::string, std::int64_t> parse_cell_counts(const std::string& text);

/// What those cells take of a part of that family.
///   UltraScale+, 7 series   a LUT per LUTn and shift register, the LUTs of distributed RAM; 18-kbit block RAMs as halves
///   iCE40                   LUT4 cells; logic cells are nextpnr's to count, after packing
Resources resources_of(const std::map<std::string, std::int64_t>& cells, Family family);

}  // namespace bitloom::fpga
