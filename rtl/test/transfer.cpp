#include <stdexcept>

#include "base/random.h"
#include "test/simulation.h"

namespace bitloom::rtl {
namespace {

constexpr std::int64_t kPatience = 20000;   // cycles without a beat after which a block is taken for stuck
constexpr std::int64_t kAftermath = 100;    // cycles in which no further beat may come

[[noreturn]] void fail(const std::string& what, std::int64_t cycle) { throw std::runtime_error(what + " in cycle " + std::to_string(cycle)); }

}  // namespace

Pace steady() {
  const auto always = [](std::int64_t, std::int64_t) { return true; };
  return {always, always};
}

Pace random_stalls(double source, double sink, std::uint64_t seed) {
  const auto end = [seed](double stall, std::uint64_t which) {
    return [stall, random = RandomStream({seed, which})](std::int64_t, std::int64_t) mutable { return random.uniform() >= stall; };
  };
  return {end(source, 1), end(sink, 2)};
}

Transfer transfer(Simulation& simulation, int i, const std::vector<std::vector<std::uint32_t>>& input, std::int64_t expected_beats,
                  std::int64_t out_bits, const Pace& pace, std::int64_t early_beats) {
  simulation.reset();
  Transfer result;
  bool offering = false, waiting = false, was_valid = false;  // waiting: the last cycle's output beat was not taken
  std::vector<std::uint32_t> waiting_beat;
  std::int64_t last_move = 0, finished = -1;
  for (std::int64_t cycle = 0; finished < 0 || cycle < finished + kAftermath; ++cycle) {
    const std::size_t sent = result.in_cycles.size();
    if (!offering && sent < input.size()) offering = pace.source(cycle, std::ssize(result.in_cycles));
    simulation.offer(i, offering, offering ? &input[sent] : nullptr);
    const bool willing = finished >= 0 || (pace.sink(cycle, std::ssize(result.out_cycles)) && (was_valid || !pace.sink_waits_for_valid));
    simulation.accept(i, willing);
    simulation.settle();

    const bool valid = simulation.out_valid(i);
    const std::vector<std::uint32_t> beat = valid ? simulation.out_beat(i, out_bits) : std::vector<std::uint32_t>();
    if (waiting && !valid) fail("out_valid_o fell while its beat waited", cycle);
    if (waiting && beat != waiting_beat) fail("out_data_o changed while it waited", cycle);
    if (offering && simulation.in_ready(i)) {
      result.in_cycles.push_back(cycle);
      offering = false;
      last_move = cycle;
    }
    waiting = valid && !willing;
    was_valid = waiting;
    waiting_beat = beat;
    if (valid && willing && std::ssize(result.out_cycles) == expected_beats) {
      if (early_beats-- == 0) fail("a beat too many", cycle);
    } else if (valid && willing) {
      result.out_cycles.push_back(cycle);
      result.beats.push_back(beat);
      last_move = cycle;
    }
    if (finished < 0 && result.in_cycles.size() == input.size() && std::ssize(result.out_cycles) == expected_beats) finished = cycle + 1;
    if (cycle - last_move > kPatience) {
      fail("stuck after " + std::to_string(result.in_cycles.size()) + " of " + std::to_string(input.size()) + " input and " +
               std::to_string(result.out_cycles.size()) + " of " + std::to_string(expected_beats) + " output beats",
           cycle);
    }
    simulation.tick();
  }
  simulation.offer(i, false, nullptr);
  simulation.accept(i, false);
  return result;
}

}  // namespace bitloom::rtl
