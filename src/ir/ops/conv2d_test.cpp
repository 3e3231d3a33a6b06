#include "ir/ops/conv2d.h"

#include <fmt/format.h>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

double weight_zero(const Tensor&, View4<const float>, std::int64_t) { return 0; }
std::int64_t weight_zero(const Tensor& w, View4<const std::int32_t>, std::int64_t o) {
  const Quantization& quantization = *w.type().quantization;
  return quantization.zero_points.empty() ? quantization.zero_point : quantization.zero_points[static_cast<std::size_t>(o)];
}

/// The formula of conv2d.h read aloud: every output alone, every position asked whether it lies inside x. Sums in `Sum`, in the order
/// c,u,v.
template <class T, class Sum>
std::vector<Sum> by_definition(const Conv2d& op, const Tensor& x, const Tensor& w, const Tensor& bias, Sum zero, const Shape& y) {
  const View4<const T> xs = view4<T>(x), ws = view4<T>(w);
  std::vector<Sum> sums;
  for (std::int64_t n = 0; n < y[0]; ++n)
    for (std::int64_t o = 0; o < y[1]; ++o)
      for (std::int64_t i = 0; i < y[2]; ++i)
        for (std::int64_t j = 0; j < y[3]; ++j) {
          Sum sum = bias.values<T>()[static_cast<std::size_t>(o)];
          for (std::int64_t c = 0; c < ws.c; ++c)
            for (std::int64_t u = 0; u < ws.h; ++u)
              for (std::int64_t v = 0; v < ws.w; ++v) {
                const std::int64_t row = i * op.stride_h + u * op.dilation_h - op.pad_top,
                                   column = j * op.stride_w + v * op.dilation_w - op.pad_left;
                if (row < 0 || row >= xs.h || column < 0 || column >= xs.w) continue;
                const std::int64_t channel = o * op.groups / y[1] * ws.c + c;
                sum += (static_cast<Sum>(xs(n, channel, row, column)) - zero) * (static_cast<Sum>(ws(o, c, u, v)) - weight_zero(w, ws, o));
              }
          sums.push_back(sum);
        }
  return sums;
}

struct Geometry {
  Conv2d op;
  Shape x, w;
};

/// A random geometry that fits, with at least one output pixel.
Geometry random_geometry(RandomStream& random) {
  const auto up_to = [&](int most) { return 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(most))); };
  Geometry g;
  g.op.groups = up_to(3);
  g.op.stride_h = up_to(3), g.op.stride_w = up_to(3);
  g.op.dilation_h = up_to(2), g.op.dilation_w = up_to(2);
  g.op.pad_top = up_to(4) - 1, g.op.pad_left = up_to(4) - 1, g.op.pad_bottom = up_to(4) - 1, g.op.pad_right = up_to(4) - 1;
  g.w = {g.op.groups * up_to(2), up_to(3), up_to(4), up_to(4)};
  g.x = {1, g.w[1] * g.op.groups, (g.w[2] - 1) * g.op.dilation_h + up_to(5), (g.w[3] - 1) * g.op.dilation_w + up_to(5)};
  return g;
}

TEST(Conv2d, ComputesASmallExampleByHand) {
  Conv2d op;
  op.pad_bottom = 1;
  op.stride_w = 2;
  const Tensor y = run(op, {Tensor({1, 1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}), Tensor({1, 1, 2, 2}, {1, 10, 100, 1000}), Tensor({1}, {0.5f})});
  EXPECT_EQ(y.shape(), (Shape{1, 1, 2, 2}));
  EXPECT_THAT(values_of(y), ElementsAre(1 + 20 + 500 + 6000 + 0.5f, 3 + 40 + 700 + 8000 + 0.5f, 5 + 60 + 0.5f, 7 + 80 + 0.5f));
}

TEST(Conv2d, EqualsTheDefinitionOnRandomGeometriesInFloat) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    RandomStream random({seed});
    const Geometry g = random_geometry(random);
    const Tensor x = random_floats(random, g.x), w = random_floats(random, g.w), b = random_floats(random, {g.w[0]});
    const Tensor y = run(g.op, {x, w, b});
    const auto expected = by_definition<float, double>(g.op, x, w, b, 0, y.shape());
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_EQ(y.floats()[i], static_cast<float>(expected[i])) << "seed " << seed << " element " << i;
  }
}

