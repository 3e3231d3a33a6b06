#include "fpga/eda/yosys.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace bitloom::fpga {
namespace {

/// LUTs that one cell of distributed RAM takes (UG574 and UG474, "Distributed RAM"): one per 64 bits and read port.
const std::map<std::string, double>& distributed_ram_luts() {
  static const std::map<std::string, double> luts = {{"RAM32X1S", 1},  {"RAM64X1S", 1},   {"RAM128X1S", 2}, {"RAM256X1S", 4}, {"RAM512X1S", 8},
                                                     {"RAM32X1D", 2},  {"RAM64X1D", 2},   {"RAM128X1D", 4}, {"RAM256X1D", 8}, {"RAM32M", 4},
                                                     {"RAM64M", 4},    {"RAM32M16", 8},   {"RAM64M8", 8}};
  return luts;
}

bool is_flip_flop(const std::string& type, Family family) {
  if (family == Family::kIce40) return type.starts_with("SB_DFF");
  return type == "FDRE" || type == "FDSE" || type == "FDCE" || type == "FDPE" || type.ends_with("_1");
}

bool is_lut(const std::string& type, Family family) {
  if (family == Family::kIce40) return type == "SB_LUT4";
  return type.starts_with("LUT") || type.starts_with("SRL") || type == "INV";
}

}  // namespace

std::map<std::string, std::int64_t> parse_cell_counts(const std::string& text) {
  const auto object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains("design") || !object["design"].contains("num_cells_by_type"))
    throw CheckError("Yosys", "statistics without cell counts");
  return object["design"]["num_cells_by_type"].get<std::map<std::string, std::int64_t>>();
}

Resources resources_of(const std::map<std::string, std::int64_t>& cells, Family family) {
  Resources used;
  for (const auto& [type, count] : cells) {
    const auto amount = static_cast<double>(count);
    const auto ram = distributed_ram_luts().find(type);
    if (is_lut(type, family)) used.lut += amount;
    if (is_flip_flop(type, family)) used.ff += amount;
    if (ram != distributed_ram_luts().end()) used.lut += amount * ram->second;
    if (type.starts_with("DSP48") || type == "SB_MAC16") used.dsp += amount;
    if (type.starts_with("RAMB36") || type.starts_with("SB_RAM40_4K")) used.bram += amount;
    if (type.starts_with("RAMB18")) used.bram += amount / 2;
    if (type.starts_with("URAM288")) used.uram += amount;
    if (type.starts_with("SB_SPRAM")) used.spram += amount;
  }
  return used;
}

}  // namespace bitloom::fpga
