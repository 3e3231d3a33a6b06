#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "ir/interpreter.h"
#include "ir/ops/resize.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/slice.h"
#include "onnx/test_models.h"

namespace bitloom::onnx_format {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kFarthest = std::numeric_limits<std::int64_t>::max();

void indices(TestModel& model, const std::string& name, const std::vector<std::int64_t>& values) {
  onnx::TensorProto& tensor = model.initializer(name, {static_cast<std::int64_t>(values.size())}, onnx::TensorProto::INT64);
  for (const std::int64_t value : values) tensor.add_int64_data(value);
}

void set_opset(TestModel& model, std::int64_t version) { model.proto.mutable_opset_import(0)->set_version(version); }

std::vector<float> run(const Graph& graph, std::vector<float> input) {
  const Tensor output = Interpreter(graph).run(Tensor(graph.inputs()[0]->shape(), std::move(input)));
  return {output.floats().begin(), output.floats().end()};
}

TEST(ReadReshape, UnderstandsTheBatchThatTheFileWasExportedFor) {
  for (const std::vector<std::int64_t>& target : {std::vector<std::int64_t>{8, -1}, {-1, 6}, {0, 6}, {8, 6}}) {
    TestModel model({8, 2, 3});
    indices(model, "shape", target);
    model.node("Reshape", "y", {"x", "shape"});
    const Graph graph = model.read();
    EXPECT_EQ(graph.outputs()[0]->shape(), (Shape{1, 6}));
    EXPECT_TRUE(graph.nodes()[0]->is<Flatten>());
    EXPECT_EQ(Interpreter(graph).run(Tensor({5, 2, 3}, std::vector<float>(30))).shape(), (Shape{5, 6}));
  }
}

TEST(ReadReshape, TakesItsShapeFromAnAttributeBeforeOpset5AndZerosAsTheyAreWhenAsked) {
  TestModel old({1, 2, 3});
  set_opset(old, 4);
  set(old.node("Reshape", "y", {"x"}), "shape", {0, 3, 2});
  EXPECT_EQ(old.read().outputs()[0]->shape(), (Shape{1, 3, 2}));
  TestModel model({1, 2, 3});
  indices(model, "shape", {1, 0, 6});
  set(model.node("Reshape", "y", {"x", "shape"}), "allowzero", std::int64_t{1});
  EXPECT_THAT(model.error(), HasSubstr("node 'y' (Reshape): makes 1x0x6 of 1x2x3, which has 6 elements"));
}

TEST(ReadReshape, RefusesImpossibleShapes) {
  const auto error = [](const std::vector<std::int64_t>& target) {
    TestModel model({1, 2, 3});
    indices(model, "shape", target);
    model.node("Reshape", "y", {"x", "shape"});
    return model.error();
  };
  EXPECT_THAT(error({-1, -1}), HasSubstr("shape [-1, -1] of 1x2x3 is impossible"));
  EXPECT_THAT(error({-1, 4}), HasSubstr("leaves no whole number for -1"));
  EXPECT_THAT(error({1 << 20, 1 << 20, 1 << 20}), HasSubstr("is impossible"));
  EXPECT_THAT(error({1, 2, 3, 0}), HasSubstr("copies a dimension that is not there"));
}

TEST(ReadShape, ChainsThatComputeAShapeVanish) {
  TestModel model({1, 2, 3});
  model.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0)->set_dim_param("N");
  indices(model, "zero", {0});
  indices(model, "rest", {-1});
  model.node("Shape", "shape", {"x"});
  model.node("Gather", "batch", {"shape", "zero"});
  set(model.node("Concat", "target", {"batch", "rest"}), "axis", std::int64_t{0});
  model.node("Reshape", "y", {"x", "target"});
  const Graph graph = model.read();
  EXPECT_EQ(graph.nodes().size(), 1u);
  EXPECT_TRUE(graph.constants().empty());
  EXPECT_EQ(graph.outputs()[0]->shape(), (Shape{1, 6}));
}