TEST(Conv2d, EqualsTheDefinitionOnRandomGeometriesTypesAndZeroPointsInIntegers) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    RandomStream random({seed, 1});
    const Geometry g = random_geometry(random);
    const ElementType element = ElementType::integer(2 + static_cast<int>(random.below(7)), random.below(2) == 0);
    const auto zero = static_cast<std::int32_t>(
        element.min() + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(element.max() - element.min() + 1))));
    const Tensor x = random_integers(random, integers(g.x, element, {0.5f}, zero));
    TensorType weights = integers(g.w, ElementType::int8(), {0.25f}, static_cast<std::int32_t>(random.below(2) * random.below(100)));
    if (random.below(2)) {  // a scale and zero point for each output
      weights.quantization = {std::vector<float>(static_cast<std::size_t>(g.w[0]), 0.25f), 0, 0};
      for (std::int64_t o = 0; o < g.w[0]; ++o) weights.quantization->zero_points.push_back(static_cast<std::int32_t>(random.below(256)) - 128);
    }
    const Tensor w = random_integers(random, weights);
    const Tensor b = random_integers(random, {{g.w[0]}, ElementType::integer(20, true), {}});
    const Tensor bias(TensorType{b.shape(), ElementType::int32(), {}}, integers_of(b));
    const Tensor y = run(g.op, {x, w, bias});
    const auto expected = by_definition<std::int32_t, std::int64_t>(g.op, x, w, bias, zero, y.shape());
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(y.integers()[i], expected[i]) << "seed " << seed << " element " << i;
  }
}

TEST(Conv2d, AccumulatesInDoubleAndRoundsOnce) {
  // 1e8 + 1 - 1e8 is 0 in float32 and 1 here.
  const Tensor y = run(Conv2d{}, {Tensor({1, 3, 1, 1}, {1e8f, 1, -1e8f}), Tensor({1, 3, 1, 1}, {1, 1, 1})});
  EXPECT_EQ(y.floats()[0], 1.0f);
}

TEST(Conv2d, APaddedPositionAddsNothingWhateverTheZeroPoint) {
  Conv2d op;
  op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = 1;
  const Tensor w(integers({1, 1, 3, 3}, ElementType::int8()), std::vector<std::int32_t>(9, 1));
  const Tensor y = run(op, {Tensor(integers({1, 1, 1, 1}, ElementType::uint8(), {1}, 7), {10}), w});
  EXPECT_THAT(integers_of(y), ElementsAre(3));
}

TEST(Conv2d, TheAccumulatorsScaleIsTheProductOfBothPerChannel) {
  const TensorType y = infer(Conv2d{}, {integers({1, 2, 4, 4}, ElementType::uint8(), {0.5f}, 3),
                                        integers({2, 2, 3, 3}, ElementType::int8(), {0.25f, 0.125f}, 0, 0)});
  EXPECT_EQ(y, integers({1, 2, 2, 2}, ElementType::int32(), {0.125f, 0.0625f}, 0, 1));
}

TEST(Conv2d, CountsMultiplyAccumulatesOfOneImage) {
  Conv2d op;
  op.groups = 2;
  EXPECT_EQ(graph_of(op, {floats({1, 4, 5, 5}), floats({6, 2, 3, 3})}).macs(), 6 * 3 * 3 * 2 * 3 * 3);
}

TEST(Conv2d, NamesGraphNodeBothValuesAndFixWhenChannelsDisagree) {
  EXPECT_EQ(refusal(Conv2d{}, {floats({1, 3, 8, 8}), floats({12, 1, 3, 3})}),
            "test: node 'node' (Conv2d): input has 3 channels, weights 12x1x3x3 in 1 groups take 1; make the two agree");
}

