#include "passes/quantize/quantize_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "passes/quantize/activation_format.h"
#include "passes/quantize/weight_format.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;

constexpr float kX = 0.02f, kY = 0.03f;

QuantizeOptions bits(int weight_bits, bool power_of_two = false) {
  QuantizeOptions options;
  options.weight_bits = weight_bits;
  options.power_of_two = power_of_two;
  return options;
}

double restored(const Tensor& q, std::size_t i, std::size_t channel) {
  const auto& scales = q.type().quantization->scales;
  return scales[scales.size() == 1 ? 0 : channel] * static_cast<double>(q.integers()[i]);
}

TEST(QuantizeParameters, KeepsEveryWeightToHalfAStepInTheNarrowRange) {
  for (int b = 2; b <= 8; ++b)
    for (const bool per_channel : {false, true}) {
      RandomStream random({static_cast<std::uint64_t>(b)});
      const Tensor w = random_floats(random, {5, 3, 2, 2}), bias = random_floats(random, {5});
      const QuantizedParameters q = quantize_parameters(w, &bias, kX, kY, per_channel, bits(b));
      EXPECT_EQ(q.weights.type().quantization->scales.size(), per_channel ? 5u : 1u);
      EXPECT_EQ(q.weights.type().quantization->zero_point, 0);
      const std::int32_t most = (1 << (b - 1)) - 1;
      std::int32_t seen = 0;
      for (std::size_t i = 0; i < 60; ++i) {
        seen = std::max(seen, std::abs(q.weights.integers()[i]));
        const double step = q.weights.type().quantization->scales[per_channel ? i / 12 : 0];
        EXPECT_LE(std::fabs(restored(q.weights, i, i / 12) - w.floats()[i]), step * 0.5000001);
      }
      EXPECT_EQ(seen, most);
      for (std::size_t o = 0; o < 5; ++o) {
        const float scale = kX * q.weights.type().quantization->scales[per_channel ? o : 0];
        EXPECT_EQ(q.bias->type().quantization->scales[per_channel ? o : 0], scale);
        EXPECT_NEAR(restored(*q.bias, o, o), bias.floats()[o], scale * 0.5000001);
      }
    }
}

TEST(QuantizeParameters, AChannelOfZerosKeepsItsBias) {
  const Tensor w({2, 2}, {0, 0, 1, -1}), bias({2}, {5, -0.25f});
  const QuantizedParameters q = quantize_parameters(w, &bias, kX, kY, true, bits(8));
  EXPECT_NEAR(restored(*q.bias, 0, 0), 5, 1e-6);
  EXPECT_EQ(q.weights.integers()[0], 0);
  EXPECT_LE(std::abs(std::int64_t{q.bias->integers()[0]}), std::int64_t{1} << 30);
}

TEST(QuantizeParameters, AChannelOfTinyWeightsWithALargeBiasFitsInt32) {
  const Tensor w({2, 2}, {1e-12f, -1e-12f, 1, -1}), bias({2}, {1000, 0});
  for (const bool power_of_two : {false, true}) {
    const QuantizedParameters q = quantize_parameters(w, &bias, power_of_two ? 0.03125f : kX, kY, true, bits(8, power_of_two));
    EXPECT_NEAR(restored(*q.bias, 0, 0), 1000, 1e-5);
  }
}

TEST(QuantizeParameters, NothingButZerosStillGivesAValidFactor) {
  const Tensor w({1, 2}, {0, 0});
  for (const std::optional<float> y : {std::optional<float>(kY), std::optional<float>()}) {
    const QuantizedParameters q = quantize_parameters(w, nullptr, kX, y, true, bits(8));
    EXPECT_FALSE(q.bias);
    const float scale = q.weights.type().quantization->scales[0];
    EXPECT_GT(scale, 0);
    EXPECT_NO_THROW(fixed_multiplier(kX * scale / kY));
  }
}

TEST(QuantizeParameters, WithPowersOfTwoTheProductOfScalesIsOneExactly) {
  RandomStream random({1});
  const Tensor w = random_floats(random, {16, 9});
  const float pixel = 1.0f / 255;
  ASSERT_TRUE(exact_reciprocal(pixel));
  for (const float x : {0.03125f, pixel}) {
    const QuantizedParameters q = quantize_parameters(w, nullptr, x, kY, true, bits(8, true));
    for (const float scale : q.weights.type().quantization->scales) EXPECT_EQ(fixed_multiplier(x * scale).multiplier, 1);
  }
}

