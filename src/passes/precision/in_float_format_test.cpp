#include "passes/precision/in_float_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "passes/quantize/dynamic_ranges.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;

TEST(InFloatFormat, RoundsParametersInputsAndEveryResult) {
  RandomStream random({4});
  const Graph graph = Builder(random, {1, 2, 8, 8}).conv(3, 3).batch_norm().then(Relu{}).gemm(4).finish();
  for (const FloatFormat format : {FloatFormat::kFloat16, FloatFormat::kBfloat16}) {
    const Graph rounded = in_float_format(graph, format);
    verify(rounded);
    EXPECT_TRUE(rounded.nodes_of<BatchNorm>().empty());
    const auto expect_rounded = [&](const Tensor& tensor, const std::string& name) {
      for (const float x : tensor.floats()) ASSERT_EQ(x, rounded_to(x, format)) << name;
    };
    for (const Value* constant : rounded.constants()) expect_rounded(constant->constant(), constant->name());
    int results = 0;
    Interpreter(rounded).run({random_images(graph, random, 1).front()}, [&](const Value& value, const Tensor& tensor) {
      if (value.consumers().size() == 1 && value.consumers().front()->is<Cast>()) return;
      expect_rounded(tensor, value.name());
      ++results;
    });
    EXPECT_GE(results, 4);
  }
}

TEST(InFloatFormat, LosesMoreInBfloat16ThanInFloat16AndLittleInEither) {
  RandomStream random({6});
  Graph graph = Builder(random, {1, 1, 16, 16}).conv(8, 5).then(Relu{}).then(max_pool(2)).conv(8, 3).then(Relu{}).gemm(10).finish();
  const Tensor image = random_images(graph, random, 1).front();
  const Tensor exact = Interpreter(graph).run(image);
  const auto error_of = [&](FloatFormat format) {
    const Tensor y = Interpreter(in_float_format(graph, format)).run(image);
    double error = 0, power = 0;
    for (std::size_t i = 0; i < y.floats().size(); ++i) {
      error += std::pow(double{y.floats()[i]} - exact.floats()[i], 2);
      power += std::pow(double{exact.floats()[i]}, 2);
    }
    return error / power;
  };
  EXPECT_EQ(error_of(FloatFormat::kFloat32), 0);
  EXPECT_GT(error_of(FloatFormat::kFloat16), 0);
  EXPECT_LT(error_of(FloatFormat::kFloat16), 1e-5);
  EXPECT_GT(error_of(FloatFormat::kBfloat16), 10 * error_of(FloatFormat::kFloat16));
  EXPECT_LT(error_of(FloatFormat::kBfloat16), 1e-3);
}

TEST(InFloatFormat, RefusesAQuantizedNetwork) {
  RandomStream random({7});
  const Graph graph = small_cnn();
  const std::vector<Tensor> images = random_images(graph, random, 2);
  const Graph qdq = quantize_model(graph, feed(images), {});
  EXPECT_THAT(refusal([&] { in_float_format(qdq, FloatFormat::kFloat16); }), testing::HasSubstr("the network is quantized; give the float network"));
  const Graph dynamic = quantize_dynamically(graph, {});
  EXPECT_THAT(refusal([&] { in_float_format(dynamic, FloatFormat::kFloat16); }), testing::HasSubstr("the network is quantized; give the float network"));
}

}  // namespace
}  // namespace bitloom
