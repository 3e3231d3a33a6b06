// Every block, every parameter set: the stream that comes out equals the model's, whatever the pace of the two ends.
#include <gtest/gtest.h>

#include <algorithm>

#include "test/simulation.h"

namespace bitloom::rtl {
namespace {

constexpr std::uint64_t kSeed = 20260101;

struct Instance {
  const Block* block;
  int index;
  const Case& parameters() const { return block->cases[static_cast<std::size_t>(index)]; }
};
void PrintTo(const Instance& instance, std::ostream* out) { *out << instance.block->name << ' ' << instance.parameters().name; }

class Streams : public testing::TestWithParam<Instance> {
 protected:
  /// Runs at least `frames` frames and about `beats` beats, and compares every output beat.
  void expect_model(Simulation& simulation, std::int64_t frames, std::int64_t beats, const Pace& pace, std::uint64_t seed) {
    const auto& [block, index] = GetParam();
    const Case& c = GetParam().parameters();
    frames = std::max(frames, frames_of(*block, c, beats));
    const Elements input = stimulus_for(*block, c, frames, seed);
    const auto expected = pack_beats(block->model(c, input), block->output(c));
    ASSERT_FALSE(expected.empty());
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Transfer got = transfer(simulation, index, pack_beats(input, block->input(c)), std::ssize(expected), block->output(c).bits(), pace,
                                  block->early_beats ? block->early_beats(c) : 0);
    for (std::size_t beat = 0; beat < expected.size(); ++beat) {
      ASSERT_EQ(got.beats[beat], expected[beat]) << "output beat " << beat << " of " << expected.size();
    }
  }
  std::unique_ptr<Simulation> simulation_ = simulate_block(*GetParam().block, kSeed);
};

TEST_P(Streams, EqualTheModelWithoutStalls) { expect_model(*simulation_, 3, 4000, steady(), kSeed); }

TEST_P(Streams, EqualTheModelUnderRandomStalls) {
  for (const auto& [source, sink] : {std::pair{0.3, 0.3}, std::pair{0.8, 0.0}, std::pair{0.0, 0.8}, std::pair{0.9, 0.5}}) {
    SCOPED_TRACE("stalls " + std::to_string(source) + ", " + std::to_string(sink));
    expect_model(*simulation_, 2, 1000, random_stalls(source, sink, kSeed + 1), kSeed + 2);
  }
}

TEST_P(Streams, OfferBeatsBeforeTheSinkIsReady) {
  Pace pace = steady();
  pace.sink_waits_for_valid = true;
  expect_model(*simulation_, 2, 1000, pace, kSeed + 3);
}

TEST_P(Streams, BeginAnewAfterAResetInTheMiddleOfAFrame) {
  const auto& [block, index] = GetParam();
  const Case& c = GetParam().parameters();
  const auto beats = pack_beats(stimulus_for(*block, c, frames_of(*block, c, 100), kSeed + 4), block->input(c));
  const auto part = std::vector(beats.begin(), beats.begin() + std::ssize(beats) * 2 / 3);
  for (const bool drained : {true, false}) {
    // The part may hang in the block or come out of it; either way the next frame must not see it.
    Pace pace = random_stalls(0.3, drained ? 0.3 : 1.0, kSeed + 5);
    for (std::size_t sent = 0, cycle = 0; cycle < 4 * part.size() + 50; ++cycle) {
      const bool offering = sent < part.size() && pace.source(0, 0);
      simulation_->offer(index, offering, offering ? &part[sent] : nullptr);
      simulation_->accept(index, pace.sink(0, 0));
      simulation_->settle();
      sent += offering && simulation_->in_ready(index);
      simulation_->tick();
    }
    expect_model(*simulation_, 1, 300, random_stalls(0.3, 0.3, kSeed + 6), kSeed + 7);
  }
}

std::vector<Instance> instances() {
  static const std::vector<Block> blocks = all_blocks();
  std::vector<Instance> all;
  for (const Block& block : blocks) {
    for (int i = 0; i < std::ssize(block.cases); ++i) all.push_back({&block, i});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Rtl, Streams, testing::ValuesIn(instances()), [](const testing::TestParamInfo<Instance>& instance) {
  return instance.param.block->name + "_" + instance.param.parameters().name;
});

}  // namespace
}  // namespace bitloom::rtl
