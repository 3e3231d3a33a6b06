#include "engine/engine.h"

#include <cmath>
#include <cstdlib>

#include "ir/ops/batch_norm.h"
#include "ir/ops/binary.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/gemm.h"
#include "ir/ops/op_test_support.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/rescaled.h"
#include "ir/ops/selection.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/unary.h"

namespace bitloom::engine {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kSeed = 20261121;

std::vector<Isa> isas() {
  std::vector<Isa> list;
  for (const Isa isa : {Isa::kBaseline, Isa::kAvx2, Isa::kAvx512})
    if (isa <= available_isa()) list.push_back(isa);
  return list;
}

std::vector<Tensor> run_engine(const Graph& graph, const std::vector<Tensor>& inputs, Isa isa = available_isa()) {
  const Engine engine(graph, isa);
  Engine::Workspace workspace(engine);
  return engine.run(inputs, workspace);
}

std::string_view kernel_of(const Graph& graph) { return Engine(graph).steps().back().kernel; }

Tensor random_tensor(RandomStream& random, const TensorType& type) {
  return type.element.is_float ? random_floats(random, type.shape) : random_integers(random, type);
}

/// A graph of one node, whose first operand (and a second one without constants) is an input.
template <class T>
Graph node_graph(T op, const TensorType& x, std::vector<Tensor> constants) {
  Graph graph("test");
  std::vector<Value*> operands{graph.add_input("x", x)};
  for (Tensor& constant : constants) operands.push_back(graph.add_constant("", std::move(constant)));
  graph.set_outputs({graph.add("node", std::move(op), std::move(operands))});
  verify(graph);
  return graph;
}

/// Integers equal the reference's; floats are as near as 2^-24 for every product of up to 5 by 5.
void expect_as_reference(const Graph& graph, RandomStream& random) {
  std::vector<Tensor> inputs;
  for (const Value* input : graph.inputs()) inputs.push_back(random_tensor(random, input->type()));
  const Tensor expected = Interpreter(graph).run(inputs).front();
  const Tensor first = run_engine(graph, inputs, Isa::kBaseline).front();
  for (const Isa isa : isas()) {
    const Tensor given = run_engine(graph, inputs, isa).front();
    ASSERT_EQ(given, first) << "variant " << static_cast<int>(isa) << "\n" << to_text(graph);
  }
  if (!expected.is_float()) {
    ASSERT_EQ(first, expected) << to_text(graph);
    return;
  }
  for (std::size_t i = 0; i < expected.floats().size(); ++i)
    ASSERT_NEAR(first.floats()[i], expected.floats()[i], 1e-4 * std::max(1.0f, std::abs(expected.floats()[i]))) << to_text(graph);
}

int up_to(RandomStream& random, int most) { return 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(most))); }

struct RandomConvolution {
  Conv2d op;
  Shape x, weights;
};

RandomConvolution random_convolution(RandomStream& random, bool depthwise) {
  RandomConvolution c;
  c.op.groups = up_to(random, 3);
  c.op.stride_h = up_to(random, 2), c.op.stride_w = up_to(random, 3);
  c.op.dilation_h = up_to(random, 2), c.op.dilation_w = up_to(random, 2);
  c.op.pad_top = up_to(random, 3) - 1, c.op.pad_left = up_to(random, 3) - 1;
  c.op.pad_bottom = up_to(random, 3) - 1, c.op.pad_right = up_to(random, 3) - 1;
  const int channels = depthwise ? 1 : up_to(random, 5), kernel_h = up_to(random, 5), kernel_w = up_to(random, 5);
  c.weights = {c.op.groups * up_to(random, 11), channels, kernel_h, kernel_w};
  c.x = {1, c.op.groups * channels, c.op.dilation_h * (kernel_h - 1) + up_to(random, 9), c.op.dilation_w * (kernel_w - 1) + up_to(random, 40)};
  return c;
}

TEST(Engine, ConvolvesFloatsOfEveryGeometry) {
  for (std::uint64_t trial = 0; trial < 150; ++trial) {
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", trial " << trial);
    RandomStream random({kSeed, trial});
    const RandomConvolution c = random_convolution(random, trial % 3 == 0);
    std::vector<Tensor> constants{random_floats(random, c.weights)};
    if (trial % 2) constants.push_back(random_floats(random, {c.weights[0]}));
    expect_as_reference(node_graph(c.op, floats(c.x), std::move(constants)), random);
    if (HasFatalFailure()) return;
  }
}

