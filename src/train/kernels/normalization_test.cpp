#include "train/kernels/normalization.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/random.h"

namespace bitloom::train {
namespace {

constexpr std::uint64_t kSeed = 20261121;

float value_of(float x) { return x; }
float value_of(BFloat16 x) { return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16); }
void set(float& to, double x) { to = static_cast<float>(x); }
void set(BFloat16& to, double x) { to.bits = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(static_cast<float>(x)) >> 16); }

/// Random rows, and what they are normalized with.
template <class T>
struct Case {
  std::int64_t rows, channels;
  std::vector<T> x, dy;
  std::vector<float> scale, shift, mean;

  Case(std::int64_t r, std::int64_t c) : rows(r), channels(c), x(static_cast<std::size_t>(r * c)), dy(x.size()) {
    RandomStream random({kSeed, static_cast<std::uint64_t>(r), static_cast<std::uint64_t>(c)});
    for (T& value : x) set(value, random.uniform(-2, 3));
    for (T& value : dy) set(value, random.uniform(-1, 1));
    for (std::int64_t i = 0; i < c; ++i) {
      scale.push_back(static_cast<float>(random.uniform(0.5, 2)));
      shift.push_back(static_cast<float>(random.uniform(-1, 1)));
      mean.push_back(static_cast<float>(random.uniform(-1, 1)));
    }
  }
  Rows<const T> view() const { return {x.data(), rows, channels}; }
  Normalized how(Bounds bounds) const { return {scale, shift, mean, bounds}; }
  std::size_t at(std::int64_t r, std::int64_t c) const { return static_cast<std::size_t>(r * channels + c); }
};

template <class T>
struct NormalizationTest : testing::Test {};
using Numbers = testing::Types<float, BFloat16>;
TYPED_TEST_SUITE(NormalizationTest, Numbers);

