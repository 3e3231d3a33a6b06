#include "train/kernels/simulated_quantization.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "base/random.h"
#include "ir/ops/quantization.h"

namespace bitloom::train {
namespace {

constexpr std::int64_t kBlock = 40'001;  // several runs and a rest
const std::vector<float> kScales{0.1f, 0.037f, 2.5f}, kZeros{0, -3, 5};
constexpr IntegerRange kRange{-8, 7};

std::vector<float> random_numbers(std::uint64_t seed) {
  RandomStream random({20261121, seed});
  std::vector<float> values(static_cast<std::size_t>(kBlock) * kScales.size());
  for (float& value : values) value = static_cast<float>(random.uniform(-3, 3));
  values[0] = 0.25f;  // a tie at scale 0.1
  values[1] = std::numeric_limits<float>::infinity();
  values[2] = -std::numeric_limits<float>::infinity();
  return values;
}

QuantizedBlocks blocks() { return {kBlock, kScales, kZeros, kRange}; }

TEST(SimulatedQuantization, IsTheOperatorsOneAfterTheOther) {
  const std::vector<float> x = random_numbers(1);
  std::vector<float> y(x.size());
  simulate_quantization(x.data(), blocks(), y.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t b = i / kBlock;
    Quantize quantize;
    quantize.element = ElementType::integer(4, true);
    quantize.quantization = {{kScales[b]}, static_cast<std::int32_t>(kZeros[b]), -1};
    const Tensor in(Shape{1}, std::vector<float>{x[i]});
    Tensor q(TensorType{Shape{1}, quantize.element, quantize.quantization}), out(Shape{1}, std::vector<float>{0});
    if (i < 100 || i % 997 == 0) {
      const Tensor* inputs[] = {&in};
      quantize.evaluate(inputs, {&q, 1});
      const Tensor* integers[] = {&q};
      Dequantize{}.evaluate(integers, {&out, 1});
      ASSERT_EQ(y[i], out.floats()[0]) << "x = " << x[i];
    }
  }
}

TEST(SimulatedQuantization, LetsTheGradientThroughInsideTheRange) {
  const std::vector<float> x = random_numbers(2), dy = random_numbers(3);
  std::vector<float> dx(x.size());
  simulate_quantization_gradient(x.data(), dy.data(), blocks(), dx.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float whole = std::nearbyint(x[i] / kScales[i / kBlock]) + kZeros[i / kBlock];
    ASSERT_EQ(dx[i], whole >= kRange.low && whole <= kRange.high ? dy[i] : 0.0f) << "x = " << x[i];
  }
}

/// Its definition, an element at a time.
StepGradient plain_gradient(const std::vector<float>& x, const std::vector<float>& dy, ScaleRule rule, std::vector<float>& dx) {
  StepGradient sums{std::vector<double>(kScales.size()), std::vector<double>(kScales.size())};
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t b = i / kBlock;
    const double u = x[i] / kScales[b], low = kRange.low - kZeros[b], high = kRange.high - kZeros[b], fixed = rule.zero_moves ? 0 : kZeros[b];
    const bool is_inside = u >= low && u <= high;
    dx[i] = is_inside ? dy[i] : 0;
    sums.outside[b] += is_inside ? 0 : dy[i];
    sums.scale[b] += dy[i] * (u < low ? kRange.low - fixed : u > high ? kRange.high - fixed : rule.rounding_counts ? std::nearbyint(u) - u : 0);
  }
  return sums;
}

TEST(LearnedQuantization, GivesTheGradientsOfItsFormulas) {
  const std::vector<float> x = random_numbers(4), dy = random_numbers(5);
  std::vector<float> finite_dy = dy;
  finite_dy[1] = finite_dy[2] = 1;
  for (const bool rounding_counts : {false, true})
    for (const bool zero_moves : {false, true}) {
      const ScaleRule rule{rounding_counts, zero_moves};
      std::vector<float> dx(x.size()), expected_dx(x.size());
      const StepGradient gradient = learned_quantization_gradient(x.data(), finite_dy.data(), blocks(), rule, dx.data());
      const StepGradient expected = plain_gradient(x, finite_dy, rule, expected_dx);
      EXPECT_EQ(dx, expected_dx);
      for (std::size_t b = 0; b < kScales.size(); ++b) {
        EXPECT_NEAR(gradient.scale[b], expected.scale[b], 1e-5 * static_cast<double>(kBlock)) << rounding_counts << zero_moves << " block " << b;
        EXPECT_NEAR(gradient.outside[b], expected.outside[b], 1e-9 * static_cast<double>(kBlock));
      }
      EXPECT_GT(std::abs(expected.scale[1]), 10);  // most of its numbers are cut off: there is something to agree on
    }
}

TEST(LearnedQuantization, SumsInAnOrderThatTheNumberOfThreadsDoesNotChange) {
  const std::vector<float> x = random_numbers(6);
  std::vector<float> dy = random_numbers(7), dx(x.size());
  dy[1] = dy[2] = 1;
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const StepGradient one = learned_quantization_gradient(x.data(), dy.data(), blocks(), {}, dx.data());
  omp_set_num_threads(3);
  const StepGradient three = learned_quantization_gradient(x.data(), dy.data(), blocks(), {}, dx.data());
  omp_set_num_threads(threads);
  EXPECT_EQ(one.scale, three.scale);
  EXPECT_EQ(one.outside, three.outside);
}

TEST(Extremes, AreThoseOfTheNumbersAndZero) {
  std::vector<float> x(40'001, 1);
  const auto all = [&] {
    const Extremes found = extremes_with_zero(x.data(), static_cast<std::int64_t>(x.size()));
    return std::pair(found.least, found.most);
  };
  EXPECT_EQ(all(), std::pair(0.0f, 1.0f));
  x.back() = -3;
  x[20'000] = 7;
  x[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(all(), std::pair(-3.0f, 7.0f));
  std::ranges::fill(x, -2.0f);
  EXPECT_EQ(all(), std::pair(-2.0f, 0.0f));
}

TEST(SimulatedQuantization, KeepsWhatIsNoNumber) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  float y = 0;
  simulate_quantization(&nan, {1, std::span(kScales).first(1), std::span(kZeros).first(1), kRange}, &y);
  EXPECT_TRUE(std::isnan(y));
}

}  // namespace
}  // namespace bitloom::train
