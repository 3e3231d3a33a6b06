#include "train/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/error.h"
#include "ir/interpreter.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/multi_threshold.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/reduce.h"
#include "ir/ops/selection.h"
#include "ir/ops/softmax.h"
#include "train/kernels/cases.h"
#include "train/test_graphs.h"

namespace bitloom::train {
namespace {

constexpr std::uint64_t kSeed = 20240607;

Graph batch_norm(TestGraph& t, Shape shape) {
  Value* x = t.image(shape);
  const std::int64_t c = shape[1];
  return t.finish(t.graph.add("", BatchNorm{}, {x, t.constant({c}), t.constant({c}), t.constant({c}), t.constant({c}, 0.5, 2)}));
}

Graph convolution(TestGraph& t, Geometry geometry, std::int64_t channels = 4) {
  return t.finish(t.conv(t.image({1, 4, 9, 8}), channels, 3, geometry));
}

Graph quantized_gemm(TestGraph& t) {
  Quantize activations;
  activations.element = ElementType::uint8();
  activations.quantization = {{0.011f}, 90, -1};
  Value* x = t.graph.add("", Dequantize{}, {t.graph.add("", activations, {t.image({1, 6})})});
  const TensorType weight_type{{3, 6}, ElementType::int8(), Quantization{{0.5f, 0.25f, 0.01f}, 0, 0}};
  std::vector<std::int32_t> weights;
  for (int i = 0; i < 18; ++i) weights.push_back(static_cast<std::int32_t>(t.random.below(255)) - 127);
  Value* w = t.graph.add("", Dequantize{}, {t.graph.add_constant("w", Tensor(weight_type, weights))});
  return t.finish(t.graph.add("", Gemm{}, {x, w}));
}

const Case kCases[] = {
    {"Add", [](TestGraph& t) { return t.finish(t.graph.add("", Add{}, {t.image({1, 3, 4, 4}), t.image({1, 3, 4, 4})})); }},
    {"AddOfAValueToItself",
     [](TestGraph& t) {
       Value* x = t.conv(t.image({1, 1, 4, 4}), 2, 3);
       return t.finish(t.graph.add("", Add{}, {x, x}));
     }},
    {"AveragePool2d", [](TestGraph& t) { return t.finish(t.average_pool(t.image({1, 3, 7, 6}), kHalf)); }},
    {"AveragePool2dOverPositionsInside",
     [](TestGraph& t) { return t.finish(t.average_pool(t.image({1, 3, 7, 6}), {3, 3, 2, 1, 2, 1, 0, 2})); }},
    {"AveragePool2dOverPadsToo",
     [](TestGraph& t) { return t.finish(t.average_pool(t.image({1, 3, 7, 6}), {3, 3, 2, 1, 2, 1, 0, 2}, /*count_include_pad=*/true)); }},
    {"BatchNormOfImages", [](TestGraph& t) { return batch_norm(t, {1, 3, 4, 5}); }},
    {"BatchNormOfVectors", [](TestGraph& t) { return batch_norm(t, {1, 7}); }},
    {"Conv2d", [](TestGraph& t) { return convolution(t, {}); }},
    {"Conv2dWithEvenPadsStridesAndDilation",
     [](TestGraph& t) { return convolution(t, {.stride_h = 2, .top = 2, .left = 1, .bottom = 2, .right = 1, .dilation_h = 2}); }},
    {"Conv2dWithOneSidedPads", [](TestGraph& t) { return convolution(t, {.top = 1, .right = 2}); }},
    {"Conv2dInGroups", [](TestGraph& t) { return convolution(t, {.groups = 2}, 6); }},
    {"Conv2dDepthwise", [](TestGraph& t) { return convolution(t, {.groups = 4}); }},
    {"Conv2dWithoutBias",
     [](TestGraph& t) {
       Value* x = t.image({1, 2, 5, 5});
       return t.finish(t.graph.add("", Conv2d{}, {x, t.constant({3, 2, 2, 2})}));
     }},
    {"Flatten", [](TestGraph& t) { return unary(t, std::make_unique<Flatten>()); }},
    {"FlattenBeforeGemm", [](TestGraph& t) { return t.finish(t.gemm(t.graph.add("", Flatten{}, {t.image({1, 3, 4, 5})}), 4)); }},
    {"FlattenBeforeTwoGemms",
     [](TestGraph& t) {
       Value* x = t.graph.add("", Flatten{}, {t.image({1, 3, 4, 5})});
       return t.finish(t.graph.add("", Add{}, {t.gemm(x, 4), t.gemm(x, 4)}));
     }},
    {"Gemm", [](TestGraph& t) { return t.finish(t.gemm(t.image({1, 10}), 4)); }},
    {"GemmWithoutBias", [](TestGraph& t) { return t.finish(t.graph.add("", Gemm{}, {t.image({1, 5}), t.constant({3, 5})})); }},
    {"MaxPool2d", [](TestGraph& t) { return t.finish(t.max_pool(t.image({1, 3, 7, 6}), kHalf)); }},
    {"MaxPool2dWithPadsUpToHalfTheKernel",
     [](TestGraph& t) { return t.finish(t.max_pool(t.image({1, 3, 7, 6}), {3, 2, 2, 1, 1, 1, 1, 1})); }},
    {"MaxPool2dWithWidePads", [](TestGraph& t) { return t.finish(t.max_pool(t.image({1, 3, 7, 6}), {3, 3, 2, 2, 2, 2, 2, 2})); }},
    {"MaxPool2dWithOneSidedPads", [](TestGraph& t) { return t.finish(t.max_pool(t.image({1, 3, 7, 6}), {3, 3, 1, 2, 1, 0, 0, 2})); }},
    {"QuantizeAndDequantize", quantized_gemm},
    {"Relu", [](TestGraph& t) { return unary(t, std::make_unique<Relu>()); }},
    {"ReluOfAValueThatIsReadAgain",
     [](TestGraph& t) {
       Value* x = t.conv(t.image({1, 1, 6, 6}), 2, 3);
       return t.finish(t.graph.add("", Add{}, {t.graph.add("", Relu{}, {x}), x}));
     }},
    {"ReluBeforeMaxPool",
     [](TestGraph& t) { return t.finish(t.max_pool(t.graph.add("", Relu{}, {t.conv(t.image({1, 1, 8, 8}), 3, 3)}), kHalf)); }},
    {"ReluBeforeMaxPoolThatIsReadAgain",
     [](TestGraph& t) {
       Value* x = t.graph.add("", Relu{}, {t.conv(t.image({1, 1, 6, 6}), 2, 3)});
       Value* pooled = t.graph.add("", Flatten{}, {t.max_pool(x, kHalf)});
       return t.finish(t.graph.add("", Add{}, {t.gemm(t.graph.add("", Flatten{}, {x}), 3), t.gemm(pooled, 3)}));
     }},
    {"Sigmoid", [](TestGraph& t) { return unary(t, std::make_unique<Sigmoid>()); }},
    {"Softmax", [](TestGraph& t) { return unary(t, std::make_unique<Softmax>(), {1, 9}); }},
    {"Tanh", [](TestGraph& t) { return unary(t, std::make_unique<Tanh>()); }},
};

std::vector<Case> all_cases() {
  std::vector<Case> all(std::begin(kCases), std::end(kCases));
  for (const auto& family : {elementwise_cases(), integer_cases(), movement_cases(), reduction_cases(), window_nd_cases()}) all.insert(all.end(), family.begin(), family.end());
  return all;
}

std::vector<Tensor> random_inputs(const Graph& graph, std::int64_t images, RandomStream& random) {
  std::vector<Tensor> inputs;
  for (const Value* input : graph.inputs()) {
    Shape shape = input->shape();
    shape[0] = images;
    inputs.push_back(random_tensor(shape, random));
  }
  return inputs;
}

class ExecutorCase : public testing::TestWithParam<Case> {};

TEST_P(ExecutorCase, ComputesWhatTheReferenceDoes) {
  TestGraph test(kSeed);
  const Graph graph = GetParam().build(test);
  RandomStream random({kSeed, 1});
  const std::vector<Tensor> inputs = random_inputs(graph, 3, random);
  Parameters parameters(graph);
  const std::vector<Tensor> outputs = Executor(graph, parameters).run(inputs, Mode::kEvaluate);
  const std::vector<Tensor> expected = Interpreter(graph).run(inputs);
  ASSERT_EQ(outputs.size(), expected.size());
  ASSERT_EQ(outputs[0].type(), expected[0].type());
  if (outputs[0].is_int64())
    EXPECT_EQ(outputs[0], expected[0]);
  else
    EXPECT_THAT(outputs[0].floats(), testing::Pointwise(testing::FloatNear(1e-5f), expected[0].floats()));
}

std::string case_name(const testing::TestParamInfo<Case>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Executor, ExecutorCase, testing::ValuesIn(all_cases()), case_name);

TEST(Executor, IsComparedWithTheReferenceOnEveryOperatorThatTakesFloats) {
  // DynamicQuantize and TopK have several outputs, which the executor refuses by name.
  const std::set<std::string_view> integer_only{"DynamicQuantize", "LookupTable", "Requantize", "RescaledAdd", "RescaledMul", "SumPool2d", "TopK"};
  std::set<std::string_view> compared = integer_only;
  compared.insert("ScatterND");  // its indices name the image, so it never runs on a batch
  for (const Case& c : all_cases()) {
    TestGraph test(kSeed);
    const Graph graph = c.build(test);
    for (const Node* node : graph.nodes()) compared.insert(node->op().name());
  }
  for (const std::string_view name : all_op_names()) EXPECT_TRUE(compared.contains(name)) << name;
}

TEST(Executor, NamesANodeThatItCannotRun) {
  TestGraph test(kSeed);
  Quantize quantize;
  quantize.quantization = {{0.1f}, 0, -1};
  SumPool2d pool;
  pool.window = kHalf;
  const Graph graph = test.finish(test.graph.add("pool", pool, {test.graph.add("", quantize, {test.image({1, 1, 4, 4})})}));
  Parameters parameters(graph);
  try {
    Executor executor(graph, parameters);
    FAIL() << "accepted an integer operator";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("node 'pool' (SumPool2d)"));
  }
}

TEST(Executor, NamesThresholdsOfIntegers) {
  TestGraph test(kSeed);
  Quantize quantize;
  quantize.quantization = {{0.1f}, 0, -1};
  MultiThreshold op;
  op.quantization = {{1}, 0, -1};
  Value* thresholds = test.graph.add_constant("t", Tensor(TensorType{{1, 2}, ElementType::int8(), {}}, {1, 5}));
  const Graph graph = test.finish(test.graph.add("steps", op, {test.graph.add("", quantize, {test.image({1, 3})}), thresholds}));
  Parameters parameters(graph);
  try {
    Executor executor(graph, parameters);
    FAIL() << "accepted integers";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("node 'steps' (MultiThreshold): compares integers, which the LibTorch executor does not"));
  }
}