TEST(QuantizeParameters, APowerOfTwoIsTheOneOfTheTwoNearestWithTheSmallerError) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    RandomStream random({seed});
    const int b = between(random, 2, 8);
    const Tensor w = random_floats(random, {1, 50}, random.uniform(0.1, 3));
    const double most = (1 << (b - 1)) - 1;
    const double chosen = quantize_parameters(w, nullptr, 1, {}, false, bits(b, true)).weights.type().quantization->scales[0];
    const auto error = [&](double scale) {
      double sum = 0;
      for (const float v : w.floats()) sum += std::pow(v - scale * std::clamp(std::round(v / scale), -most, most), 2);
      return sum;
    };
    EXPECT_LE(error(chosen), error(chosen * 2) * 1.000001) << "seed " << seed;
    double largest = 0;
    for (const float v : w.floats()) largest = std::max(largest, std::fabs(double{v}));
    if (chosen * most >= largest) {
      EXPECT_LE(error(chosen), error(chosen / 2) * 1.000001) << "seed " << seed;
    } else {
      EXPECT_GE(chosen * 2 * most, largest) << "seed " << seed;  // saturates by less than a factor of two
    }
  }
}

TEST(QuantizeParameters, OfOneBitAreSignsTimesTheMeanMagnitude) {
  const Tensor w({2, 4}, {1, -2, 3, -4, 0, 0, 0, 0}), bias({2}, {0.5f, 0});
  const QuantizedParameters q = quantize_parameters(w, &bias, kX, kY, true, bits(1));
  EXPECT_EQ(q.weights.type().element, ElementType::bipolar());
  EXPECT_THAT(std::vector(q.weights.integers().begin(), q.weights.integers().end()), testing::ElementsAre(1, -1, 1, -1, 1, 1, 1, 1));
  EXPECT_EQ(q.weights.type().quantization->scales[0], 2.5f);
  EXPECT_LT(q.weights.type().quantization->scales[1], 1e-8f);  // there is no 0, but next to it
  EXPECT_NEAR(restored(*q.bias, 0, 0), 0.5, 0.03);
  for (const float scale : {2.4f, 2.6f}) {
    const auto error = [&](float s) {
      double sum = 0;
      for (const float v : {1, 2, 3, 4}) sum += std::pow(v - s, 2);
      return sum;
    };
    EXPECT_LT(error(2.5f), error(scale));
  }
  const QuantizedParameters power = quantize_parameters(w, nullptr, 0.5f, {}, false, bits(1, true));
  EXPECT_EQ(power.weights.type().quantization->scales[0], 1);  // 1.25 lies nearer to 1 than to 2
}

TEST(QuantizeParameters, WithZeroPointsCoverOneSidedWeightsWithAllIntegers) {
  for (const int b : {2, 3, 4, 8, 12}) {
    RandomStream random({static_cast<std::uint64_t>(b), 5});
    Tensor w = random_floats(random, {3, 40});
    for (float& v : w.floats().subspan(0, 40)) v = std::abs(v);
    QuantizeOptions options = bits(b);
    options.symmetric_weights = false;
    const QuantizedParameters q = quantize_parameters(w, nullptr, kX, kY, true, options);
    const Quantization& quantization = *q.weights.type().quantization;
    EXPECT_EQ(q.weights.type().element, ElementType::integer(b, false));
    EXPECT_EQ(quantization.zero_point_of(0), 0);
    for (std::size_t i = 0; i < 120; ++i) {
      const std::size_t o = i / 40;
      EXPECT_TRUE(b == 8 || quantization.zero_point_of(o) % 2 == 0);
      EXPECT_NEAR(quantization.scales[o] * static_cast<float>(q.weights.integers()[i] - quantization.zero_point_of(o)), w.floats()[i],
                  quantization.scales[o] * 0.5001f);
    }
    const float symmetric = quantize_parameters(w, nullptr, kX, kY, true, bits(b)).weights.type().quantization->scales[0];
    EXPECT_LT(quantization.scales[0], symmetric * 0.51f) << b;  // twice the integers for the same weights
  }
}

TEST(QuantizeParameters, AGroupOfOutputsSharesAScale) {
  RandomStream random({1});
  const Tensor w = random_floats(random, {5, 9}), bias = random_floats(random, {5});
  QuantizeOptions options = bits(4);
  options.group = 2;
  const QuantizedParameters q = quantize_parameters(w, &bias, kX, kY, true, options);
  const std::vector<float>& scales = q.weights.type().quantization->scales;
  const std::vector<float> each = quantize_parameters(w, &bias, kX, kY, true, bits(4)).weights.type().quantization->scales;
  ASSERT_EQ(scales.size(), 5u);
  for (const std::size_t first : {0, 2}) {
    EXPECT_EQ(scales[first], scales[first + 1]);
    EXPECT_EQ(scales[first], std::max(each[first], each[first + 1]));
  }
  EXPECT_EQ(scales[4], each[4]);  // what is left over
  EXPECT_EQ(q.bias->type().quantization->scales.size(), 5u);
}

TEST(WeightFormat, SignsOfNothingAreNextToNothing) {
  const std::vector<float> zeros(9);
  EXPECT_EQ(of_least_error(weight_format(1, true), zeros).scale, 0x1p-40f);
  EXPECT_EQ(of_least_error(weight_format(4, true), zeros).scale, 1);
}

}  // namespace
}  // namespace bitloom
