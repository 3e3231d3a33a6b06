#include "fpga/stream/design.h"

#include <algorithm>
#include <cassert>

namespace bitloom::fpga {

std::int64_t Unit::parameter(std::string_view key) const {
  const auto found = std::find_if(parameters.begin(), parameters.end(), [&](const auto& p) { return p.first == key; });
  assert(found != parameters.end());
  return std::get<std::int64_t>(found->second);
}

const Unit& StreamDesign::slowest_unit() const {
  return *std::max_element(units.begin(), units.end(), [](const Unit& a, const Unit& b) { return a.ideal_cycles < b.ideal_cycles; });
}

std::int64_t StreamDesign::ideal_cycles() const { return slowest_unit().ideal_cycles; }

}  // namespace bitloom::fpga
