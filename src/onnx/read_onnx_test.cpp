#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/interpreter.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/pool2d.h"
#include "onnx/test_models.h"

namespace bitloom::onnx_format {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<float> run(const Graph& graph, std::vector<float> input) {
  const Tensor output = Interpreter(graph).run(Tensor(graph.inputs()[0]->shape(), std::move(input)));
  return {output.floats().begin(), output.floats().end()};
}

TEST(ReadOnnx, TakesNodesConstantsAndTheirNames) {
  TestModel model({1, 1, 3, 3});
  model.floats("w", {1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  model.node("Conv", "conv1", {"x", "w"});
  model.node("Relu", "relu1", {"conv1"});
  const Graph graph = model.read();
  EXPECT_EQ(graph.name(), "m.onnx");
  EXPECT_THAT(to_text(graph), HasSubstr("%conv1 = Conv2d(%x, %w) : float32[1x1x1x1]\n%relu1 = Relu(%conv1)"));
  EXPECT_THAT(run(graph, {1, 1, 1, 1, 1, 1, 1, 1, 1}), ElementsAre(45));
}

TEST(ReadOnnx, NamesANodeWithoutANameAfterItsOutput) {
  TestModel model;
  model.node("Relu", "y", {"x"}).clear_name();
  EXPECT_EQ(model.read().nodes()[0]->name(), "y");
}

TEST(ReadOnnx, MakesTheBatchOneWhateverItIs) {
  TestModel fixed({8, 2, 5, 5}), open;
  fixed.node("Relu", "y", {"x"});
  open.node("Relu", "y", {"x"});
  open.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0)->set_dim_param(
      "batch");
  EXPECT_EQ(fixed.read().outputs()[0]->shape(), (Shape{1, 2, 5, 5}));
  EXPECT_EQ(open.read().outputs()[0]->shape(), (Shape{1, 2, 5, 5}));
}

TEST(ReadOnnx, ReadsInitializersFromTypedFieldsRawDataAndConstantNodes) {
  for (const int form : {0, 1, 2}) {
    TestModel model({1, 2});
    const float values[] = {3, -4};
    onnx::TensorProto& b = model.floats("b", {1, 2}, {3, -4});
    if (form > 0) {
      b.clear_float_data();
      b.set_raw_data(values, sizeof values);
    }
    if (form == 2) {
      onnx::AttributeProto& value = *model.node("Constant", "c", {}).add_attribute();
      value.set_name("value");
      value.set_type(onnx::AttributeProto::TENSOR);
      *value.mutable_t() = b;
    }
    model.node("Add", "y", {"x", form == 2 ? "c" : "b"});
    EXPECT_THAT(run(model.read(), {1, 1}), ElementsAre(4, -3)) << "form " << form;
  }
}

TEST(ReadOnnx, TakesInitializersThatOldFilesListAsInputsAsConstants) {
  TestModel model({1, 2});
  model.floats("b", {1, 2}, {3, -4});
  *model.graph().add_input() = model.graph().input(0);
  model.graph().mutable_input(1)->set_name("b");
  model.node("Add", "y", {"x", "b"});
  const Graph graph = model.read();
  EXPECT_EQ(graph.inputs().size(), 1u);
  EXPECT_THAT(run(graph, {1, 1}), ElementsAre(4, -3));
}

/// Top, left, bottom, right of a convolution of a 5x6 image.
std::vector<int> padding(const char* auto_pad, std::initializer_list<std::int64_t> kernel,
                         std::initializer_list<std::int64_t> strides, std::initializer_list<std::int64_t> dilations) {
  TestModel model({1, 1, 5, 6});
  model.initializer("w", {1, 1, *kernel.begin(), *(kernel.begin() + 1)}, onnx::TensorProto::FLOAT)
      .mutable_float_data()
      ->Resize(static_cast<int>(*kernel.begin() * *(kernel.begin() + 1)), 1.0f);
  onnx::NodeProto& node = model.node("Conv", "y", {"x", "w"});
  set(node, "auto_pad", auto_pad);
  set(node, "strides", strides);
  set(node, "dilations", dilations);
  const Graph graph = model.read();
  const Conv2d& op = *graph.nodes()[0]->as<Conv2d>();
  return {op.pad_top, op.pad_left, op.pad_bottom, op.pad_right};
}

TEST(ReadOnnx, ResolvesAutoPad) {
  EXPECT_THAT(padding("SAME_UPPER", {3, 3}, {1, 1}, {1, 1}), ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(padding("SAME_UPPER", {3, 3}, {2, 2}, {1, 1}),
              ElementsAre(1, 0, 1, 1));  // 5 -> 3 needs 2, 6 -> 3 needs 1
  EXPECT_THAT(padding("SAME_LOWER", {3, 3}, {2, 2}, {1, 1}), ElementsAre(1, 1, 1, 0));
  EXPECT_THAT(padding("SAME_UPPER", {2, 2}, {1, 1}, {1, 3}), ElementsAre(0, 1, 1, 2));  // extents 2 and 4
  EXPECT_THAT(padding("SAME_UPPER", {1, 1}, {3, 3}, {1, 1}),
              ElementsAre(0, 0, 0, 0));  // a stride that skips rows pads none
  EXPECT_THAT(padding("VALID", {3, 3}, {2, 2}, {1, 1}), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(padding("NOTSET", {3, 3}, {2, 2}, {1, 1}), ElementsAre(0, 0, 0, 0));
}

TEST(ReadOnnx, TransposesAGemmsWeightsWhenTransBIsZero) {
  TestModel model({1, 2});
  model.floats("w", {2, 3}, {1, 2, 3, 10, 20, 30});
  model.floats("b", {1, 3}, {0.5, 0, 0});
  model.node("Gemm", "y", {"x", "w", "b"});
  const Graph graph = model.read();
  EXPECT_THAT(run(graph, {1, 2}), ElementsAre(21.5, 42, 63));
  EXPECT_EQ(graph.nodes()[0]->input(1)->shape(), (Shape{3, 2}));
  EXPECT_EQ(graph.constants().size(), 2u) << "the weights as they were are gone";
}

TEST(ReadOnnx, TransposesWeightsBehindADequantize) {
  TestModel model({1, 2});
  model.integers("w", {2, 3}, onnx::TensorProto::INT8, {1, 2, 3, 10, 20, 30});
  model.floats("s", {3}, {1, 2, 4});
  model.integers("z", {3}, onnx::TensorProto::INT8, {0, 0, 0});
  set(model.node("DequantizeLinear", "wr", {"w", "s", "z"}), "axis", std::int64_t{1});
  model.node("Gemm", "y", {"x", "wr"});
  EXPECT_THAT(run(model.read(), {1, 2}), ElementsAre(21, 84, 252));
}

TEST(ReadOnnx, TakesAGemmWithoutOutputs) {
  TestModel model({1, 2});
  model.floats("w", {2, 0}, {});
  model.floats("b", {1, 0}, {});
  model.node("Gemm", "y", {"x", "w", "b"});
  EXPECT_EQ(model.read().outputs().front()->shape(), (Shape{1, 0}));
}

TEST(ReadOnnx, BroadcastsAGemmsSingleBias) {
  TestModel model({1, 2});
  model.floats("w", {3, 2}, {1, 0, 0, 1, 1, 1});
  model.floats("b", {1}, {100});
  set(model.node("Gemm", "y", {"x", "w", "b"}), "transB", std::int64_t{1});
  EXPECT_THAT(run(model.read(), {1, 2}), ElementsAre(101, 102, 103));
}

TEST(ReadOnnx, ReadsQuantizationWithOnnxsDefaults) {
  TestModel model({1, 2, 1, 2});
  model.floats("s", {}, {0.5});
  model.node("QuantizeLinear", "q", {"x", "s"});  // no zero point: uint8 and 0
  model.node("DequantizeLinear", "y", {"q", "s"});
  const Graph graph = model.read();
  EXPECT_EQ(to_string(graph.nodes()[0]->output()->type()), "uint8[1x2x1x2] scale 0.5");
  EXPECT_THAT(run(graph, {0.75, -3, 1.25, 200}), ElementsAre(1, 0, 1, 127.5));  // ties go to even, ends saturate
}

TEST(ReadOnnx, ReadsPerChannelQuantizationAlongANegativeAxis) {
  TestModel model({1, 2, 1, 2});
  model.floats("s", {2}, {0.5, 2});
  model.integers("z", {2}, onnx::TensorProto::INT8, {-1, -1});
  set(model.node("QuantizeLinear", "q", {"x", "s", "z"}), "axis", std::int64_t{-3});
  EXPECT_EQ(model.read().nodes()[0]->output()->type().quantization, (Quantization{{0.5f, 2.0f}, -1, 1}));
}

TEST(ReadOnnx, AcceptsCeilModeWhereItChangesNothing) {
  TestModel model({1, 1, 4, 4});
  onnx::NodeProto& node = model.node("MaxPool", "y", {"x"});
  set(node, "kernel_shape", {2, 2});
  set(node, "strides", {2, 2});
  set(node, "ceil_mode", std::int64_t{1});
  EXPECT_EQ(model.read().outputs()[0]->shape(), (Shape{1, 1, 2, 2}));
}

TEST(ReadOnnx, ReadsPreprocessingAndClassNames) {
  TestModel model;
  model.node("Relu", "y", {"x"});
  onnx::StringStringEntryProto& entry = *model.proto.add_metadata_props();
  entry.set_key("bitloom.preprocessing");
  entry.set_value(R"({"range": [-1, 1], "mean": [0.5, 0.25], "std": [2, 4]})");
  EXPECT_EQ(model.read().preprocessing, (Preprocessing{-1, 1, {0.5f, 0.25f}, {2, 4}}));
}

}  // namespace
}  // namespace bitloom::onnx_format