TEST(Engine, ConvolvesEveryRowThatAReshapeMadeOfAnImage) {
  for (std::uint64_t trial = 0; trial < 40; ++trial) {
    SCOPED_TRACE(testing::Message() << "seed " << kSeed + 9 << ", trial " << trial);
    RandomStream random({kSeed + 9, trial});
    RandomConvolution c = random_convolution(random, trial % 2);
    c.x[0] = 3;
    expect_as_reference(node_graph(c.op, floats(c.x), {random_floats(random, c.weights)}), random);
    const TensorType weights = integers(c.weights, ElementType::int8(), {0.5f});
    expect_as_reference(node_graph(c.op, integers(c.x, ElementType::uint8(), {0.25f}, 7), {random_integers(random, weights)}), random);
    if (HasFatalFailure()) return;
  }
}

TEST(Engine, ConvolvesIntegersOfEveryGeometryAndWidthExactly) {
  for (std::uint64_t trial = 0; trial < 150; ++trial) {
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", trial " << trial);
    RandomStream random({kSeed + 1, trial});
    const RandomConvolution c = random_convolution(random, trial % 3 == 0);
    const ElementType element = ElementType::integer(up_to(random, 10) + 1, random.below(2) == 0);
    const auto zero = static_cast<std::int32_t>(random_integers(random, integers({1}, element)).integers()[0]);
    TensorType weights = integers(c.weights, ElementType::int8(), {1}, static_cast<std::int32_t>(random.below(2) * random.below(100)));
    if (trial % 5 == 0) {  // a scale and a zero point for each output
      weights.quantization = {std::vector<float>(static_cast<std::size_t>(c.weights[0]), 1), 0, 0};
      for (std::int64_t o = 0; o < c.weights[0]; ++o)
        weights.quantization->zero_points.push_back(static_cast<std::int32_t>(random.below(256)) - 128);
    }
    std::vector<Tensor> constants{random_integers(random, weights)};
    if (trial % 2) {
      const std::vector<std::int32_t> bias = integers_of(random_integers(random, integers({c.weights[0]}, ElementType::integer(20, true))));
      constants.emplace_back(TensorType{{c.weights[0]}, ElementType::int32(), {}}, bias);
    }
    expect_as_reference(node_graph(c.op, integers(c.x, element, {0.5f}, zero), std::move(constants)), random);
    if (HasFatalFailure()) return;
  }
}

TEST(Engine, MultipliesMatricesOfFloatsAndIntegers) {
  for (const std::int64_t outputs : {1, 31, 32, 33, 100})
    for (const std::int64_t depth : {1, 2, 7, 64}) {
      RandomStream random({kSeed + 2, static_cast<std::uint64_t>(outputs), static_cast<std::uint64_t>(depth)});
      expect_as_reference(node_graph(Gemm{}, floats({1, depth}), {random_floats(random, {outputs, depth}), random_floats(random, {outputs})}), random);
      expect_as_reference(node_graph(Gemm{}, integers({1, depth}, ElementType::uint8(), {1}, 7),
                                     {random_integers(random, integers({outputs, depth}, ElementType::int8(), {1},
                                                                       static_cast<std::int32_t>(outputs)))}),
                          random);
      if (HasFatalFailure()) return;
    }
}

TEST(Engine, LeavesSumsThatCouldLeaveInt32ToTheReference) {
  const std::int64_t depth = 70000;
  RandomStream random({kSeed + 3});
  const TensorType x = integers({1, depth}, ElementType::uint8(), {1}, 0);
  std::vector<std::int32_t> largest(static_cast<std::size_t>(depth), 127), small(static_cast<std::size_t>(depth), 1);
  EXPECT_EQ(kernel_of(node_graph(Gemm{}, x, {Tensor(integers({1, depth}, ElementType::int8()), largest)})), "reference");
  EXPECT_EQ(kernel_of(node_graph(Gemm{}, x, {Tensor(integers({1, depth}, ElementType::int8()), small)})), "gemm s16");
}

