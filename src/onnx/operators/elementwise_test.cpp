#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ir/interpreter.h"
#include "ir/ops/elementwise.h"
#include "onnx/test_models.h"

namespace bitloom::onnx_format {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

std::vector<std::string> operators(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node* node : graph.nodes()) names.emplace_back(node->op().name());
  return names;
}

std::vector<float> computed(const TestModel& model, std::vector<float> x) {
  const Graph graph = model.read();
  const Tensor y = Interpreter(graph).run(Tensor(graph.inputs().front()->shape(), std::move(x)));
  return {y.floats().begin(), y.floats().end()};
}

onnx::NodeProto& to(onnx::NodeProto& cast, int type) {
  set(cast, "to", std::int64_t{type});
  return cast;
}

TEST(ReadElementwise, ChainsOfManyOperandsBecomeOperatorsOfTwo) {
  TestModel model({1, 2});
  model.floats("c", {2}, {1, 5});
  model.node("Max", "y", {"x", "c", "x"});
  EXPECT_THAT(operators(model.read()), ElementsAre("Max", "Max"));
  EXPECT_THAT(computed(model, {3, 4}), ElementsAre(3, 5));
  TestModel mean({1, 2});
  mean.floats("c", {2}, {1, 5});
  mean.node("Mean", "y", {"x", "c", "c"});
  EXPECT_THAT(computed(mean, {4, 2}), ElementsAre(2, 4));
  TestModel one({1, 2});
  one.node("Sum", "s", {"x"});
  one.node("Relu", "y", {"s"});
  EXPECT_THAT(operators(one.read()), ElementsAre("Relu"));
}

TEST(ReadElementwise, AnEmptyOperandInTheMiddleOfAChainIsRefused) {
  TestModel model({1, 2});
  model.node("Max", "y", {"x", "", "x"});
  EXPECT_THAT(model.error(), HasSubstr("node 'y' (Max): input 2 is missing"));
}

TEST(ReadElementwise, BeforeOpset7TheSecondOperandIsBroadcastFromItsAxisOn) {
  TestModel model({1, 2, 2});
  model.proto.mutable_opset_import(0)->set_version(6);
  model.floats("c", {2}, {10, 20});
  onnx::NodeProto& add = model.node("Add", "y", {"x", "c"});
  EXPECT_THAT(model.error(), HasSubstr("node 'y' (Add): operands of shape 1x2x2 and 2 without broadcast = 1"));
  set(add, "broadcast", std::int64_t{1});
  EXPECT_THAT(computed(model, {1, 2, 3, 4}), ElementsAre(11, 22, 13, 24));
  set(add, "axis", std::int64_t{1});
  EXPECT_THAT(computed(model, {1, 2, 3, 4}), ElementsAre(11, 12, 23, 24));
  add.mutable_attribute(1)->set_i(3);
  EXPECT_THAT(model.error(), HasSubstr("axis 3 of a tensor with 3 axes"));
}

TEST(ReadElementwise, BeforeOpset7SlopesAreOnePerChannel) {
  TestModel model({1, 2, 2});
  model.proto.mutable_opset_import(0)->set_version(6);
  model.floats("slope", {2}, {10, 20});
  model.node("PRelu", "y", {"x", "slope"});
  EXPECT_THAT(computed(model, {-1, -2, -3, -4}), ElementsAre(-10, -20, -60, -80));
}

TEST(ReadClip, BoundsAreAttributesBeforeOpset11AndInputsAfter) {
  TestModel old({1, 3});
  old.proto.mutable_opset_import(0)->set_version(6);
  set(old.node("Clip", "y", {"x"}), "max", 6.0f);
  EXPECT_THAT(computed(old, {-9, 2, 9}), ElementsAre(-9, 2, 6));
  TestModel model({1, 3});
  model.floats("low", {}, {-1});
  model.floats("high", {}, {6});
  model.node("Clip", "y", {"x", "low", "high"});
  EXPECT_THAT(operators(model.read()), ElementsAre("Clip"));
  EXPECT_THAT(computed(model, {-9, 2, 9}), ElementsAre(-1, 2, 6));
  TestModel upper({1, 3});
  upper.floats("high", {}, {6});
  upper.node("Clip", "y", {"x", "", "high"});
  EXPECT_THAT(computed(upper, {-9, 2, 9}), ElementsAre(-9, 2, 6));
}

