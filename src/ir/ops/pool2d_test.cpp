#include "ir/ops/pool2d.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

/// The elements of x[n,c] that the window at (i, j) covers, by asking every position.
template <class T>
std::vector<T> covered(const PoolWindow& window, const View4<const T>& x, std::int64_t n, std::int64_t c,
                       std::int64_t i, std::int64_t j) {
  std::vector<T> inside;
  for (int u = 0; u < window.kernel_h; ++u)
    for (int v = 0; v < window.kernel_w; ++v) {
      const std::int64_t row = i * window.stride_h + u * window.dilation_h - window.pad_top;
      const std::int64_t column = j * window.stride_w + v * window.dilation_w - window.pad_left;
      if (row >= 0 && row < x.h && column >= 0 && column < x.w) inside.push_back(x(n, c, row, column));
    }
  return inside;
}

PoolWindow random_window(RandomStream& random) {
  const auto below = [&](int end) { return static_cast<int>(random.below(static_cast<std::uint64_t>(end))); };
  PoolWindow w;
  w.kernel_h = 1 + below(4), w.kernel_w = 1 + below(4);
  w.stride_h = 1 + below(4), w.stride_w = 1 + below(4);
  w.pad_top = below(w.kernel_h), w.pad_bottom = below(w.kernel_h), w.pad_left = below(w.kernel_w),
  w.pad_right = below(w.kernel_w);
  w.dilation_h = 1 + below(3), w.dilation_w = 1 + below(3);
  return w;
}

Shape random_shape(RandomStream& random, const PoolWindow& w) {
  return {1 + static_cast<std::int64_t>(random.below(2)), 2,
          w.kernel_h * w.dilation_h + static_cast<std::int64_t>(random.below(5)),
          w.kernel_w * w.dilation_w + static_cast<std::int64_t>(random.below(5))};
}

/// Calls check(window, elements covered by one output) for every output of random pools; returns it compared with
/// `actual`.
template <class T, class Check>
void for_each_output(const PoolWindow& window, const Tensor& x, const Tensor& y, Check check) {
  const View4<const T> xs = view4<T>(x);
  const Shape& s = y.shape();
  std::size_t at = 0;
  for (std::int64_t n = 0; n < s[0]; ++n)
    for (std::int64_t c = 0; c < s[1]; ++c)
      for (std::int64_t i = 0; i < s[2]; ++i)
        for (std::int64_t j = 0; j < s[3]; ++j) check(covered(window, xs, n, c, i, j), at++);
}

TEST(MaxPool2d, IgnoresPaddingWhenEveryInputIsNegative) {
  MaxPool2d op;
  op.window = {2, 2, 2, 2, 1, 1, 1, 1};
  EXPECT_THAT(values_of(run(op, {Tensor({1, 1, 2, 2}, {-1, -2, -3, -4})})), ElementsAre(-1, -2, -3, -4));
}

TEST(MaxPool2d, FloorsTheOutputSize) {
  MaxPool2d op;
  op.window = {2, 2, 2, 2};
  EXPECT_EQ(infer(op, {floats({1, 3, 5, 7})}).shape, (Shape{1, 3, 2, 3}));
}

TEST(MaxPool2d, EqualsTheDefinitionOnRandomWindowsAndKeepsTheType) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    RandomStream random({seed});
    MaxPool2d op;
    op.window = random_window(random);
    const Tensor x = random_integers(random, integers(random_shape(random, op.window), ElementType::int8(), {0.5f}, 9));
    const Tensor y = run(op, {x});
    EXPECT_EQ(y.type().quantization, x.type().quantization);
    for_each_output<std::int32_t>(op.window, x, y, [&](const std::vector<std::int32_t>& inside, std::size_t at) {
      ASSERT_EQ(y.integers()[at], *std::max_element(inside.begin(), inside.end())) << "seed " << seed;
    });
  }
}

TEST(MaxPool2d, LetsNotANumberThrough) {
  MaxPool2d op;
  op.window = {1, 3, 1, 1};
  EXPECT_TRUE(std::isnan(run(op, {Tensor({1, 1, 1, 3}, {5, std::numeric_limits<float>::quiet_NaN(), 7})}).floats()[0]));
}

