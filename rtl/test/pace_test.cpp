// How fast the blocks are, in cycles counted in simulation: the figures of their headers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "test/blocks.h"
#include "test/simulation.h"

namespace bitloom::rtl {
namespace {

constexpr std::uint64_t kSeed = 7;

std::vector<int> cases_of(const Block& block) {
  std::vector<int> all(block.cases.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
  return all;
}

Transfer run(const Block& block, int index, std::int64_t frames, const Pace& pace) {
  const Case& c = block.cases[static_cast<std::size_t>(index)];
  const Elements input = stimulus_for(block, c, frames, kSeed);
  const auto expected = pack_beats(block.model(c, input), block.output(c));
  const Transfer got = transfer(*simulate_block(block, kSeed), index, pack_beats(input, block.input(c)), std::ssize(expected),
                                block.output(c).bits(), pace, block.early_beats ? block.early_beats(c) : 0);
  EXPECT_EQ(got.beats, expected);
  return got;
}

/// Cycles from the last output beat of frame `from` to the last one of the last frame, per frame.
double cycles_per_frame(const Transfer& transfer, std::int64_t frames, std::int64_t from) {
  const auto beats = static_cast<std::size_t>(std::ssize(transfer.out_cycles) / frames);
  const std::int64_t first = transfer.out_cycles[beats * static_cast<std::size_t>(from + 1) - 1];
  return static_cast<double>(transfer.out_cycles.back() - first) / static_cast<double>(frames - 1 - from);
}

/// A unit that is busy for `period` cycles with each group of `beats`, counted from the first beat's transfer, and idles when it must wait.
std::function<bool(std::int64_t, std::int64_t)> busy_unit(std::int64_t beats, double period) {
  return [=, seen = std::int64_t{0}, free_at = 0.0](std::int64_t cycle, std::int64_t moved) mutable {
    const auto now = static_cast<double>(cycle);
    if (moved != seen && (moved - 1) % beats == 0) free_at = std::max(free_at, now - 1 - 1) + period;
    seen = moved;
    return moved % beats != 0 || now >= free_at;
  };
}

class OneBeatPerCycle : public testing::TestWithParam<std::string> {};

TEST_P(OneBeatPerCycle, OnTheSideWithMoreBeats) {
  const Block& block = find_block(GetParam());
  for (const int index : cases_of(block)) {
    SCOPED_TRACE(block.cases[static_cast<std::size_t>(index)].name);
    const Transfer got = run(block, index, frames_of(block, block.cases[static_cast<std::size_t>(index)], 1000), steady());
    const auto& more = got.in_cycles.size() >= got.out_cycles.size() ? got.in_cycles : got.out_cycles;
    EXPECT_EQ(more.back() - more.front() + 1, std::ssize(more));
  }
}
INSTANTIATE_TEST_SUITE_P(Rtl, OneBeatPerCycle,
                         testing::Values("skid_buffer", "stream_fifo", "width_converter", "requantize", "pool", "lookup_table"),
                         [](const auto& instance) { return instance.param; });

TEST(Latency, IsThatOfTheHeaders) {
  const auto latency = [](const std::string& name, const std::string& wanted) {
    const Block& block = find_block(name);
    const auto found = std::ranges::find(block.cases, wanted, &Case::name);
    const Transfer got = run(block, static_cast<int>(found - block.cases.begin()), frames_of(block, *found, 3), steady());
    return got.out_cycles.front() - got.in_cycles.front();
  };
  EXPECT_EQ(latency("skid_buffer", "Odd"), 1);
  EXPECT_EQ(latency("stream_fifo", "Deep"), 2);
  EXPECT_EQ(latency("lookup_table", "Signed"), 1);
  EXPECT_EQ(latency("requantize", "ShiftOnly"), 2);
  EXPECT_EQ(latency("requantize", "Multiplier"), 4);
  EXPECT_EQ(latency("requantize", "PerChannelShift"), 4);
  EXPECT_EQ(latency("requantize", "PerChannel31"), 6);
  EXPECT_EQ(latency("pool", "MaxOfOne"), 1);
  EXPECT_EQ(latency("matrix_vector", "OneByOneVector"), 3);
  EXPECT_EQ(latency("matrix_vector", "AllAtOnce"), 6);
  EXPECT_EQ(latency("sliding_window", "Pointwise"), 2);
}

TEST(MatrixVector, TakesItsFoldsAndNotACycleMoreBackToBack) {
  const Block& block = find_block("matrix_vector");
  for (const int index : cases_of(block)) {
    const Case& c = block.cases[static_cast<std::size_t>(index)];
    SCOPED_TRACE(c.name);
    const std::int64_t out_folds = c.at("Outputs") / c.at("Pe"), cycles = c.at("Inputs") / c.at("Simd") * out_folds;
    const Transfer got = run(block, index, 30, steady());
    for (std::size_t i = static_cast<std::size_t>(out_folds); i < got.out_cycles.size(); ++i) {
      ASSERT_EQ(got.out_cycles[i] - got.out_cycles[i - static_cast<std::size_t>(out_folds)], cycles) << "output beat " << i;
    }
  }
}

TEST(MatrixVector, LosesNothingWhenItsInputTricklesInAtItsOwnPace) {
  const Block& block = find_block("matrix_vector");
  for (const int index : cases_of(block)) {
    const Case& c = block.cases[static_cast<std::size_t>(index)];
    SCOPED_TRACE(c.name);
    const std::int64_t out_folds = c.at("Outputs") / c.at("Pe"), cycles = c.at("Inputs") / c.at("Simd") * out_folds;
    const Transfer got = run(block, index, 30, {busy_unit(1, static_cast<double>(out_folds)), steady().sink});
    EXPECT_DOUBLE_EQ(cycles_per_frame(got, 30, 1), static_cast<double>(cycles));
  }
}

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Columns that parallel_window shifts in a frame, one a cycle; for sliding_window there is no such thing.
std::int64_t column_shifts(const Block& block, const Case& c) {
  if (block.name != "parallel_window") return 0;
  const std::int64_t last_corner = (window_out_width(c) - 1) * c.at("StrideW"), line = std::max(c.at("Width"), last_corner + 1);
  return window_out_height(c) * line + std::max<std::int64_t>(0, last_corner - c.at("PadLeft") + c.at("KernelW") - line);
}

class Windows : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Rtl, Windows, testing::Values("sliding_window", "parallel_window"), [](const auto& instance) { return instance.param; });

TEST_P(Windows, MoveABeatEveryCycleOnTheSideWithMoreAcrossFrames) {
  constexpr std::int64_t kFrames = 12;
  const Block& block = find_block(GetParam());
  for (const int index : cases_of(block)) {
    const Case& c = block.cases[static_cast<std::size_t>(index)];
    SCOPED_TRACE(c.name);
    const Transfer got = run(block, index, kFrames, steady());
    const std::int64_t ideal = std::max({std::ssize(got.in_cycles) / kFrames, std::ssize(got.out_cycles) / kFrames, column_shifts(block, c)});
    EXPECT_DOUBLE_EQ(cycles_per_frame(got, kFrames, 2), static_cast<double>(ideal));
  }
}

TEST_P(Windows, NeverStarveAConsumerWhoseSupplyIsJustAsFast) {
  constexpr std::int64_t kFrames = 12;
  const Block& block = find_block(GetParam());
  for (const int index : cases_of(block)) {
    const Case& c = block.cases[static_cast<std::size_t>(index)];
    SCOPED_TRACE(c.name);
    const std::int64_t pixels = c.at("Height") * c.at("Width"), windows = window_out_height(c) * window_out_width(c);
    const std::int64_t pixel_beats = c.at("Channels") / block.input(c).lanes;
    const std::int64_t window_beats = c.at("KernelH") * c.at("KernelW") * c.at("Channels") / block.output(c).lanes;
    for (const std::int64_t folds : {1, 2, 7}) {
      const std::int64_t period =
          std::max({window_beats * folds, ceil_div(pixels * pixel_beats, windows), ceil_div(column_shifts(block, c), windows)});
      const std::int64_t frame = period * windows;
      SCOPED_TRACE("a window every " + std::to_string(period) + " cycles");
      const double pixel_period = static_cast<double>(frame) / static_cast<double>(pixels);
      const Transfer got = run(block, index, kFrames, {busy_unit(pixel_beats, pixel_period), busy_unit(window_beats, static_cast<double>(period))});
      EXPECT_LE(cycles_per_frame(got, kFrames, 2), static_cast<double>(frame) * 1.001);  // the source's period is not a whole number of cycles
    }
  }
}

TEST(Pipeline, NeedsAtMostThreePercentMoreThanItsSlowestUnitOverFiftyImages) {
  constexpr std::int64_t kImages = 50;
  const Block& block = find_block("pipeline");
  for (const int index : cases_of(block)) {
    const Case& c = block.cases[static_cast<std::size_t>(index)];
    SCOPED_TRACE(c.name);
    const std::int64_t size1 = c.at("Size") + 2 * c.at("Pad") - 2, size2 = size1 / 2 - 2;
    const std::int64_t first = size1 * size1 * 9 * c.at("Channels1") / c.at("Pe1");
    const std::int64_t second = size2 * size2 * 9 * c.at("Channels1") / c.at("Simd2") * c.at("Channels2") / c.at("Pe2");
    const Transfer got = run(block, index, kImages, steady());
    const double ideal = static_cast<double>(std::max(first, second)), cycles = cycles_per_frame(got, kImages, 0);
    std::cout << c.name << ": " << cycles << " cycles an image, " << ideal << " by its slowest unit\n";
    EXPECT_LE(cycles, ideal * 1.03);
  }
}

}  // namespace
}  // namespace bitloom::rtl