TEST(ReadClip, ComputedBoundsAndBoundsOfIntegersAreAMaxAndAMin) {
  TestModel model({1, 3});
  model.floats("low", {}, {1});
  model.node("Abs", "high", {"x"});
  model.node("Clip", "y", {"x", "low", "high"});
  EXPECT_THAT(operators(model.read()), ElementsAre("Abs", "Max", "Min"));
  TestModel integers({1, 3});
  integers.integers("low", {}, onnx::TensorProto::INT32, {0});
  to(integers.node("Cast", "i", {"x"}), onnx::TensorProto::INT32);
  integers.node("Clip", "c", {"i", "low"});
  to(integers.node("Cast", "y", {"c"}), onnx::TensorProto::FLOAT);
  EXPECT_THAT(operators(integers.read()), ElementsAre("Cast", "Max", "Cast"));
  EXPECT_THAT(computed(integers, {-9, 2, 9}), ElementsAre(0, 2, 9));
}

TEST(ReadCast, OfFloatsToFloatsLeavesAtMostTheRounding) {
  TestModel model({1, 2});
  to(model.node("Cast", "half", {"x"}), onnx::TensorProto::FLOAT16);
  to(model.node("Cast", "double", {"half"}), onnx::TensorProto::DOUBLE);
  model.node("Relu", "y", {"double"});
  EXPECT_THAT(operators(model.read()), ElementsAre("Cast", "Relu"));
  EXPECT_THAT(computed(model, {0.1f, 1}), ElementsAre(0.0999755859375f, 1));
}

TEST(ReadCast, RefusesStrings) {
  TestModel model({1, 2});
  to(model.node("Cast", "y", {"x"}), onnx::TensorProto::STRING);
  EXPECT_THAT(model.error(), HasSubstr("node 'y' (Cast): casts to STRING; supported: floats of 16 to 64 bits, integers of 8 to 64 bits, bool"));
}

TEST(ReadCastLike, TakesTheTypeThatTheFileDeclaresWhichOursMayNotTell) {
  TestModel model({1, 2});
  model.proto.mutable_opset_import(0)->set_version(15);
  model.initializer("like", {1}, onnx::TensorProto::FLOAT16).add_int32_data(0);
  model.node("CastLike", "y", {"x", "like"});
  EXPECT_THAT(computed(model, {0.1f, 1}), ElementsAre(0.0999755859375f, 1));
}

TEST(ReadDropout, DisappearsAndItsMaskIsTrue) {
  TestModel model({1, 2});
  model.floats("ratio", {}, {0.3f});
  model.node("Dropout", "d", {"x", "ratio"});
  model.node("Relu", "y", {"d"});
  EXPECT_THAT(operators(model.read()), ElementsAre("Relu"));
  TestModel masked({1, 2});
  masked.node("Dropout", "d", {"x"}).add_output("mask");
  masked.node("Where", "y", {"mask", "d", "d"});
  EXPECT_THAT(computed(masked, {1, 2}), ElementsAre(1, 2));
  TestModel training({1, 2});
  training.floats("ratio", {}, {0.3f});
  training.integers("mode", {}, onnx::TensorProto::BOOL, {1});
  training.node("Dropout", "y", {"x", "ratio", "mode"});
  EXPECT_THAT(training.error(), HasSubstr("node 'y' (Dropout): training mode is on; export the model for inference"));
}

TEST(ReadElementwise, ComputesWithShapesWhileReading) {
  TestModel model({1, 2});
  model.initializer("a", {2}, onnx::TensorProto::INT64).add_int64_data(7);
  model.graph().mutable_initializer(0)->add_int64_data(-7);
  model.initializer("b", {}, onnx::TensorProto::INT64).add_int64_data(2);
  model.node("Div", "quotient", {"a", "b"});
  model.node("Equal", "positive", {"quotient", "three"});
  model.initializer("three", {}, onnx::TensorProto::INT64).add_int64_data(3);
  model.node("Where", "chosen", {"positive", "a", "b"});
  to(model.node("Cast", "real", {"chosen"}), onnx::TensorProto::FLOAT);
  model.node("Mul", "y", {"x", "real"});
  EXPECT_THAT(operators(model.read()), ElementsAre("Mul"));
  EXPECT_THAT(computed(model, {1, 10}), ElementsAre(7, 20));
}