TEST(AveragePool2d, DividesByTheKernelAreaOrByThePositionsInside) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    RandomStream random({seed});
    AveragePool2d op;
    op.window = random_window(random);
    op.count_include_pad = seed % 2 == 0;
    const Tensor x = random_floats(random, random_shape(random, op.window));
    const Tensor y = run(op, {x});
    for_each_output<float>(op.window, x, y, [&](const std::vector<float>& inside, std::size_t at) {
      double sum = 0;
      for (const float v : inside) sum += v;
      const double count =
          op.count_include_pad ? op.window.kernel_h * op.window.kernel_w : static_cast<double>(inside.size());
      ASSERT_EQ(y.floats()[at], static_cast<float>(sum / count)) << "seed " << seed;
    });
  }
}

TEST(AveragePool2d, RefusesIntegers) {
  EXPECT_THAT(refusal(AveragePool2d{}, {integers({1, 1, 2, 2}, ElementType::int8())}),
              HasSubstr("operand 'x' is int8, not float32"));
}

TEST(SumPool2d, SumsDistancesFromTheZeroPointOverPositionsInside) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    RandomStream random({seed});
    SumPool2d op;
    op.window = random_window(random);
    const Tensor x = random_integers(random, integers(random_shape(random, op.window), ElementType::uint8(), {1}, 100));
    const Tensor y = run(op, {x});
    for_each_output<std::int32_t>(op.window, x, y, [&](const std::vector<std::int32_t>& inside, std::size_t at) {
      std::int32_t sum = 0;
      for (const std::int32_t v : inside) sum += v - 100;
      ASSERT_EQ(y.integers()[at], sum) << "seed " << seed;
    });
  }
}

TEST(SumPool2d, ItsScaleDividesByTheKernelArea) {
  SumPool2d op;
  op.window = {2, 2, 2, 2};
  EXPECT_EQ(infer(op, {integers({1, 1, 4, 4}, ElementType::uint8(), {0.5f}, 7)}),
            integers({1, 1, 2, 2}, ElementType::int32(), {0.125f}));
  EXPECT_THAT(refusal(op, {integers({1, 2, 4, 4}, ElementType::uint8(), {1, 2}, 0, 1)}),
              HasSubstr("not quantized per tensor"));
}

TEST(Pool2d, RefusesWindowsThatCouldBeEmptyOrDoNotFit) {
  const auto say = [](PoolWindow window, const TensorType& x) {
    MaxPool2d op;
    op.window = window;
    return refusal(op, {x});
  };
  const TensorType x = floats({1, 1, 4, 4});
  EXPECT_EQ(say({2, 2, 1, 1, 2, 0, 0, 0}, x),
            "test: node 'node' (MaxPool2d): pads 2, 0 reach the size of the kernel 2x2; use pads below it, so that "
            "every window covers "
            "some input");
  EXPECT_THAT(say({5, 2, 1, 1}, x), HasSubstr("kernel 5x2 exceeds the padded input 4x4"));
  EXPECT_THAT(say({.kernel_h = 2, .kernel_w = 2, .dilation_h = 4}, x),
              HasSubstr("kernel 5x2 (with dilation) exceeds the padded input 4x4"));
  EXPECT_THAT(say({.kernel_h = 2, .kernel_w = 2, .dilation_w = 0}, x), HasSubstr("dilations 1, 0; use at least 1"));
  // Elements at -1 and 2 of a row that is 2 long.
  EXPECT_THAT(
      say({.kernel_w = 2, .pad_left = 1, .pad_right = 1, .dilation_w = 3}, floats({1, 1, 1, 2})),
      HasSubstr("a window of the dilated kernel 1x4 (with dilation) covers nothing but padding; use smaller pads"));
  EXPECT_THAT(say({0, 2, 1, 1}, x), HasSubstr("kernel 0x2; use at least 1x1"));
  EXPECT_THAT(say({2, 2, 1, 0}, x), HasSubstr("strides 1, 0"));
  EXPECT_THAT(say({2, 2, 1, 1, -1, 0, 0, 0}, x), HasSubstr("a pad is negative"));
  EXPECT_THAT(say({2, 2, 1, 1}, floats({1, 16})), HasSubstr("input has shape 1x16"));
}

}  // namespace
}  // namespace bitloom
