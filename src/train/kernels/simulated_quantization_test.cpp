#include "train/kernels/simulated_quantization.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>
#include <limits>
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

TEST(SimulatedQuantization, KeepsWhatIsNoNumber) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  float y = 0;
  simulate_quantization(&nan, {1, std::span(kScales).first(1), std::span(kZeros).first(1), kRange}, &y);
  EXPECT_TRUE(std::isnan(y));
}

}  // namespace
}  // namespace bitloom::train
