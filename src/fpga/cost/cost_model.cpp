#include "fpga/cost/cost_model.h"

#include <cassert>
#include <map>

#include "fpga/cost/coefficients.h"
#include "fpga/cost/terms.h"

namespace bitloom::fpga {
namespace {

double dot(const std::vector<double>& coefficients, const std::vector<double>& terms) {
  assert(coefficients.size() == terms.size());
  double sum = 0;
  for (std::size_t i = 0; i < terms.size(); ++i) sum += coefficients[i] * terms[i];
  return sum;
}

}  // namespace

Resources estimate(const Unit& unit, Family family) {
  const std::vector<double> terms = terms_of(unit, family);
  const Coefficients& fitted = coefficients(unit.block, family);
  Resources used;
  used.lut = dot(fitted.lut, terms);
  used.ff = dot(fitted.ff, terms);
  used.dsp = multipliers_in(unit, family);
  for (const Memory& memory : memories_in(unit)) {
    const MemoryMapping mapping = map_memory(memory, family);
    used.bram += mapping.bram;
    used.lut += mapping.lut;
  }
  return used;
}

Resources estimate_ends(const StreamDesign& design) {
  // axi_stream_input is wires, axi_stream_output counts beats.
  Resources used{.lut = 12, .ff = 8};
  // Measured: serial_ports with a 32-bit word, and the reset counter (Yosys 0.23, nextpnr 0.4).
  if (design.part.family == Family::kIce40) used += {.lut = 400, .ff = 190, .spram = 2};
  return used;
}

}  // namespace bitloom::fpga