TEST(Engine, NarrowsAsTheReferenceDoesInEveryRounding) {
  for (const Rounding rounding : {Rounding::kHalfToEven, Rounding::kHalfUp, Rounding::kFloor})
    for (std::uint64_t trial = 0; trial < 60; ++trial) {
      SCOPED_TRACE(testing::Message() << to_string(rounding) << ", seed " << kSeed << ", trial " << trial);
      RandomStream random({kSeed + 4, trial});
      Requantize op;
      op.rounding = rounding;
      op.quantization = {{1}, static_cast<std::int32_t>(random.below(100)) - 50, -1};
      op.low = -100, op.high = 90;
      for (int c = 0; c < 3; ++c) op.factors.push_back({static_cast<std::int64_t>(random.below(1u << random.below(31))), static_cast<int>(random.below(63))});
      if (trial % 5 == 0) op.factors = {{1, static_cast<int>(trial % 3)}};  // ties, and no shift
      const int bits = trial % 2 ? 32 : 9;
      expect_as_reference(node_graph(op, integers({1, 3, 4, 5}, ElementType::integer(bits, true)), {}), random);
      RescaledAdd add;
      static_cast<Narrowing&>(add) = op;
      add.factors = {FixedMultiplier{1 + static_cast<std::int64_t>(random.below(1000)), 8}, {1 + static_cast<std::int64_t>(random.below(9)), 3}};
      Graph graph("test");
      Value *a = graph.add_input("a", integers({1, 2, 3, 3}, ElementType::int8(), {1}, 5)),
            *b = graph.add_input("b", integers({1, 2, 3, 3}, ElementType::uint8(), {1}, 9));
      graph.set_outputs({graph.add("sum", add, {a, b})});
      expect_as_reference(graph, random);
      if (HasFatalFailure()) return;
    }
}

TEST(Engine, QuantizesAndDequantizesAsTheReferenceDoes) {
  Quantize op;
  op.element = ElementType::uint8();
  op.quantization = {{0.5f}, 100, -1};
  const Graph graph = node_graph(op, floats({1, 10}), {});
  const Tensor x({1, 10}, {-1e30f, 1e30f, 0.25f, 0.75f, 1.25f, -0.25f, -0.75f, 40, INFINITY, -INFINITY});
  EXPECT_EQ(run_engine(graph, {x}).front(), Interpreter(graph).run(Tensor(x)));
  EXPECT_EQ(kernel_of(graph), "quantize");
  EXPECT_THAT([&] { run_engine(graph, {Tensor({1, 10}, std::vector<float>(10, NAN))}); }, testing::ThrowsMessage<InputError>(HasSubstr("not a number")));
  RandomStream random({kSeed + 5});
  op.quantization.scales = {0.1f};
  expect_as_reference(node_graph(op, floats({1, 1000}), {}), random);
  expect_as_reference(node_graph(Dequantize{}, integers({1, 500}, ElementType::int8(), {0.1f}, -3), {}), random);
}

TEST(Engine, FunctionsOfOneElementAreTheReferences) {
  RandomStream random({kSeed + 6});
  LookupTable table;
  table.quantization = {{1}, 0, -1};
  for (int i = 0; i < 256; ++i) table.table.push_back(static_cast<std::int32_t>(random.below(256)) - 128);
  expect_as_reference(node_graph(table, integers({1, 300}, ElementType::int8()), {}), random);
  expect_as_reference(node_graph(Relu{}, integers({1, 300}, ElementType::int8(), {1}, 3), {}), random);
  const Tensor x({1, 5}, {NAN, -1, 2, 9, -INFINITY});
  Clip clip;
  clip.low = -0.5f, clip.high = 6;
  for (const Graph& graph : {node_graph(Relu{}, floats({1, 5}), {}), node_graph(clip, floats({1, 5}), {})}) {
    const std::vector<float> given = values_of(run_engine(graph, {x}).front()), expected = values_of(Interpreter(graph).run(Tensor(x)));
    EXPECT_TRUE(std::isnan(given[0]) && std::isnan(expected[0]));
    EXPECT_EQ(std::vector(given.begin() + 1, given.end()), std::vector(expected.begin() + 1, expected.end()));
  }
}

