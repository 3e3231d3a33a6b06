#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bitloom::fpga {

struct VerifyOptions {
  int icarus_images = 3;        ///< images for the second opinion; at most as many as given
  int throughput_images = 50;   ///< back-to-back images, without stalls, for cycles_per_image
  double stall = 0.25;          ///< probability, in each cycle, that the source or the sink holds back
  std::uint64_t seed = 1;       ///< of the stalls
  int threads = 0;              ///< 0: all processors
};

/// When a unit worked on an image, in cycles from the first input beat of image 0, back to back without stalls.
struct UnitActivity {
  std::string unit;
  std::int64_t image = 0, first_cycle = 0, last_cycle = 0;  ///< of its output beats
};

struct Mismatch {
  std::int64_t image = 0, index = 0, expected = 0, actual = 0;  ///< index counts the image's outputs in stream order
};

struct VerifyResult {
  std::int64_t images = 0, mismatches = 0;              ///< Verilator, stalls on both ends; mismatches counts output words
  std::optional<Mismatch> first_mismatch;
  std::int64_t latency_cycles = 0;                      ///< first input beat to last output beat of image 0, no stalls
  double cycles_per_image = 0;                          ///< steady state, back to back, no stalls
  std::int64_t throughput_images = 0, ideal_cycles = 0;
  double stall = 0;
  std::uint64_t seed = 0;
  std::int64_t icarus_images = 0, icarus_mismatches = 0;
  std::vector<std::string> tools;                       ///< "Verilator 5.006", "Icarus Verilog 11.0"
  std::vector<UnitActivity> timeline;
  std::string failure;                                  ///< why a simulation broke off; empty when all ended well
  double seconds = 0;

  bool passed() const { return failure.empty() && mismatches == 0 && icarus_mismatches == 0; }
};

/// Compares the RTL in `dir` with the interpreter on its model.onnx, every output of every image, and measures its pace.
/// Writes the result to dir/verify.json, also when it failed.
/// @param images  channel planes (CHW), 0..255, of the network's input size
/// @throws InputError  if `dir` is no design, an image has another size, or Verilator or Icarus is not installed
VerifyResult verify_design(const std::filesystem::path& dir, std::span<const std::vector<std::uint8_t>> images,
                           const VerifyOptions& options = {});

/// The object that `bitloom verify --json` prints and verify.json holds.
std::string to_json(const VerifyResult& result);

/// @throws CheckError saying what differed first, or how the simulation failed, unless the result passed.
void require_passed(const VerifyResult& result, const std::filesystem::path& dir);

}  // namespace bitloom::fpga