TEST(ReadSqueeze, WithoutAxesLeavesAnOpenBatch) {
  TestModel fixed({1, 4, 1, 1}), open({1, 4, 1, 1});
  fixed.node("Squeeze", "y", {"x"});
  open.node("Squeeze", "y", {"x"});
  open.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0)->set_dim_param("N");
  EXPECT_EQ(fixed.read().outputs()[0]->shape(), (Shape{4}));
  EXPECT_EQ(open.read().outputs()[0]->shape(), (Shape{1, 4}));
}

TEST(ReadSqueeze, RefusesWhatIsNotOne) {
  TestModel model({1, 4, 1});
  indices(model, "axes", {1});
  model.node("Squeeze", "y", {"x", "axes"});
  EXPECT_THAT(model.error(), HasSubstr("node 'y' (Squeeze): axis 1 of 1x4x1 is not 1"));
}

TEST(ReadSlice, ResolvesAndClampsAttributesOfOldFiles) {
  TestModel model({1, 6});
  set_opset(model, 9);
  onnx::NodeProto& node = model.node("Slice", "y", {"x"});
  set(node, "axes", {1});
  set(node, "starts", {-4});
  set(node, "ends", {1000});
  EXPECT_THAT(run(model.read(), {0, 1, 2, 3, 4, 5}), ElementsAre(2, 3, 4, 5));
}

TEST(ReadSlice, WalksBackwardsToTheBeginning) {
  TestModel model({1, 6});
  indices(model, "starts", {kFarthest});
  indices(model, "ends", {-kFarthest});
  indices(model, "axes", {-1});
  indices(model, "steps", {-2});
  model.node("Slice", "y", {"x", "starts", "ends", "axes", "steps"});
  EXPECT_THAT(run(model.read(), {0, 1, 2, 3, 4, 5}), ElementsAre(5, 3, 1));
}

TEST(ReadSplit, IsOneSliceAnOutput) {
  TestModel model({1, 5});
  onnx::NodeProto& node = model.node("Split", "a", {"x"});
  set(node, "axis", std::int64_t{1});
  set(node, "num_outputs", std::int64_t{2});
  node.add_output("b");
  model.graph().add_output()->set_name("b");
  set_opset(model, 18);
  const Graph graph = model.read();
  EXPECT_EQ(graph.nodes_of<Slice>().size(), 2u);
  EXPECT_EQ(graph.outputs()[0]->shape(), (Shape{1, 3}));
  EXPECT_EQ(graph.outputs()[1]->shape(), (Shape{1, 2}));
}

TEST(ReadPad, KnowsTheFormsOfAllOpsets) {
  const auto padded = [](std::int64_t opset, const char* name) {
    TestModel model({1, 2});
    set_opset(model, opset);
    onnx::NodeProto& node = model.node("Pad", "y", {"x"});
    set(node, name, {0, 1, 0, 0});
    set(node, "value", 7.0f);
    return run(model.read(), {1, 2});
  };
  EXPECT_THAT(padded(1, "paddings"), ElementsAre(7, 1, 2));
  EXPECT_THAT(padded(2, "pads"), ElementsAre(7, 1, 2));
  TestModel model({1, 2});
  set_opset(model, 18);
  indices(model, "pads", {1, -1});
  indices(model, "axes", {-1});
  model.floats("value", {}, {7});
  model.node("Pad", "y", {"x", "pads", "value", "axes"});
  EXPECT_THAT(run(model.read(), {1, 2}), ElementsAre(7, 1));
}

TEST(ReadResize, KeepsTheAspectRatioOfAnImage) {
  for (const auto& [policy, expected] : {std::pair{"not_larger", Shape{1, 1, 6, 3}}, {"not_smaller", Shape{1, 1, 8, 4}}}) {
    TestModel model({1, 1, 4, 2});
    set_opset(model, 18);
    indices(model, "sizes", {6, 4});
    onnx::NodeProto& node = model.node("Resize", "y", {"x", "", "", "sizes"});
    set(node, "axes", {2, 3});
    set(node, "keep_aspect_ratio_policy", policy);
    EXPECT_EQ(model.read().outputs()[0]->shape(), expected);
  }
}

