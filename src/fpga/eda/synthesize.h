#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fpga/device/part.h"

namespace bitloom::fpga {

struct SynthResult {
  Resources used;                        ///< lut, ff, dsp, bram, uram, spram
  Resources available;
  std::optional<double> fmax_mhz;        ///< none where the tools give no timing (AMD parts: we stop after synthesis)
  double target_mhz = 0;
  bool fits = false;
  std::vector<std::string> tools;        ///< "Yosys 0.23", "nextpnr-ice40 0.4"
  std::string part;
  std::filesystem::path bitstream;       ///< empty where there is none
  std::string failure;                   ///< "" when it fits and meets its clock
  double seconds = 0;

  bool passed() const { return failure.empty(); }
};

/// Synthesizes the design in `dir` for its part: Yosys, and for iCE40 on through nextpnr and icepack to a bitstream with its fmax.
/// Writes dir/synth.json (also when the design does not fit) and the tools' logs and outputs below dir/build/synth.
/// @throws InputError if `dir` is no design or a tool is not installed;  CheckError if a tool itself fails, with its first error line
SynthResult synthesize(const std::filesystem::path& dir);

/// The object that `bitloom synth --json` prints and synth.json holds.
std::string to_json(const SynthResult& result);

/// @throws CheckError unless the design fits the part and meets its clock: by how much it misses, and what would help.
void require_passed(const SynthResult& result, const std::filesystem::path& dir);

}  // namespace bitloom::fpga
