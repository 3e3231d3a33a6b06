#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/subprocess.h"
#include "fpga/device/part.h"
#include "fpga/stream/design.h"

namespace bitloom::fpga {

/// What verify and synth need to know about a folder that write_stream_design made.
struct DesignFolder {
  std::filesystem::path path;
  const Part* part = nullptr;
  double clock_mhz = 0;
  StreamFormat input, output;
  MapShape input_map, output_map;
  std::int64_t ideal_cycles = 0;
  struct UnitInfo {
    std::string name;
    std::int64_t output_beats = 0, ideal_cycles = 0;
  };
  std::vector<UnitInfo> units;
  std::vector<std::string> sources;  ///< from sources.f, relative to the folder

  std::int64_t input_beats() const { return input_map.elements() / input.lanes; }
  std::int64_t output_beats() const { return output_map.elements() / output.lanes; }
  /// As patience_cycles of the design.
  std::int64_t patience_cycles() const;
};

/// @throws InputError naming the file if the folder is not one that `bitloom compile` wrote
DesignFolder read_design_folder(const std::filesystem::path& dir);

/// Runs a tool in the design's folder. @param log  below the folder; empty: none is kept
SubprocessResult run_in(const DesignFolder& design, const std::vector<std::string>& command, const std::filesystem::path& log = {});

/// First output line of `command`, for the tools' versions: "Verilator 5.006 2023-01-22 rev ..." becomes "Verilator 5.006".
std::string tool_version(const std::vector<std::string>& command);

}  // namespace bitloom::fpga
