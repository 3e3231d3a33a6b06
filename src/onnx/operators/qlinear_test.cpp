#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/interpreter.h"
#include "ir/ops/quantization.h"
#include "onnx/test_models.h"

/// Reading operators on integers with their scales beside them: each computes what its float operator does between dequantizing and
/// quantizing.
namespace bitloom::onnx_format {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<float> run(const Graph& graph, std::vector<float> input) {
  const Tensor output = Interpreter(graph).run(Tensor(graph.inputs()[0]->shape(), std::move(input)));
  return {output.floats().begin(), output.floats().end()};
}

/// x as uint8 with scale 0.5 and zero point 10 ("q"), and as operands ("xs", "xz"); y's scale 0.25 and zero point 3 ("ys", "yz").
TestModel quantized_model(std::initializer_list<std::int64_t> image) {
  TestModel model(image);
  model.proto.add_opset_import()->set_domain("com.microsoft");
  model.proto.mutable_opset_import(1)->set_version(1);
  model.floats("xs", {}, {0.5});
  model.integers("xz", {}, onnx::TensorProto::UINT8, {10});
  model.floats("ys", {}, {0.25});
  model.integers("yz", {}, onnx::TensorProto::UINT8, {3});
  model.node("QuantizeLinear", "q", {"x", "xs", "xz"});
  return model;
}

onnx::NodeProto& microsoft(TestModel& model, const char* type, std::initializer_list<const char*> inputs) {
  onnx::NodeProto& node = model.node(type, "sum", inputs);
  node.set_domain("com.microsoft");
  return node;
}

/// The model's integers "sum" as reals, "y".
Graph dequantized(TestModel& model) {
  model.node("DequantizeLinear", "y", {"sum", "ys", "yz"});
  return model.read();
}

TEST(ReadQLinear, MulOfABroadcastConstant) {
  TestModel model = quantized_model({1, 2, 1, 2});
  model.integers("b", {2, 1, 1}, onnx::TensorProto::UINT8, {4, 8});
  microsoft(model, "QLinearMul", {"q", "xs", "xz", "b", "xs", "xz", "ys", "yz"});
  // b stands for -3 and -1; y is at least -0.75, which uint8 has as 0, and at most 63.
  EXPECT_THAT(run(dequantized(model), {-1, -2.5f, -4.5f, 1}), ElementsAre(3, 7.5f, 4.5f, -0.75f));
}

TEST(ReadQLinear, ConcatOfTensorsWithScalesOfTheirOwn) {
  TestModel model = quantized_model({1, 1, 1, 2});
  model.integers("b", {1, 1, 1, 2}, onnx::TensorProto::UINT8, {3, 255});
  set(microsoft(model, "QLinearConcat", {"ys", "yz", "q", "xs", "xz", "b", "ys", "yz"}), "axis", std::int64_t{-1});
  EXPECT_THAT(run(dequantized(model), {1.5f, -0.5f}), ElementsAre(1.5f, -0.5f, 0, 63));
}

TEST(ReadQLinear, AveragePoolOverPositionsInside) {
  TestModel model = quantized_model({1, 1, 1, 3});
  onnx::NodeProto& pool = microsoft(model, "QLinearAveragePool", {"q", "xs", "xz", "ys", "yz"});
  set(pool, "kernel_shape", {1, 2});
  set(pool, "pads", {0, 1, 0, 0});
  EXPECT_THAT(run(dequantized(model), {1, 2, 3}), ElementsAre(1, 1.5f, 2.5f));
}

TEST(ReadQLinear, PoolsOfImagesWithTheirChannelsLast) {
  TestModel model = quantized_model({1, 1, 2, 2});  // one row of two pixels with two channels each
  set(microsoft(model, "QLinearGlobalAveragePool", {"q", "xs", "xz", "ys", "yz"}), "channels_last", std::int64_t{1});
  const Graph graph = dequantized(model);
  EXPECT_EQ(graph.outputs()[0]->shape(), (Shape{1, 1, 1, 2}));
  EXPECT_THAT(run(graph, {1, 10, 2, 20}), ElementsAre(1.5f, 15));
}

TEST(ReadQLinear, GlobalAveragePoolOfChannelsFirst) {
  TestModel model = quantized_model({1, 2, 1, 2});
  microsoft(model, "QLinearGlobalAveragePool", {"q", "xs", "xz", "ys", "yz"});
  EXPECT_THAT(run(dequantized(model), {1, 2, 10, 20}), ElementsAre(1.5f, 15));
}

TEST(ReadQLinear, LeakyReluWithoutAZeroPointKeepsTheTypeAndTakesZero) {
  TestModel model = quantized_model({1, 2});
  model.integers("xi", {}, onnx::TensorProto::INT8, {0});
  model.node("QuantizeLinear", "qi", {"x", "xs", "xi"});
  set(microsoft(model, "QLinearLeakyRelu", {"qi", "xs", "xi", "ys"}), "alpha", 0.125f);
  model.node("DequantizeLinear", "y", {"sum", "ys"});
  const Graph graph = model.read();
  EXPECT_EQ(to_string(graph.outputs()[0]->producer()->input(0)->type()), "int8[1x2] scale 0.25");
  EXPECT_THAT(run(graph, {3, -4}), ElementsAre(3, -0.5f));
}

TEST(ReadQLinear, MatMulOfMatricesOfSeveralImagesWithAScalePerColumn) {
  TestModel model = quantized_model({1, 2, 2});
  model.integers("b", {2, 2}, onnx::TensorProto::INT8, {1, 2, 3, 4});
  model.floats("bs", {2}, {1, 0.5});
  model.integers("bz", {2}, onnx::TensorProto::INT8, {0, 0});
  model.node("QLinearMatMul", "sum", {"q", "xs", "xz", "b", "bs", "bz", "ys", "yz"});
  EXPECT_THAT(run(dequantized(model), {1, 0, 1, 1}), ElementsAre(1, 1, 4, 3));
}

TEST(ReadQLinear, ConvOfALineAndOfAVolume) {
  TestModel line = quantized_model({1, 1, 3});
  line.integers("w", {1, 1, 2}, onnx::TensorProto::INT8, {1, 2});
  line.floats("ws", {1}, {0.5});
  line.integers("wz", {1}, onnx::TensorProto::INT8, {0});
  line.node("QLinearConv", "sum", {"q", "xs", "xz", "w", "ws", "wz", "ys", "yz"});
  EXPECT_THAT(run(dequantized(line), {1, 2, 3}), ElementsAre(2.5f, 4));

  TestModel volume = quantized_model({1, 1, 2, 1, 1});
  volume.integers("w", {1, 1, 2, 1, 1}, onnx::TensorProto::INT8, {1, 2});
  volume.floats("ws", {}, {0.5});
  volume.integers("wz", {}, onnx::TensorProto::INT8, {0});
  volume.node("QLinearConv", "sum", {"q", "xs", "xz", "w", "ws", "wz", "ys", "yz"});
  EXPECT_THAT(run(dequantized(volume), {1, 2}), ElementsAre(2.5f));
}

TEST(ReadQLinear, ConvOfOneChannelWhoseScaleIsAList) {
  TestModel model = quantized_model({1, 1, 1, 1});
  model.floats("list", {1}, {0.5});
  model.node("QuantizeLinear", "p", {"x", "list", "xz"});
  model.integers("w", {1, 1, 1, 1}, onnx::TensorProto::INT8, {3});
  model.floats("ws", {}, {1});
  model.integers("wz", {}, onnx::TensorProto::INT8, {0});
  model.node("QLinearConv", "sum", {"p", "list", "xz", "w", "ws", "wz", "ys", "yz"});
  EXPECT_THAT(run(dequantized(model), {2}), ElementsAre(6));
}

TEST(ReadQLinear, RefusesWhatIsIncomplete) {
  TestModel concat = quantized_model({1, 2});
  microsoft(concat, "QLinearConcat", {"ys", "yz", "q", "xs", "xz", "q"});
  EXPECT_THAT(concat.error(), HasSubstr("m.onnx: node 'sum' (QLinearConcat): 6 inputs; give a scale and a zero point"));
  TestModel empty;
  microsoft(empty, "QLinearConcat", {"ys", "yz"});  // a multiple of three behind them, but none
  EXPECT_THAT(empty.error(), HasSubstr("m.onnx: node 'sum' (QLinearConcat): 2 inputs, where it takes 5 to"));
  TestModel scales = quantized_model({1, 2});
  scales.floats("two", {2}, {1, 2});
  microsoft(scales, "QLinearLeakyRelu", {"q", "xs", "xz", "two", "yz"});
  EXPECT_THAT(scales.error(), HasSubstr("2 scales for a tensor that takes one; quantize it per tensor"));
}

TEST(ReadQuantizeLinear, OfOneChannelAndOneScaleIsOfTheTensor) {
  TestModel model({1, 1, 2, 2});
  model.floats("list", {1}, {0.5});
  model.integers("zero", {1}, onnx::TensorProto::UINT8, {3});
  model.node("QuantizeLinear", "q", {"x", "list", "zero"});
  model.node("DequantizeLinear", "y", {"q", "list", "zero"});
  EXPECT_EQ(model.read().nodes_of<Quantize>().front()->as<Quantize>()->quantization.axis, -1);
}

TEST(ReadDequantizeLinear, RefusesIntegersThatStandForNothing) {
  TestModel model({1, 2});
  onnx::TensorProto& w = model.initializer("w", {2}, onnx::TensorProto::INT64);
  w.add_int64_data(1), w.add_int64_data(2);
  model.floats("s", {}, {0.5});
  model.node("DequantizeLinear", "d", {"w", "s"});
  model.node("Add", "y", {"x", "d"});
  EXPECT_THAT(model.error(), HasSubstr("(DequantizeLinear): input 1 is int64; dequantize integers of at most 32 bits, signed"));
}

}  // namespace
}  // namespace bitloom::onnx_format