TEST(Conv2d, RefusesWhatItCannotMean) {
  const TensorType x = floats({1, 2, 4, 4}), w = floats({4, 2, 3, 3});
  Conv2d op;
  op.stride_h = 0;
  EXPECT_THAT(refusal(op, {x, w}), HasSubstr("strides 0, 1; use at least 1"));
  op = {};
  op.dilation_w = 0;
  EXPECT_THAT(refusal(op, {x, w}), HasSubstr("dilations 1, 0"));
  op = {};
  op.pad_left = -1;
  EXPECT_THAT(refusal(op, {x, w}), HasSubstr("a pad is negative"));
  op = {};
  op.groups = 3;
  EXPECT_THAT(refusal(op, {x, w}), HasSubstr("4 output channels do not split into 3 groups"));
  op = {};
  op.dilation_h = 2;
  EXPECT_THAT(refusal(op, {x, w}), HasSubstr("kernel height 5 (with dilation) exceeds the padded input's 4"));
  EXPECT_THAT(refusal(Conv2d{}, {floats({1, 32}), w}), HasSubstr("input has shape 1x32; feed it a tensor NxCxHxW"));
  EXPECT_THAT(refusal(Conv2d{}, {x, floats({4, 18})}), HasSubstr("weights have shape 4x18"));
  EXPECT_THAT(refusal(Conv2d{}, {x, w, floats({3})}), HasSubstr("bias has shape 3 for 4 outputs (weights 4x2x3x3)"));
}

TEST(Conv2d, RefusesIntegersWithoutAnExactMeaning) {
  const TensorType x = integers({1, 2, 4, 4}, ElementType::uint8()), w = integers({4, 2, 3, 3}, ElementType::int8(), {0.5f});
  EXPECT_THAT(refusal(Conv2d{}, {x, floats({4, 2, 3, 3})}), HasSubstr("operand 'weights' is float32, not an integer"));
  EXPECT_THAT(refusal(Conv2d{}, {floats({1, 2, 4, 4}), w}), HasSubstr("operand 'weights' is int8, not float32"));
  EXPECT_THAT(refusal(Conv2d{}, {{x.shape, x.element, {}}, w}), HasSubstr("integer operand 'x' has no quantization"));
  EXPECT_THAT(refusal(Conv2d{}, {integers(x.shape, ElementType::int32()), w}),
              HasSubstr("integer operand 'x' has 32 bits; use at most 16"));
  EXPECT_THAT(refusal(Conv2d{}, {x, integers(w.shape, ElementType::int8(), {0.5f}, 128)}), HasSubstr("zero point 128 lies outside int8"));
  EXPECT_THAT(refusal(Conv2d{}, {x, integers(w.shape, ElementType::int8(), {1, 2}, 0, 1)}), HasSubstr("along axis 1"));
  EXPECT_THAT(refusal(Conv2d{}, {x, w, integers({4}, ElementType::int8())}), HasSubstr("bias is int8 beside integer weights"));
  EXPECT_THAT(refusal(Conv2d{}, {x, w, integers({4}, ElementType::int32(), {0.25f})}), HasSubstr("bias is quantized otherwise"));
}

TEST(Conv2d, ASumThatLeavesInt32IsAnErrorNotAWrap) {
  const auto large = [](Shape shape) {
    return Tensor(integers(std::move(shape), ElementType::integer(16, true)), std::vector<std::int32_t>(3, -32768));
  };
  EXPECT_THAT(
      [&] {
        run(Conv2d{}, {large({1, 3, 1, 1}), large({1, 3, 1, 1})});
      },
      testing::ThrowsMessage<InputError>(HasSubstr("Conv2d: accumulator 3221225472 leaves int32")));
}

TEST(Conv2d, OfPadsAloneIsTheBias) {
  Conv2d op;
  op.pad_left = op.pad_right = 1;
  const Tensor y = run(op, {Tensor({1, 1, 2, 0}, std::vector<float>{}), Tensor({1, 1, 1, 2}, {3, 4}), Tensor({1}, {5})});
  EXPECT_EQ(y.shape(), (Shape{1, 1, 2, 1}));
  EXPECT_THAT(values_of(y), testing::ElementsAre(5, 5));
}

}  // namespace
}  // namespace bitloom