TEST(Executor, NamesANodeThatMixesTheImagesOfABatch) {
  TestGraph test(kSeed);
  const Graph graph = test.finish(test.graph.add("sum", Add{}, {test.image({1, 3}), test.constant({2, 3})}));
  Parameters parameters(graph);
  try {
    Executor executor(graph, parameters);
    FAIL() << "accepted a constant with an axis where the images are stacked";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("node 'sum' (Add): it moves or looks across axis 0"));
  }
}

TEST(Executor, NamesANodeWithSeveralOutputs) {
  TestGraph test(kSeed);
  TopK top;
  top.axis = 1;
  const Graph graph = test.finish(test.graph.add("best", top, {test.image({1, 3})}));
  Parameters parameters(graph);
  try {
    Executor executor(graph, parameters);
    FAIL() << "accepted two outputs";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("node 'best' (TopK): has several outputs"));
  }
}

TEST(Executor, MovesRunningStatisticsByOnnxMomentumOnlyWhenTraining) {
  TestGraph t(kSeed);
  BatchNorm op;
  op.momentum = 0.75f;
  Value* x = t.image({1, 1});
  const auto scalar = [&](const char* name, float value) {
    return t.graph.add_constant(name, Tensor(Shape{1}, std::vector<float>{value}));
  };
  const Graph graph = t.finish(t.graph.add("", op, {x, scalar("gamma", 1), scalar("beta", 0), scalar("mean", 10), scalar("variance", 4)}));
  Parameters parameters(graph);
  Executor executor(graph, parameters);
  const Tensor batch(Shape{2, 1}, std::vector<float>{1, 3});
  executor.run({batch}, Mode::kEvaluate);
  EXPECT_THAT(parameters.statistics, testing::ElementsAre(10, 4));
  executor.run({batch}, Mode::kTrain);
  // The batch has mean 2 and variance (1 + 1) / (2 - 1).
  EXPECT_THAT(parameters.statistics, testing::ElementsAre(0.75f * 10 + 0.25f * 2, 0.75f * 4 + 0.25f * 2));
}

TEST(Parameters, WriteBackWhatTheyRead) {
  TestGraph t(kSeed);
  Value* x = t.conv(t.image({1, 3, 6, 6}), 4, 3);
  const Graph graph = t.finish(t.gemm(t.graph.add("", Flatten{}, {x}), 2));
  Graph copy = graph.clone();
  for (Value* constant : copy.constants()) constant->set_constant(Tensor(constant->type()));
  Parameters(graph).write_to(copy);
  ASSERT_EQ(copy.constants().size(), graph.constants().size());
  for (std::size_t i = 0; i < copy.constants().size(); ++i) EXPECT_EQ(copy.constants()[i]->constant(), graph.constants()[i]->constant());
}

}  // namespace
}  // namespace bitloom::train
