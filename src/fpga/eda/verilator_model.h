#pragma once

#include <filesystem>

#include "fpga/eda/design_folder.h"

namespace bitloom::fpga {

/// Folder for things that can be made again: BITLOOM_CACHE, else XDG_CACHE_HOME/bitloom, else HOME/.cache/bitloom; `fallback` where none of
/// them can be written.
std::filesystem::path cache_directory(const std::filesystem::path& fallback);

/// The simulation program of a design's stream_top: Verilator's model with the harness of templates/stream_harness.cc. Programs are kept in
/// the cache by everything that they are made of (sources, harness, flags, Verilator's version), so the same design is built once; the
/// contents of weights/ are read when it runs and do not count. The least recently used of more than 24 programs goes.
/// @throws InputError if Verilator is not installed;  CheckError with its first error if it fails
std::filesystem::path simulation_program(const DesignFolder& design);

}  // namespace bitloom::fpga