TEST(Engine, NormalizesBatchesNearlyAsTheReferenceDoes) {
  RandomStream random({kSeed + 8});
  Tensor variance = random_floats(random, {5});
  for (float& v : variance.floats()) v = 0.1f + v * v;
  const std::vector<Tensor> constants{random_floats(random, {5}), random_floats(random, {5}), random_floats(random, {5}), variance};
  const Graph images = node_graph(BatchNorm{}, floats({1, 5, 3, 4}), constants);
  EXPECT_EQ(kernel_of(images), "batch norm f32");
  expect_as_reference(images, random);
  expect_as_reference(node_graph(BatchNorm{}, floats({1, 5}), constants), random);
}

/// x -> Conv2d by weights behind a Dequantize -> Reshape -> Add to itself -> TopK: a constant to compute, a value under two shapes, one
/// that is read twice, and two outputs of a node without a kernel.
Graph mixed_network(RandomStream& random) {
  Graph graph("mixed");
  Value* x = graph.add_input("x", floats({1, 2, 6, 6}));
  Value* q = graph.add_constant("q", random_integers(random, integers({4, 2, 3, 3}, ElementType::int8(), {0.01f})));
  Value* y = graph.add("conv", Conv2d{}, {x, graph.add("w", Dequantize{}, {q})});
  Reshape reshape;
  reshape.shape = Shape{1, 64};
  Value* flat = graph.add("flat", reshape, {y});
  TopK top;
  top.axis = 1;
  top.k = 3;
  const Node* best = graph.add_node("best", std::make_unique<TopK>(top), {graph.add("twice", Add{}, {flat, flat})});
  graph.set_outputs({best->outputs()[0], best->outputs()[1], y});
  return graph;
}

TEST(Engine, RunsANetworkOnAnyNumberOfImages) {
  RandomStream random({kSeed + 7});
  const Graph graph = mixed_network(random);
  const Engine engine(graph);
  std::vector<std::string> kernels;
  for (const Engine::StepInfo& step : engine.steps()) kernels.push_back(step.node + ": " + std::string(step.kernel));
  EXPECT_THAT(kernels, ElementsAre("conv: conv2d f32", "twice: add f32", "best: reference"));
  Engine::Workspace workspace(engine);
  for (const std::int64_t images : {1, 3}) {
    const std::vector<Tensor> inputs{random_floats(random, {images, 2, 6, 6})};
    const std::vector<Tensor> given = engine.run(inputs, workspace), expected = Interpreter(graph).run(inputs);
    ASSERT_EQ(given.size(), 3u);
    EXPECT_EQ(given[0].shape(), (Shape{images, 3}));
    for (std::size_t i = 0; i < given[2].floats().size(); ++i) EXPECT_NEAR(given[2].floats()[i], expected[2].floats()[i], 1e-5);
    EXPECT_EQ(given[1], expected[1]);
  }
  EXPECT_THAT([&] { engine.run({Tensor({1, 2, 6, 5}, std::vector<float>(60))}, workspace); },
              testing::ThrowsMessage<InputError>(HasSubstr("mixed: input 'x': takes float32[1x2x6x6] but was given float32[1x2x6x5]")));
}

TEST(Engine, GivesOutputsThatNeedNoInput) {
  Graph graph("constant");
  graph.add_input("x", floats({1, 2}));
  Value* q = graph.add_constant("q", Tensor(integers({2}, ElementType::int8(), {0.5f}), {2, -4}));
  graph.set_outputs({graph.add("y", Dequantize{}, {q})});
  EXPECT_THAT(values_of(run_engine(graph, {Tensor({1, 2}, {0, 0})}).front()), ElementsAre(1, -2));
}

TEST(Engine, KeepsToTheProcessorThatIsAskedFor) {
  ASSERT_EQ(setenv("BITLOOM_ISA", "baseline", 1), 0);
  EXPECT_EQ(available_isa(), Isa::kBaseline);
  ASSERT_EQ(setenv("BITLOOM_ISA", "sse9", 1), 0);
  EXPECT_THAT([] { available_isa(); }, testing::ThrowsMessage<InputError>(HasSubstr("BITLOOM_ISA: no 'sse9'; choose baseline, avx2 or avx512")));
  ASSERT_EQ(unsetenv("BITLOOM_ISA"), 0);
}

}  // namespace
}  // namespace bitloom::engine
