#include "passes/quantize/repair/adaround.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/clones.h"
#include "base/random.h"
#include "passes/quantize/repair/lanes.h"

namespace bitloom {
namespace {

constexpr std::uint64_t kSeed = 20261121;

/// A layer that reads what a Relu gives, with inputs that go together, and gives what its float weights make of it.
struct Layer {
  LayerRows rows;
  std::vector<float> weights, scales;
  std::vector<std::int32_t> nearest;
  RoundingProblem problem;

  Layer(RandomStream& random, std::size_t groups, std::size_t fan_in, std::size_t outputs, int bits, std::size_t count = 2048) {
    rows.groups = groups;
    rows.fan_in = fan_in;
    rows.outputs = outputs;
    rows.count = count;
    rows.learned = count - count / 8;
    rows.x.resize(count * rows.stride());
    rows.y.resize(count * outputs);
    weights.resize(outputs * fan_in);
    for (float& w : weights) w = static_cast<float>(random.normal());
    problem.bias.resize(outputs);
    for (float& b : problem.bias) b = static_cast<float>(random.normal());
    for (std::size_t r = 0; r < count; ++r) {
      const double together = random.normal();
      for (std::size_t i = 0; i < rows.stride(); ++i)
        rows.x[r * rows.stride() + i] = static_cast<float>(std::max(0.0, together + random.normal()));
      for (std::size_t o = 0; o < outputs; ++o) rows.y[r * outputs + o] = static_cast<float>(output(r, o, [&](std::size_t i) { return weights[i]; }));
    }
    problem.most = (1 << (bits - 1)) - 1;
    for (std::size_t o = 0; o < outputs; ++o) {
      float largest = 0;
      for (std::size_t k = 0; k < fan_in; ++k) largest = std::max(largest, std::fabs(weights[o * fan_in + k]));
      scales.push_back(largest / static_cast<float>(problem.most));
    }
    for (std::size_t i = 0; i < weights.size(); ++i) nearest.push_back(static_cast<std::int32_t>(std::nearbyint(weights[i] / scales[i / fan_in])));
    problem.weights = weights;
    problem.scales = scales;
    problem.nearest = nearest;
  }

  template <class Weight>
  double output(std::size_t row, std::size_t o, Weight weight) const {
    const float* x = rows.input(row, o / (rows.outputs / rows.groups));
    double sum = problem.bias[o];
    for (std::size_t k = 0; k < rows.fan_in; ++k) sum += double{weight(o * rows.fan_in + k)} * double{x[k]};
    return sum;
  }

