#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bitloom::fpga {

enum class Family { kUltraScalePlus, kSeries7, kIce40 };
std::string_view to_string(Family family);  ///< "UltraScale+", "7 series", "iCE40"

/// Amounts of what a design is made of. On AMD parts `lut` and `ff` are look-up tables and flip-flops and `bram` counts 36-kbit block
/// RAMs (an 18-kbit half counts 0.5); on iCE40 `lut` counts logic cells (one LUT4 and one flip-flop each) and `bram` 4-kbit EBRs.
struct Resources {
  double lut = 0, ff = 0, dsp = 0, bram = 0, uram = 0, spram = 0;

  Resources& operator+=(const Resources& other);
  friend Resources operator+(Resources a, const Resources& b) { return a += b; }
  friend Resources operator*(Resources a, double factor);
  bool operator==(const Resources&) const = default;
};

/// One resource by name, for tables, messages and JSON.
struct ResourceField {
  std::string_view key;           ///< "lut"
  double Resources::*amount;
};
const std::vector<ResourceField>& resource_fields();
/// What `key` is called on that family: "LUTs", "logic cells", "36-kbit block RAMs", "EBRs".
std::string resource_name(std::string_view key, Family family);

/// True when every amount of `used` is at most that of `available`.
bool fits(const Resources& used, const Resources& available);
/// "6012 logic cells of 5280 (732 too many); 34 EBRs of 30 (4 too many)": what is over, "" when it fits.
std::string excess(const Resources& used, const Resources& available, Family family);

struct Part {
  std::string name;               ///< as in targets: "xczu3eg"
  Family family;
  Resources available;
  double clock_mhz;               ///< what a design is planned for unless the user says otherwise
  std::string package;            ///< for place and route: "sg48"; empty where we stop after synthesis
  std::string vendor_name;        ///< what the vendor's tool calls it: "xczu3eg-sbva484-1-e"
};

/// Every part, in the order of the table.
const std::vector<Part>& all_parts();

/// @throws InputError with the nearest part's name.
const Part& find_part(std::string_view name);

/// The part of a target "stream:PART". @throws InputError for another back end or an unknown part, naming the nearest.
const Part& parse_stream_target(std::string_view target);

}  // namespace bitloom::fpga
