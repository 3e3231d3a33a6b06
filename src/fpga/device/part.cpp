#include "fpga/device/part.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace bitloom::fpga {
namespace {

// The only place that states what a part has. Sources:
//   UltraScale+  AMD DS891, Zynq UltraScale+ MPSoC Data Sheet: Overview, tables of programmable logic; XCK26: AMD DS987, Kria K26 SOM
//   7 series     AMD DS190, Zynq-7000 SoC Data Sheet: Overview, table 1
//   iCE40        Lattice FPGA-DS-02008, iCE40 UltraPlus Family Data Sheet, table 2.1 (30 EBR of 4 kbit, 4 SPRAM of 256 kbit)
// The default clocks are what such designs are commonly run at, no promise of timing; 24 MHz is the UP5K's own oscillator halved.
const std::vector<Part> kParts = {
    //  name        family                   lut      ff      dsp  bram  uram spram  MHz  package  vendor's name
    {"xczu3eg", Family::kUltraScalePlus, {70'560, 141'120, 360, 216, 0, 0}, 200, "", "xczu3eg-sbva484-1-e"},
    {"xczu7ev", Family::kUltraScalePlus, {230'400, 460'800, 1'728, 312, 96, 0}, 200, "", "xczu7ev-ffvc1156-2-e"},
    {"xck26", Family::kUltraScalePlus, {117'120, 234'240, 1'248, 144, 64, 0}, 200, "", "xck26-sfvc784-2LV-c"},
    {"xc7z010", Family::kSeries7, {17'600, 35'200, 80, 60, 0, 0}, 100, "", "xc7z010clg400-1"},
    {"xc7z020", Family::kSeries7, {53'200, 106'400, 220, 140, 0, 0}, 100, "", "xc7z020clg400-1"},
    {"ice40up5k", Family::kIce40, {5'280, 5'280, 8, 30, 0, 4}, 24, "sg48", "iCE40UP5K-SG48I"},
};

std::vector<std::string> part_names() {
  std::vector<std::string> names;
  for (const Part& part : kParts) names.push_back(part.name);
  return names;
}

}  // namespace

std::string_view to_string(Family family) {
  switch (family) {
    case Family::kUltraScalePlus: return "UltraScale+";
    case Family::kSeries7: return "7 series";
    case Family::kIce40: return "iCE40";
  }
  return "";
}

Resources& Resources::operator+=(const Resources& other) {
  for (const ResourceField& field : resource_fields()) this->*field.amount += other.*field.amount;
  return *this;
}

Resources operator*(Resources a, double factor) {
  for (const ResourceField& field : resource_fields()) a.*field.amount *= factor;
  return a;
}

const std::vector<ResourceField>& resource_fields() {
  static const std::vector<ResourceField> fields = {{"lut", &Resources::lut},   {"ff", &Resources::ff},
                                                    {"dsp", &Resources::dsp},   {"bram", &Resources::bram},
                                                    {"uram", &Resources::uram}, {"spram", &Resources::spram}};
  return fields;
}

std::string resource_name(std::string_view key, Family family) {
  const bool ice40 = family == Family::kIce40;
  if (key == "lut") return ice40 ? "logic cells" : "LUTs";
  if (key == "ff") return "flip-flops";
  if (key == "dsp") return "DSPs";
  if (key == "bram") return ice40 ? "EBRs" : "36-kbit block RAMs";
  if (key == "uram") return "UltraRAMs";
  return "SPRAMs";
}

bool fits(const Resources& used, const Resources& available) {
  return std::all_of(resource_fields().begin(), resource_fields().end(),
                     [&](const ResourceField& field) { return used.*field.amount <= available.*field.amount; });
}

std::string excess(const Resources& used, const Resources& available, Family family) {
  std::vector<std::string> over;
  for (const auto& [key, amount] : resource_fields()) {
    const double missing = used.*amount - available.*amount;
    if (missing <= 0) continue;
    over.push_back(fmt::format("{:g} {} of {:g} ({:g} too many)", std::ceil(used.*amount), resource_name(key, family),
                               std::floor(available.*amount), std::ceil(missing)));
  }
  return join(over, "; ");
}

const std::vector<Part>& all_parts() { return kParts; }

const Part& find_part(std::string_view name) {
  const auto found = std::find_if(kParts.begin(), kParts.end(), [&](const Part& part) { return part.name == name; });
  if (found != kParts.end()) return *found;
  throw InputError("", fmt::format("unknown part '{}'", name), suggest(name, part_names()));
}

const Part& parse_stream_target(std::string_view target) {
  const std::size_t colon = target.find(':');
  const std::string_view back_end = target.substr(0, colon);
  const std::string where = fmt::format("target '{}'", target);
  if (back_end != "stream" || colon == std::string_view::npos)
    throw InputError(where, colon == std::string_view::npos ? "names no part" : fmt::format("unknown back end '{}'", back_end),
                     "write stream:PART, PART one of: " + join(part_names(), ", "));
  const std::string_view name = target.substr(colon + 1);
  const auto found = std::find_if(kParts.begin(), kParts.end(), [&](const Part& part) { return part.name == name; });
  if (found != kParts.end()) return *found;
  throw InputError(where, fmt::format("unknown part '{}'", name), suggest(name, part_names()));
}

}  // namespace bitloom::fpga
