#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/interpreter.h"
#include "onnx/test_models.h"

/// Reading networks that quantize their activations while they run.
namespace bitloom::onnx_format {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;

std::vector<float> run(const Graph& graph, std::vector<float> input) {
  const Tensor output = Interpreter(graph).run(Tensor(graph.inputs()[0]->shape(), std::move(input)));
  return {output.floats().begin(), output.floats().end()};
}

/// x, its DynamicQuantizeLinear (q, q_scale, q_zero), and the constants of a layer behind it.
TestModel dynamic_model(std::initializer_list<std::int64_t> image) {
  TestModel model(image);
  onnx::NodeProto& quantize = model.node("DynamicQuantizeLinear", "q", {"x"});
  quantize.add_output("q_scale");
  quantize.add_output("q_zero");
  model.floats("w_scale", {}, {0.5});
  return model;
}

TEST(ReadOnnx, TakesADynamicallyQuantizedLayerAsItIs) {
  TestModel model = dynamic_model({1, 2});
  model.integers("w", {2, 1}, onnx::TensorProto::INT8, {3, -1});
  model.integers("w_zero", {1}, onnx::TensorProto::INT8, {1});
  model.node("MatMulInteger", "sum", {"q", "w", "q_zero", "w_zero"});
  set(model.node("Cast", "real", {"sum"}), "to", std::int64_t{onnx::TensorProto::FLOAT});
  model.node("Mul", "scale", {"q_scale", "w_scale"});
  model.node("Mul", "y", {"real", "scale"});
  const Graph graph = model.read();
  EXPECT_THAT(to_text(graph), HasSubstr("%sum = MatMulInteger(%q, %w, %q.2, %w_zero)"));
  EXPECT_THAT(run(graph, {-51, 204}), ElementsAre(FloatEq(-51 * 1 + 204 * -1)));  // scale 1, weights (2, -2) halved
  EXPECT_EQ(to_text(from_bytes(to_bytes(graph), "m.onnx")), to_text(graph));
}

TEST(ReadOnnx, TakesADynamicallyQuantizedConvolutionOfALine) {
  TestModel model = dynamic_model({1, 1, 3});
  model.integers("w", {1, 1, 2}, onnx::TensorProto::UINT8, {3, 5});
  set(model.node("ConvInteger", "sum", {"q", "w", "q_zero"}), "pads", {1, 0});
  set(model.node("Cast", "y", {"sum"}), "to", std::int64_t{onnx::TensorProto::FLOAT});
  const Graph graph = model.read();
  EXPECT_EQ(graph.outputs()[0]->shape(), (Shape{1, 1, 3}));
  EXPECT_THAT(run(graph, {0, 255, -255}), ElementsAre(0, 5 * 127, 3 * 127 - 5 * 128));  // scale 2, zero point 128: a tie, as is 255 / 2
}

TEST(ReadOnnx, TakesAnInputOfIntegersAsTheNumbersThatTheyAre) {
  TestModel model({1, 1, 1, 2});
  model.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::UINT8);
  model.integers("w", {1, 1, 1, 1}, onnx::TensorProto::INT8, {-2});
  model.integers("z", {}, onnx::TensorProto::UINT8, {100});
  model.node("ConvInteger", "sum", {"x", "w", "z"});
  set(model.node("Cast", "y", {"sum"}), "to", std::int64_t{onnx::TensorProto::FLOAT});
  EXPECT_THAT(run(model.read(), {255, 0}), ElementsAre(-310, 200));
}

TEST(ReadOnnx, DequantizesByAScaleThatTheNetworkComputes) {
  TestModel model = dynamic_model({1, 2});
  model.node("DequantizeLinear", "y", {"q", "q_scale", "q_zero"});
  EXPECT_THAT(run(model.read(), {-51.3f, 203.7f}), ElementsAre(FloatEq(-51), FloatEq(204)));
}

TEST(ReadOnnx, TakesAZeroPointPerRowOfAMatrix) {
  TestModel model({1, 3});
  model.integers("a", {2, 1}, onnx::TensorProto::UINT8, {10, 20});
  model.integers("b", {1, 3}, onnx::TensorProto::UINT8, {1, 2, 3});
  model.integers("za", {2}, onnx::TensorProto::UINT8, {9, 18});
  model.node("MatMulInteger", "sum", {"a", "b", "za"});
  set(model.node("Cast", "real", {"sum"}), "to", std::int64_t{onnx::TensorProto::FLOAT});
  model.node("Add", "y", {"x", "real"});
  EXPECT_THAT(run(model.read(), {0, 0, 0}), ElementsAre(1, 2, 3, 2, 4, 6));
}

TEST(ReadOnnx, RefusesIntegersThatItCannotPlace) {
  TestModel model({1, 2});
  model.integers("w", {2, 1}, onnx::TensorProto::INT8, {3, -1});
  model.node("MatMulInteger", "y", {"x", "w"});
  EXPECT_THAT(model.error(), HasSubstr("m.onnx: node 'y' (MatMulInteger): operand 'a' is float32, not an integer"));

  TestModel scales({1, 2});
  scales.integers("q", {1, 2}, onnx::TensorProto::INT8, {3, -1});
  scales.node("DequantizeLinear", "y", {"q", "x"});
  EXPECT_THAT(scales.error(), HasSubstr("(DequantizeLinear): the scale is computed and not one number"));
}

}  // namespace
}  // namespace bitloom::onnx_format
