#include "passes/quantize/dynamic_ranges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "ir/ops/dynamic_quantize.h"
#include "passes/lower/lower.h"
#include "passes/quantize/quantize_weights.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;
using testing::ElementsAre;
using testing::HasSubstr;

QuantizeOptions with(bool per_channel, bool symmetric_weights) {
  QuantizeOptions options;
  options.per_channel = per_channel;
  options.symmetric_weights = symmetric_weights;
  return options;
}

/// What a layer that reads `x` gives, one output at a time: integers of x by its own range, and of the weights; products; scales; bias.
struct Scalar {
  std::vector<std::int32_t> q;
  std::int32_t zero;
  float scale;

  explicit Scalar(std::span<const float> x) {
    float low = 0, high = 0;
    for (const float v : x) low = std::min(low, v), high = std::max(high, v);
    scale = (high - low) / 255;
    zero = static_cast<std::int32_t>(std::nearbyint(std::clamp(-low / scale, 0.0f, 255.0f)));
    for (const float v : x)
      q.push_back(
          static_cast<std::int32_t>(std::clamp(std::nearbyint(v / scale) + static_cast<float>(zero), 0.0f, 255.0f)));
  }

  std::int64_t centred(std::int64_t i) const { return q[static_cast<std::size_t>(i)] - zero; }

  float real(std::int64_t sum, const Quantization& w, std::int64_t o, float bias) const {
    return static_cast<float>(sum) * (scale * w.scales[w.per_channel() ? static_cast<std::size_t>(o) : 0]) + bias;
  }
};

std::int64_t centred(const Tensor& w, std::int64_t o, std::int64_t i) {
  const Quantization& q = *w.type().quantization;
  return w.integers()[static_cast<std::size_t>(i)] - q.zero_point_of(q.per_channel() ? static_cast<std::size_t>(o) : 0);
}

/// 3x3, padded by 1.
std::vector<float> convolve(const Tensor& x, const Tensor& w, const Tensor& bias) {
  const Scalar s(x.floats());
  const Shape &in = x.shape(), &k = w.shape();
  std::vector<float> y;
  for (std::int64_t o = 0; o < k[0]; ++o)
    for (std::int64_t i = 0; i < in[2]; ++i)
      for (std::int64_t j = 0; j < in[3]; ++j) {
        std::int64_t sum = 0;
        for (std::int64_t n = 0; n < k[1] * 9; ++n) {
          const std::int64_t c = n / 9, row = i + n / 3 % 3 - 1, column = j + n % 3 - 1;
          if (row >= 0 && row < in[2] && column >= 0 && column < in[3])
            sum += s.centred((c * in[2] + row) * in[3] + column) * centred(w, o, o * k[1] * 9 + n);
        }
        y.push_back(s.real(sum, *w.type().quantization, o, bias.floats()[static_cast<std::size_t>(o)]));
      }
  return y;
}

std::vector<float> multiply(const Tensor& x, const Tensor& w, const Tensor& bias) {
  const Scalar s(x.floats());
  std::vector<float> y;
  for (std::int64_t o = 0; o < w.shape()[0]; ++o) {
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < w.shape()[1]; ++i) sum += s.centred(i) * centred(w, o, o * w.shape()[1] + i);
    y.push_back(s.real(sum, *w.type().quantization, o, bias.floats()[static_cast<std::size_t>(o)]));
  }
  return y;
}

TEST(QuantizeDynamically, EqualsAPlainScalarComputation) {
  for (const bool per_channel : {false, true})
    for (const bool symmetric : {false, true}) {
      SCOPED_TRACE(testing::Message() << per_channel << symmetric);
      const QuantizeOptions options = with(per_channel, symmetric);
      RandomStream random({3});
      const Graph graph = Builder(random, {1, 2, 5, 6}).conv(3, 3, 1).gemm(4).finish();
      const Node &conv = *graph.nodes_of<Conv2d>().front(), &fc = *graph.nodes_of<Gemm>().front();
      const auto weights = [&](const Node& layer) {
        return quantize_parameters(layer.input(1)->constant(), nullptr, 1, {}, per_channel, options).weights;
      };
      const Graph dynamic = quantize_dynamically(graph, options);
      verify(dynamic);
      const Tensor x = random_floats(random, {1, 2, 5, 6}, 2);
      std::vector<float> map = convolve(x, weights(conv), conv.input(2)->constant());
      const auto expected = multiply(Tensor({1, 90}, std::move(map)), weights(fc), fc.input(2)->constant());
      const Tensor y = Interpreter(dynamic).run(Tensor(x));
      ASSERT_EQ(y.shape(), (Shape{1, 4}));
      EXPECT_EQ(std::vector<float>(y.floats().begin(), y.floats().end()), expected);
      const Tensor real = Interpreter(graph).run(Tensor(x));
      for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(y.floats()[i], real.floats()[i], 0.15) << i;
    }
}

TEST(QuantizeDynamically, QuantizesOnceWhatSeveralLayersRead) {
  RandomStream random({3});
  Builder builder(random, {1, 1, 5, 5});
  Value* x = builder.then(Relu{}).current();
  Value* a = builder.conv(2, 1).current();
  const Graph graph = builder.becomes(x).conv(2, 1).plus(a).finish();
  EXPECT_EQ(quantize_dynamically(graph, {}).nodes_of<DynamicQuantize>().size(), 1u);
}

TEST(QuantizeDynamically, RefusesByName) {
  const auto refused = [](auto set) {
    QuantizeOptions options;
    set(options);
    return refusal([&] { quantize_dynamically(small_cnn(), options); });
  };
  EXPECT_THAT(refused([](QuantizeOptions& o) { o.weight_bits = 4; }), HasSubstr("dynamic ranges: other widths than 8 bits"));
  EXPECT_THAT(refused([](QuantizeOptions& o) { o.power_of_two = true; }), HasSubstr("power-of-two scales, where each image has its own"));
  EXPECT_THAT(refused([](QuantizeOptions& o) { o.unsigned_activations = false; }), HasSubstr("where ONNX gives uint8"));
  EXPECT_THAT(refused([](QuantizeOptions& o) { o.correct_bias = true; }), HasSubstr("a repair that looks at images, and none are given"));
  const Graph dynamic = quantize_dynamically(small_cnn(), {});
  EXPECT_THAT(refusal([&] { quantize_dynamically(dynamic, {}); }), HasSubstr("(DynamicQuantize): the graph is quantized already"));
  EXPECT_THAT(refusal([&] { lower(dynamic); }), HasSubstr("(DynamicQuantize): has no integer form: its range is found anew for each image"));
  RandomStream random({1});
  EXPECT_THAT(refusal([&] {
                quantize_dynamically(Builder(random, {1, 1, 2, 2}).then(Relu{}).finish(), {});
              }),
              HasSubstr("has no Conv2d or Gemm"));
}

}  // namespace
}  // namespace bitloom
