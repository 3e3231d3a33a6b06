#pragma once

#include <string_view>
#include <vector>

#include "fpga/cost/memory.h"
#include "fpga/stream/design.h"

namespace bitloom::fpga {

/// What the logic of a unit grows with: one number for each name in `term_names(unit.block)`. The cost model is linear in them.
std::vector<double> terms_of(const Unit& unit, Family family);
const std::vector<std::string_view>& term_names(std::string_view block);

/// The memories in a unit and its multipliers: counted, not fitted.
std::vector<Memory> memories_in(const Unit& unit);
double multipliers_in(const Unit& unit, Family family);

/// Words of sliding_window's ring of rows, by the formula in its header (NeededWords, RingWords).
std::int64_t ring_words(const Unit& window);

}  // namespace bitloom::fpga
