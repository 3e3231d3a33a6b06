#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "test/bench.h"

namespace bitloom::rtl {

/// A bench module in Verilator. Registers without a reset start with random contents.
class Simulation {
 public:
  virtual ~Simulation() = default;
  virtual void reset() = 0;
  /// What the streams of instance `i` carry in this cycle; then settle(), look, and tick().
  virtual void offer(int i, bool valid, const std::vector<std::uint32_t>* beat) = 0;
  virtual void accept(int i, bool ready) = 0;
  virtual void settle() = 0;
  virtual bool in_ready(int i) const = 0;
  virtual bool out_valid(int i) const = 0;
  virtual std::vector<std::uint32_t> out_beat(int i, std::int64_t bits) const = 0;
  virtual void tick() = 0;
};

/// The module `<block>_bench`; its working folder must be the one that write_benches filled.
std::unique_ptr<Simulation> simulate_block(const Block& block, std::uint64_t seed);

/// When the two ends of a stream are willing, as functions of the cycle. A source keeps offering a beat until it is taken, so `source` counts
/// when it is about to offer another one; `beats` is how many were taken so far.
struct Pace {
  std::function<bool(std::int64_t cycle, std::int64_t beats)> source, sink;
  bool sink_waits_for_valid = false;  ///< ready only in cycles after one in which valid was seen
};
Pace steady();
/// Each end holds back with the given probability.
Pace random_stalls(double source, double sink, std::uint64_t seed);

struct Transfer {
  std::vector<std::vector<std::uint32_t>> beats;          ///< of the output
  std::vector<std::int64_t> in_cycles, out_cycles;        ///< in which each beat moved, counted from the end of reset
};

/// Resets the block, sends `input` through instance `i` and collects `expected_beats` of output, then looks on for a while for more of them
/// than the `early_beats` of a next frame.
/// @throws std::runtime_error if the block breaks the protocol (valid falls or data changes while it waits), hangs, or says too much
Transfer transfer(Simulation& simulation, int i, const std::vector<std::vector<std::uint32_t>>& input, std::int64_t expected_beats,
                  std::int64_t out_bits, const Pace& pace, std::int64_t early_beats = 0);

}  // namespace bitloom::rtl