TEST(ReadResize, OldFilesTakeThePixelBelowWhenEnlargingAndAboveWhenShrinking) {
  const auto resized = [](const char* type, std::int64_t opset, float scale) {
    TestModel model({1, 4});
    set_opset(model, opset);
    model.floats("scales", {2}, {1, scale});
    model.node(type, "y", {"x", "scales"});
    return run(model.read(), {1, 2, 3, 4});
  };
  EXPECT_THAT(resized("Resize", 10, 1.5f), ElementsAre(1, 1, 2, 3, 3, 4));
  EXPECT_THAT(resized("Resize", 10, 0.6f), ElementsAre(1, 3));
  EXPECT_THAT(resized("Upsample", 9, 2), ElementsAre(1, 1, 2, 2, 3, 3, 4, 4));
}

TEST(ReadResize, RefusesByNameWhatItDoesNotDo) {
  TestModel model({1, 4});
  set_opset(model, 18);
  model.floats("scales", {2}, {1, 2});
  onnx::NodeProto& node = model.node("Resize", "y", {"x", "", "scales"});
  set(node, "antialias", std::int64_t{1});
  EXPECT_THAT(model.error(), HasSubstr("node 'y' (Resize): antialias = 1 is not supported"));
  node.clear_attribute();
  set(node, "mode", "bicubic");
  EXPECT_THAT(model.error(), HasSubstr("mode 'bicubic' is not supported; supported: nearest, linear, cubic"));
}

TEST(WriteResize, ComputesTheBatchWhereOnlySizesSayIt) {
  // 41 * float(1 / 41) is less than 1, so no scale gives this size.
  Graph graph("g");
  Resize op;
  op.coordinates = ResizeCoordinates::kAlignCorners;
  op.mode = ResizeMode::kLinear;
  op.sizes = {1, 1, 1, 1};
  op.scales = {1, 1, 1.0f / 41, 1};
  ASSERT_LT(41 * op.scales[2], 1);
  graph.set_outputs({graph.add("resize", op, {graph.add_input("x", {{1, 1, 41, 1}, ElementType::float32(), {}})})});
  EXPECT_EQ(to_text(from_bytes(to_bytes(graph), "m.onnx")), to_text(graph));
}

TEST(ReadConstants, RefuseWhatHasNoEndOrNoPlace) {
  TestModel range({1, 2});
  range.floats("start", {}, {0});
  range.floats("limit", {}, {1});
  range.floats("step", {}, {0});
  range.node("Range", "y", {"start", "limit", "step"});
  EXPECT_THAT(range.error(), HasSubstr("node 'y' (Range): its steps do not lead to an end"));

  TestModel filled({1, 2});
  indices(filled, "shape", {1 << 20, 1 << 10});
  filled.node("ConstantOfShape", "y", {"shape"});
  EXPECT_THAT(filled.error(), HasSubstr("node 'y' (ConstantOfShape): it would compute a constant of 1048576x1024"));

  TestModel counted({1, 2});
  counted.node("NonZero", "y", {"x"});
  EXPECT_THAT(counted.error(), HasSubstr("node 'y' (NonZero): the tensor whose elements are counted ('x') is not a constant"));

  TestModel text({1, 2});
  set(text.node("Constant", "y", {}), "value_string", "words");
  EXPECT_THAT(text.error(), HasSubstr("node 'y' (Constant): it holds no numbers; supported: value, value_float"));
}

TEST(ReadScatter, RefusesReductions) {
  TestModel model({1, 4});
  indices(model, "at", {0});
  set(model.node("ScatterND", "y", {"x", "at", "x"}), "reduction", "add");
  EXPECT_THAT(model.error(), HasSubstr("node 'y' (ScatterND): reduction 'add' is not supported"));
}

}  // namespace
}  // namespace bitloom::onnx_format