  /// On rows from `begin` to `end`, by plain loops.
  double error(const std::vector<std::int32_t>& integers, std::size_t begin, std::size_t end) const {
    double sum = 0;
    for (std::size_t r = begin; r < end; ++r)
      for (std::size_t o = 0; o < rows.outputs; ++o) {
        const double given = output(r, o, [&](std::size_t i) { return static_cast<float>(integers[i]) * scales[o]; });
        const double wanted = rows.y[r * rows.outputs + o], low = problem.low, high = problem.high;
        sum += std::pow(std::clamp(given, low, high) - std::clamp(wanted, low, high), 2);
      }
    return sum;
  }
};

TEST(LearnRounding, BeatsTheNearestOnRowsThatWereNotLearnedFrom) {
  for (const bool has_relu : {false, true}) {
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", relu " << has_relu);
    RandomStream random({kSeed, has_relu});
    Layer layer(random, 2, 30, 42, 3);  // blocks of sixteen and of five outputs
    layer.problem.steps = 800;
    if (has_relu) layer.problem.low = 0;
    const LearnedRounding learned = learn_rounding(layer.rows, layer.problem);
    const RoundingFigures& f = learned.figures;
    EXPECT_LT(f.after, 0.6 * f.before);
    EXPECT_NEAR(f.before, layer.error(layer.nearest, layer.rows.learned, layer.rows.count), 1e-3 * f.before);
    EXPECT_NEAR(f.after, layer.error(learned.integers, layer.rows.learned, layer.rows.count), 1e-3 * f.before);
    std::int64_t changed = 0;
    for (std::size_t i = 0; i < layer.weights.size(); ++i) {
      const float place = layer.weights[i] / layer.scales[i / 30];
      ASSERT_LE(std::abs(static_cast<float>(learned.integers[i]) - place), 1) << "not a neighbour of " << place;
      ASSERT_LE(std::abs(learned.integers[i]), 3);
      changed += learned.integers[i] != layer.nearest[i];
    }
    EXPECT_EQ(f.changed, changed);
  }
}

TEST(LearnRounding, ComesCloseToTheBestOfAllRoundingsOfASmallLayer) {
  constexpr std::size_t kInputs = 8;
  double nearest = 0, learned = 0, best = 0;
  for (std::uint64_t trial = 0; trial < 5; ++trial) {
    RandomStream random({kSeed + 1, trial});
    Layer layer(random, 1, kInputs, 1, 3, 512);
    layer.problem.steps = 500;
    double least = layer.error(layer.nearest, 0, layer.rows.count);
    nearest += least;
    learned += layer.error(learn_rounding(layer.rows, layer.problem).integers, 0, layer.rows.count);
    for (unsigned up = 0; up < 1u << kInputs; ++up) {
      std::vector<std::int32_t> integers;
      for (std::size_t k = 0; k < kInputs; ++k)
        integers.push_back(std::clamp(static_cast<std::int32_t>(std::floor(layer.weights[k] / layer.scales[0])) + static_cast<std::int32_t>(up >> k & 1), -3, 3));
      least = std::min(least, layer.error(integers, 0, layer.rows.count));
    }
    best += least;
  }
  EXPECT_LT(learned, best + 0.02 * (nearest - best)) << "seed " << kSeed + 1;
}

TEST(LearnRounding, LeavesWeightsThatAreIntegersAlone) {
  RandomStream random({kSeed + 2});
  Layer layer(random, 1, 20, 16, 4);
  for (std::size_t i = 0; i < layer.weights.size(); ++i) layer.weights[i] = static_cast<float>(layer.nearest[i]) * layer.scales[i / 20];
  for (std::size_t r = 0; r < layer.rows.count; ++r)
    for (std::size_t o = 0; o < 16; ++o) layer.rows.y[r * 16 + o] = static_cast<float>(layer.output(r, o, [&](std::size_t i) { return layer.weights[i]; }));
  layer.problem.steps = 200;
  EXPECT_EQ(learn_rounding(layer.rows, layer.problem).integers, layer.nearest);
}

TEST(LearnRounding, GivesTheSameOnAnyNumberOfThreads) {
  RandomStream random({kSeed + 3});
  Layer layer(random, 1, 25, 50, 3, 512);
  layer.problem.steps = 100;
  ASSERT_EQ(setenv("BITLOOM_THREADS", "1", 1), 0);
  const LearnedRounding one = learn_rounding(layer.rows, layer.problem);
  ASSERT_EQ(setenv("BITLOOM_THREADS", "3", 1), 0);
  const LearnedRounding three = learn_rounding(layer.rows, layer.problem);
  ASSERT_EQ(unsetenv("BITLOOM_THREADS"), 0);
  EXPECT_EQ(one.integers, three.integers);
  EXPECT_EQ(one.figures.after, three.figures.after);
  EXPECT_GT(one.figures.changed, 0);
}

BITLOOM_CLONES void exp_of(Lanes& x) { exp_lanes(x.v); }
BITLOOM_CLONES void reciprocal_root_of(Lanes& x) { reciprocal_root_lanes(x.v); }

TEST(Lanes, FunctionsAreTheStandardLibrarysButForTheLastBits) {
  for (float x = -80; x <= 80; x += 0.37f) {
    Lanes lanes;
    for (std::size_t j = 0; j < kLanes; ++j) lanes.v[j] = x + 0.02f * static_cast<float>(j);
    Lanes e = lanes;
    exp_of(e);
    for (std::size_t j = 0; j < kLanes && lanes[j] <= 80; ++j) ASSERT_NEAR(e[j] / std::exp(double{lanes[j]}), 1, 1e-5) << lanes[j];
    Lanes root = e;
    reciprocal_root_of(root);
    for (std::size_t j = 0; j < kLanes && lanes[j] <= 80; ++j) ASSERT_NEAR(root[j] * std::sqrt(double{e[j]}), 1, 1e-6) << e[j];
  }
}

}  // namespace
}  // namespace bitloom