/// Reads `model`, which spells out an activation, and expects one operator that computes what `function` does.
template <class T>
void expect_recognized(const TestModel& model, T function) {
  EXPECT_THAT(operators(model.read()), ElementsAre(std::string(T::kName)));
  const std::vector<float> x{-2.5f, -0.5f, 0.75f, 4};
  std::vector<float> expected;
  for (const float value : x) expected.push_back(function.apply(value));
  EXPECT_THAT(computed(model, x), ElementsAreArray(expected));
}

TEST(RecognizeActivation, HardSwishAsMobileNetV3sAreExportedBeforeOpset14) {
  TestModel model({1, 4});
  model.floats("three", {}, {3});
  model.floats("six", {}, {6});
  model.floats("zero", {}, {0});
  model.node("Add", "shifted", {"x", "three"});
  model.node("Clip", "clipped", {"shifted", "zero", "six"});
  model.node("Mul", "product", {"x", "clipped"});
  model.node("Div", "y", {"product", "six"});
  expect_recognized(model, HardSwish{});
}

TEST(RecognizeActivation, GeluAsTransformersAreExportedBeforeOpset20WhateverTheOrderOfTheFactors) {
  for (const bool half_first : {true, false}) {
    TestModel model({1, 4});
    model.floats("root", {}, {std::sqrt(2.0f)});
    model.floats("one", {}, {1});
    model.floats("half", {}, {0.5f});
    model.node("Div", "argument", {"x", "root"});
    model.node("Erf", "erf", {"argument"});
    model.node("Add", "gate", {"one", "erf"});
    model.node("Mul", "first", {"x", half_first ? "half" : "gate"});
    model.node("Mul", "y", {"first", half_first ? "gate" : "half"});
    expect_recognized(model, Gelu{});
  }
}

TEST(RecognizeActivation, GeluByTanhWithTheCubeAsAPower) {
  TestModel model({1, 4});
  model.floats("three", {}, {3});
  model.floats("cubic", {}, {0.044715f});
  model.floats("factor", {}, {0.7978845608028654f});
  model.floats("one", {}, {1});
  model.floats("half", {}, {0.5f});
  model.node("Pow", "cube", {"x", "three"});
  model.node("Mul", "share", {"cubic", "cube"});
  model.node("Add", "sum", {"x", "share"});
  model.node("Mul", "argument", {"factor", "sum"});
  model.node("Tanh", "bent", {"argument"});
  model.node("Add", "gate", {"bent", "one"});
  model.node("Mul", "scaled", {"half", "gate"});
  model.node("Mul", "y", {"x", "scaled"});
  Gelu op;
  op.tanh = true;
  expect_recognized(model, op);
}

TEST(RecognizeActivation, LeavesAloneWhatDiffersInAFactorOrAConstant) {
  TestModel other({1, 4});
  other.floats("c", {}, {2});
  other.node("Mul", "z", {"x", "c"});
  other.node("Softplus", "softplus", {"x"});
  other.node("Tanh", "gate", {"softplus"});
  other.node("Mul", "y", {"z", "gate"});
  EXPECT_THAT(operators(other.read()), ElementsAre("Mul", "Softplus", "Tanh", "Mul"));
  TestModel slope({1, 4});
  set(slope.node("HardSigmoid", "gate", {"x"}), "alpha", 0.2f);
  slope.node("Mul", "y", {"x", "gate"});
  EXPECT_THAT(operators(slope.read()), ElementsAre("HardSigmoid", "Mul"));
}

TEST(RecognizeActivation, KeepsTheNodesThatOthersRead) {
  TestModel model({1, 4});
  model.node("Softplus", "softplus", {"x"});
  model.node("Tanh", "gate", {"softplus"});
  model.node("Mul", "mish", {"gate", "x"});
  model.node("Add", "y", {"mish", "softplus"});
  EXPECT_THAT(operators(model.read()), ElementsAre("Softplus", "Mish", "Add"));
}

TEST(RecognizeActivation, IsNotLostInAChainOfSquares) {
  TestModel model({1, 4});
  std::string last = "x";
  for (int i = 0; i < 60; ++i) {
    const std::string name = "square" + std::to_string(i);
    model.node("Mul", name, {last.c_str(), last.c_str()});
    last = name;
  }
  EXPECT_EQ(model.read().nodes().size(), 60u);  // and at once: the pattern is looked for some factors deep only
}

}  // namespace
}  // namespace bitloom::onnx_format