TYPED_TEST(NormalizationTest, SumsAgreeWithTheFormulaInDoubles) {
  for (const auto& [rows, channels] : {std::pair{1, 3}, {63, 16}, {1000, 5}, {20'000, 40}}) {
    const Case<TypeParam> given(rows, channels);
    const Bounds bounds{0, 1.5f};
    const Moments batch = moments(given.view());
    const GradientSums sums = gradient_sums(given.view(), given.dy.data(), given.how(bounds));
    for (std::int64_t c = 0; c < channels; ++c) {
      double mean = 0, variance = 0, g_sum = 0, centred = 0;
      for (std::int64_t r = 0; r < rows; ++r) mean += value_of(given.x[given.at(r, c)]);
      mean /= rows;
      const auto i = static_cast<std::size_t>(c);
      for (std::int64_t r = 0; r < rows; ++r) {
        const float x = value_of(given.x[given.at(r, c)]), z = x * given.scale[i] + given.shift[i];
        const double g = z > bounds.low && z < bounds.high ? value_of(given.dy[given.at(r, c)]) : 0.0;
        variance += (x - mean) * (x - mean);
        g_sum += g;
        centred += g * (x - given.mean[i]);
      }
      EXPECT_NEAR(batch.mean[i], mean, 1e-5);
      EXPECT_NEAR(batch.variance[i], variance / rows, 1e-5);
      EXPECT_NEAR(sums.g[i], g_sum, 1e-5 * rows);
      EXPECT_NEAR(sums.g_centred[i], centred, 1e-5 * rows);
    }
  }
}

TYPED_TEST(NormalizationTest, EveryElementIsThatOfTheFormula) {
  const Case<TypeParam> given(300, 24);
  const Bounds bounds{-0.5f, 1};
  std::vector<TypeParam> y(given.x.size()), dx(given.x.size());
  const std::vector<float>&slope = given.shift, &offset = given.mean;
  normalize<TypeParam>(given.view(), given.scale, given.shift, nullptr, bounds, y.data());
  input_gradient(given.view(), given.dy.data(), given.how(bounds), slope, offset, dx.data());
  const float tolerance = std::is_same_v<TypeParam, float> ? 0 : 1.0f / 256;  // bfloat16 keeps 8 bits
  for (std::int64_t r = 0; r < given.rows; ++r)
    for (std::int64_t c = 0; c < given.channels; ++c) {
      const auto i = static_cast<std::size_t>(c);
      const float x = value_of(given.x[given.at(r, c)]), z = x * given.scale[i] + given.shift[i];
      const float g = z > bounds.low && z < bounds.high ? value_of(given.dy[given.at(r, c)]) : 0.0f;
      const float expected_y = std::min(std::max(z, bounds.low), bounds.high);
      const float expected_dx = given.scale[i] * g + (slope[i] * (x - given.mean[i]) + offset[i]);
      ASSERT_NEAR(value_of(y[given.at(r, c)]), expected_y, tolerance * std::abs(expected_y));
      ASSERT_NEAR(value_of(dx[given.at(r, c)]), expected_dx, tolerance * std::abs(expected_dx));
    }
}

TYPED_TEST(NormalizationTest, AddsAResidualAndPassesItsGradientWhereTheOutputLiesInside) {
  const Case<TypeParam> given(700, 9);
  const std::vector<TypeParam> residual(given.x.rbegin(), given.x.rend());
  const Bounds bounds{0, 1.5f};
  std::vector<TypeParam> y(given.x.size()), g(given.x.size());
  normalize(given.view(), given.scale, given.shift, residual.data(), bounds, y.data());
  const GradientSums sums = residual_gradient(given.view(), y.data(), given.dy.data(), given.how(bounds), g.data());
  const float tolerance = std::is_same_v<TypeParam, float> ? 0 : 1.0f / 256;
  for (std::int64_t c = 0; c < given.channels; ++c) {
    double g_sum = 0, centred = 0;
    const auto i = static_cast<std::size_t>(c);
    for (std::int64_t r = 0; r < given.rows; ++r) {
      const std::size_t at = given.at(r, c);
      const float x = value_of(given.x[at]), z = x * given.scale[i] + given.shift[i] + value_of(residual[at]);
      const float expected = std::min(std::max(z, bounds.low), bounds.high), out = value_of(y[at]);
      ASSERT_NEAR(out, expected, tolerance * std::abs(expected));
      ASSERT_EQ(value_of(g[at]), out > bounds.low && out < bounds.high ? value_of(given.dy[at]) : 0.0f);
      g_sum += value_of(g[at]);
      centred += double{value_of(g[at])} * (x - given.mean[i]);
    }
    EXPECT_NEAR(sums.g[i], g_sum, 1e-3);
    EXPECT_NEAR(sums.g_centred[i], centred, 1e-3);
  }
}

TYPED_TEST(NormalizationTest, GivesTheSameBitsOnAnyNumberOfThreads) {
  const Case<TypeParam> given(5000, 17);
  std::vector<Moments> batches;
  std::vector<GradientSums> sums;
  for (const int threads : {1, 2, 5}) {
    omp_set_num_threads(threads);
    batches.push_back(moments(given.view()));
    sums.push_back(gradient_sums(given.view(), given.dy.data(), given.how({0, 1})));
  }
  omp_set_num_threads(1);
  for (std::size_t i = 1; i < batches.size(); ++i) {
    EXPECT_EQ(batches[i].mean, batches[0].mean);
    EXPECT_EQ(batches[i].variance, batches[0].variance);
    EXPECT_EQ(sums[i].g, sums[0].g);
    EXPECT_EQ(sums[i].g_centred, sums[0].g_centred);
  }
}

TEST(Normalization, KeepsTheVarianceOfNumbersFarFromZero) {
  std::vector<float> x;
  for (int r = 0; r < 4096; ++r) x.push_back(10'000 + (r % 2 == 0 ? 0.5f : -0.5f));
  const Moments batch = moments(Rows<const float>{x.data(), 4096, 1});
  EXPECT_DOUBLE_EQ(batch.mean[0], 10'000);
  EXPECT_DOUBLE_EQ(batch.variance[0], 0.25);
}

TEST(Normalization, RoundsBFloat16ToTheNearestAndKeepsWhatIsNoNumber) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto rounded = [&](float x) {
    BFloat16 in{}, out{};
    set(in, 1);
    normalize<BFloat16>({&in, 1, 1}, std::vector<float>{0}, std::vector<float>{x}, nullptr, {}, &out);
    return value_of(out);
  };
  EXPECT_EQ(rounded(1 + 1.0f / 256), 1);             // a tie, to even
  EXPECT_EQ(rounded(1 + 3.0f / 256), 1 + 1.0f / 64);  // a tie, to even
  EXPECT_EQ(rounded(1 + 1.0f / 256 + 1e-6f), 1 + 1.0f / 128);
  EXPECT_EQ(rounded(-3.0e38f), -std::bit_cast<float>(0x7F620000u));
  EXPECT_TRUE(std::isnan(rounded(nan)));
}

}  // namespace
}  // namespace bitloom::train
