#include "passes/quantize/repair/adaround.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/clones.h"
#include "base/random.h"
#include "passes/quantize/repair/lanes.h"
#include "passes/quantize/weight_format.h"

namespace bitloom {
namespace {

constexpr std::uint64_t kSeed = 20261121;

/// A layer that reads what a Relu gives, with inputs that go together, and gives what its float weights make of it.
struct Layer {
  LayerRows rows;
  std::vector<float> weights;
  std::vector<std::int32_t> nearest;
  RoundingProblem problem;

  Layer(RandomStream& random, std::size_t groups, std::size_t fan_in, std::size_t outputs, int bits, std::size_t count = 2048, bool symmetric = true) {
    rows.groups = groups;
    rows.fan_in = fan_in;
    rows.outputs = outputs;
    rows.count = count;
    rows.learned = count - count / 8;
    rows.x.resize(count * rows.stride());
    rows.y.resize(count * outputs);
    weights.resize(outputs * fan_in);
    for (float& w : weights) w = static_cast<float>(random.normal() + (symmetric ? 0 : 1));
    problem.bias.resize(outputs);
    for (float& b : problem.bias) b = static_cast<float>(random.normal());
    for (std::size_t r = 0; r < count; ++r) {
      const double together = random.normal();
      for (std::size_t i = 0; i < rows.stride(); ++i)
        rows.x[r * rows.stride() + i] = static_cast<float>(std::max(0.0, together + random.normal()));
      for (std::size_t o = 0; o < outputs; ++o) rows.y[r * outputs + o] = static_cast<float>(output(r, o, [&](std::size_t i) { return weights[i]; }));
    }
    const WeightFormat format = weight_format(bits, symmetric);
    std::vector<std::int32_t> zeros;
    problem.least = static_cast<std::int32_t>(format.low);
    problem.most = static_cast<std::int32_t>(format.high);
    problem.format = {{}, 0, 0};
    for (std::size_t o = 0; o < outputs; ++o) {
      const std::span<const float> own = std::span(weights).subspan(o * fan_in, fan_in);
      const WeightFormat covers = covering(format, own);
      problem.format.scales.push_back(covers.scale);
      zeros.push_back(covers.zero_point);
      for (const float w : own) nearest.push_back(covers.integer(w));
    }
    problem.format.set_zero_points(std::move(zeros));
    problem.weights = weights;
    problem.nearest = nearest;
  }

  float scale(std::size_t o) const { return problem.format.scales[o]; }
  float weight(std::int32_t integer, std::size_t o) const { return static_cast<float>(integer - problem.format.zero_point_of(o)) * scale(o); }

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
        const double given = output(r, o, [&](std::size_t i) { return weight(integers[i], o); });
        const double wanted = rows.y[r * rows.outputs + o], low = problem.low, high = problem.high;
        sum += std::pow(std::clamp(given, low, high) - std::clamp(wanted, low, high), 2);
      }
    return sum;
  }
};

TEST(LearnRounding, BeatsTheNearestOnRowsThatWereNotLearnedFrom) {
  for (const auto& [has_relu, symmetric] : {std::pair{false, true}, {true, true}, {false, false}, {true, false}}) {
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", relu " << has_relu << ", symmetric " << symmetric);
    RandomStream random({kSeed, has_relu});
    Layer layer(random, 2, 30, 42, 3, 2048, symmetric);  // blocks of sixteen and of five outputs
    layer.problem.steps = 800;
    if (has_relu) layer.problem.low = 0;
    const LearnedRounding learned = learn_rounding(layer.rows, layer.problem);
    const RoundingFigures& f = learned.figures;
    EXPECT_LT(f.after, 0.6 * f.before);
    EXPECT_NEAR(f.before, layer.error(layer.nearest, layer.rows.learned, layer.rows.count), 1e-3 * f.before);
    EXPECT_NEAR(f.after, layer.error(learned.integers, layer.rows.learned, layer.rows.count), 1e-3 * f.before);
    std::int64_t changed = 0;
    for (std::size_t i = 0; i < layer.weights.size(); ++i) {
      const float distance = std::fabs(layer.weight(learned.integers[i], i / 30) - layer.weights[i]) / layer.scale(i / 30);
      ASSERT_LE(distance, 1 + 1e-5f) << "not a neighbour of " << layer.weights[i];
      ASSERT_GE(learned.integers[i], symmetric ? -3 : 0);
      ASSERT_LE(learned.integers[i], symmetric ? 3 : 7);
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
        integers.push_back(std::clamp(static_cast<std::int32_t>(std::floor(layer.weights[k] / layer.scale(0))) + static_cast<std::int32_t>(up >> k & 1), -3, 3));
      least = std::min(least, layer.error(integers, 0, layer.rows.count));
    }
    best += least;
  }
  EXPECT_LT(learned, best + 0.02 * (nearest - best)) << "seed " << kSeed + 1;
}

TEST(LearnRounding, LeavesWeightsThatAreIntegersAlone) {
  RandomStream random({kSeed + 2});
  Layer layer(random, 1, 20, 16, 4);
  for (std::size_t i = 0; i < layer.weights.size(); ++i) layer.weights[i] = layer.weight(layer.nearest[i], i / 20);
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
