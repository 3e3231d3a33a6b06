#include "fpga/stream/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/multi_threshold.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/shape_ops.h"

namespace bitloom::fpga {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TensorType integers(Shape shape, ElementType element, std::int32_t zero_point = 0) {
  return {std::move(shape), element, Quantization{{0.5f}, zero_point, -1}};
}

/// A graph whose input is a map of unsigned 8-bit integers with zero point 3.
struct IntegerGraph {
  IntegerGraph(std::int64_t channels, std::int64_t height, std::int64_t width) {
    x = graph.add_input("image", integers({1, channels, height, width}, ElementType::uint8(), 3));
  }
  Value* weights(Shape shape, std::vector<std::int32_t> values) {
    return graph.add_constant("w", Tensor(integers(std::move(shape), ElementType::int8()), std::move(values)));
  }
  Value* bias(std::vector<std::int32_t> values) {
    const auto size = static_cast<std::int64_t>(values.size());
    const TensorType type{{size}, ElementType::int32(), Quantization{{0.25f}, 0, -1}};  // the scales of x and w multiplied
    return graph.add_constant("b", Tensor(type, std::move(values)));
  }
  std::vector<Layer> layers(Value* output) {
    graph.set_outputs({output});
    return layers_of(graph);
  }

  Graph graph{"net"};
  Value* x = nullptr;
};

Requantize to_uint8(std::int32_t low = 0, std::int32_t zero_point = 0) {
  Requantize op;
  op.factors = {{1, 4}};
  op.element = ElementType::uint8();
  op.quantization = {{1.0f}, zero_point, -1};
  op.low = low;
  op.high = 255;
  return op;
}

TEST(Layers, AConvolutionsWeightsComeInTheOrderOfTheWindow) {
  IntegerGraph g(2, 1, 2);
  const auto layers = g.layers(g.graph.add("conv", Conv2d{}, {g.x, g.weights({1, 2, 1, 2}, {1, 2, 3, 4})}));  // OIHW: channel 0 is 1, 2
  EXPECT_THAT(std::get<WeightedSum>(layers.at(0).work).weights, ElementsAre(1, 3, 2, 4));
}

TEST(Layers, AGemmsWeightsArePermutedToTheOrderOfTheStream) {
  IntegerGraph g(2, 1, 3);
  Value* flat = g.graph.add("flatten", Flatten{}, {g.x});
  const auto layers = g.layers(g.graph.add("fc", Gemm{}, {flat, g.weights({1, 6}, {1, 2, 3, 11, 12, 13})}));
  EXPECT_THAT(std::get<WeightedSum>(layers.at(0).work).weights, ElementsAre(1, 11, 2, 12, 3, 13));
}

TEST(Layers, TheZeroPointIsFoldedIntoTheBiasAndIsWhatPaddingReads) {
  IntegerGraph g(1, 2, 2);
  Conv2d conv;
  conv.pad_top = 1;
  const auto layers = g.layers(g.graph.add("conv", conv, {g.x, g.weights({1, 1, 2, 1}, {5, -7}), g.bias({100})}));
  EXPECT_THAT(std::get<WeightedSum>(layers.at(0).work).biases, ElementsAre(100 - 3 * (5 - 7)));
  EXPECT_EQ(layers.at(0).window.pad_value, 3);
}

TEST(Layers, AccumulatorsAreAsWideAsTheActualWeightsAllow) {
  IntegerGraph g(1, 1, 1);
  // x - 3 lies in -3..252: the sum in 10 * -3 - 1 * 252 .. 10 * 252 + 1 * 3, which 13 bits hold and 12 do not.
  const auto layers = g.layers(g.graph.add("conv", Conv2d{}, {g.x, g.weights({2, 1, 1, 1}, {10, -1})}));
  EXPECT_EQ(layers.at(0).output.low, -252);
  EXPECT_EQ(layers.at(0).output.high, 2520);
  EXPECT_EQ(layers.at(0).output.bits, 13);
}

TEST(Layers, AReluBeforeOrAfterARequantizeRaisesItsLowerEnd) {
  for (const bool before : {true, false}) {
    IntegerGraph g(1, 1, 1);
    Value* sum = g.graph.add("conv", Conv2d{}, {g.x, g.weights({1, 1, 1, 1}, {100})});
    if (before) sum = g.graph.add("relu", Relu{}, {sum});
    Value* y = g.graph.add("narrow", to_uint8(0, 7), {sum});
    if (!before) y = g.graph.add("relu", Relu{}, {y});
    const auto layers = g.layers(y);
    ASSERT_EQ(layers.size(), 2u) << "before " << before;
    EXPECT_EQ(layers[1].output.low, 7) << "before " << before;
  }
}

TEST(Layers, AReluAfterAPoolIsATable) {
  IntegerGraph g(1, 2, 2);
  const auto layers = g.layers(g.graph.add("relu", Relu{}, {g.graph.add("pool", MaxPool2d{}, {g.x})}));
  const auto& entries = std::get<Table>(layers.at(1).work).entries;
  ASSERT_EQ(entries.size(), 256u);
  EXPECT_EQ(entries[0], 3);
  EXPECT_EQ(entries[3], 3);
  EXPECT_EQ(entries[200], 200);
}

TEST(Layers, PaddingNeverWinsAMaximumAndAddsNothingToASum) {
  IntegerGraph g(1, 2, 2);
  SumPool2d sum;
  sum.window = {2, 2, 1, 1, 1, 1, 0, 0};
  auto layers = g.layers(g.graph.add("pool", sum, {g.x}));
  EXPECT_EQ(layers.at(0).window.pad_value, 3);
  EXPECT_EQ(std::get<Pooling>(layers.at(0).work).offset, 12);
  IntegerGraph h(1, 2, 2);
  MaxPool2d max;
  max.window = sum.window;
  layers = h.layers(h.graph.add("pool", max, {h.x}));
  EXPECT_EQ(layers.at(0).window.pad_value, 0);
}

TEST(Layers, TwoNodesWhoseNamesDifferOnlyInPunctuationGetTwoIdentifiers) {
  IntegerGraph g(1, 1, 1);
  Value* a = g.graph.add("stage/pool", MaxPool2d{}, {g.x});
  const auto layers = g.layers(g.graph.add("stage.pool", MaxPool2d{}, {a}));
  EXPECT_EQ(layers.at(0).identifier, "stage_pool");
  EXPECT_EQ(layers.at(1).identifier, "stage_pool_2");
}

TEST(Layers, WhatAPipelineCannotHoldIsRefusedByName) {
  {
    IntegerGraph g(2, 3, 3);
    Conv2d conv;
    conv.groups = 2;
    Value* y = g.graph.add("depthwise", conv, {g.x, g.weights({2, 1, 1, 1}, {1, 1})});
    EXPECT_THAT([&] { g.layers(y); }, ThrowsMessage<InputError>(AllOf(HasSubstr("'depthwise'"), HasSubstr("2 groups"), HasSubstr("groups = 1"))));
  }
  {
    IntegerGraph g(1, 5, 5);
    Conv2d conv;
    conv.dilation_h = 2;
    Value* y = g.graph.add("dilated", conv, {g.x, g.weights({1, 1, 2, 1}, {1, 1})});
    EXPECT_THAT([&] { g.layers(y); }, ThrowsMessage<InputError>(AllOf(HasSubstr("'dilated'"), HasSubstr("dilation 2x1"))));
  }
  {
    IntegerGraph g(1, 5, 5);
    MaxPool2d pool;
    pool.window = {.kernel_h = 2, .dilation_h = 3};
    Value* y = g.graph.add("dilated_pool", pool, {g.x});
    EXPECT_THAT([&] { g.layers(y); }, ThrowsMessage<InputError>(AllOf(HasSubstr("'dilated_pool'"), HasSubstr("dilation 3x1"))));
  }
  {
    IntegerGraph g(1, 2, 2);
    Value* trunk = g.graph.add("trunk", MaxPool2d{}, {g.x});
    Value* left = g.graph.add("left", MaxPool2d{}, {trunk});
    g.graph.add("right", MaxPool2d{}, {trunk});
    EXPECT_THAT([&] { g.layers(left); },
                ThrowsMessage<InputError>(AllOf(HasSubstr("'trunk'"), HasSubstr("'left' and 'right'"), HasSubstr("does not branch"))));
  }
  {
    Graph g("float");
    Value* x = g.add_input("image", {{1, 1, 2, 2}, ElementType::float32(), {}});
    g.set_outputs({g.add("tanh", Tanh{}, {x})});
    EXPECT_THAT([&] { layers_of(g); }, ThrowsMessage<InputError>(HasSubstr("lower the network first")));
  }
  {
    IntegerGraph g(1, 2, 2);
    Value* w = g.graph.add_constant("w", Tensor({1, 1, 1, 1}, {1.5f}));
    Value* y = g.graph.add("conv", Conv2d{}, {g.graph.add("real", Dequantize{}, {g.x}), w});
    EXPECT_THAT([&] { g.layers(y); }, ThrowsMessage<InputError>(AllOf(HasSubstr("'conv' (Conv2d)"), HasSubstr("stays in float"))));
  }
  {
    IntegerGraph g(1, 1, 1);
    Value* sum = g.graph.add("conv", Conv2d{}, {g.x, g.weights({1, 1, 1, 1}, {100})});
    MultiThreshold op;
    op.quantization = {{1}, 0, -1};
    Value* steps = g.graph.add_constant("t", Tensor(TensorType{{1, 2}, ElementType::int32(), {}}, {-5, 500}));
    Value* y = g.graph.add("steps", op, {sum, steps});
    EXPECT_THAT([&] { g.layers(y); },
                ThrowsMessage<InputError>(AllOf(HasSubstr("'steps' (MultiThreshold)"), HasSubstr("narrows by scales"))));
  }
  {
    IntegerGraph g(1, 1, 1);
    Value* sum = g.graph.add("conv", Conv2d{}, {g.x, g.weights({1, 1, 1, 1}, {100})});
    Value* y = g.graph.add("last", Relu{}, {sum});
    EXPECT_THAT([&] { g.layers(y); }, ThrowsMessage<InputError>(AllOf(HasSubstr("'last'"), HasSubstr("no Requantize follows"))));
  }
}

}  // namespace
}  // namespace bitloom::fpga
