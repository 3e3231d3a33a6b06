#include "passes/lower/value_range.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "passes/lower/lower.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;

TEST(ValueRange, HoldsEveryValueOfARandomNetwork) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    RandomStream random({seed});
    AveragePool2d pool;
    pool.window = {2, 2, 2, 2};
    Builder builder(random, {1, 1, 10, 10});
    const Graph graph = builder.conv(3, 3, 1).then(Relu{}).then(pool).conv(4, 3).then(Tanh{}).then(max_pool(2)).gemm(5).finish();
    const std::vector<Tensor> images = random_images(graph, random, 4);
    QuantizeOptions options;
    options.unsigned_activations = seed % 2 == 0;
    const Graph integer = lower(quantize_model(graph, feed(images), options));
    for (const Tensor& image : images)
      Interpreter(integer).run({quantize_input(integer, image)}, [&](const Value& value, const Tensor& tensor) {
        const auto [low, high] = std::minmax_element(tensor.integers().begin(), tensor.integers().end());
        EXPECT_GE(*low, value_range(value).low) << value.name() << " seed " << seed;
        EXPECT_LE(*high, value_range(value).high) << value.name() << " seed " << seed;
      });
  }
}

TEST(ValueRange, IsReachedByTheImageThatIsWorstForEveryWeight) {
  Graph graph;
  Value* x = graph.add_input("x", {{1, 3}, ElementType::uint8(), Quantization{{1}, 100, -1}});
  Value* w = graph.add_constant("w", Tensor({{1, 3}, ElementType::int8(), Quantization{{1}, 0, -1}}, {2, -3, 5}));
  Value* b = graph.add_constant("b", Tensor({{1}, ElementType::int32(), {}}, {7}));
  graph.set_outputs({graph.add("fc", Gemm{}, {x, w, b})});
  const IntegerRange range = value_range(*graph.outputs().front());
  EXPECT_EQ(Interpreter(graph).run(Tensor(x->type(), {0, 255, 0})).integers()[0], range.low);
  EXPECT_EQ(Interpreter(graph).run(Tensor(x->type(), {255, 0, 255})).integers()[0], range.high);
}

TEST(ValueRange, FollowsTheClampOfTheRequantizeBeforeIt) {
  Graph graph;
  Value* x = graph.add_input("x", {{1, 1}, ElementType::int32(), Quantization{{1}, 0, -1}});
  Requantize op;
  op.factors = {{1, 0}};
  op.quantization = {{1}, 0, -1};
  op.low = -3, op.high = 5;
  Value* y = graph.add("", op, {x});
  EXPECT_EQ(value_range(*y), (IntegerRange{-3, 5}));
  EXPECT_EQ(value_range(*graph.add("", Relu{}, {y})), (IntegerRange{0, 5}));
}

}  // namespace
}  // namespace bitloom
