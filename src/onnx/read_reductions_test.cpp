#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ir/interpreter.h"
#include "ir/ops/conv_transpose2d.h"
#include "ir/ops/gemm.h"
#include "ir/ops/matmul.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/reduce.h"
#include "ir/ops/softmax.h"
#include "onnx/test_models.h"

/// Reading windows, reductions, products and normalizations: where ONNX says the same in several ways, by opset or by
/// default.
namespace bitloom::onnx_format {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;

std::vector<float> run(const Graph& graph, std::vector<float> input) {
  const Tensor output = Interpreter(graph).run(Tensor(graph.inputs()[0]->shape(), std::move(input)));
  return {output.floats().begin(), output.floats().end()};
}

void set_opset(TestModel& model, std::int64_t opset) {
  model.proto.mutable_opset_import(0)->set_version(opset);
}

/// Bottom and right pads that ceil_mode gives a 3x3 pool with stride 2 of a 5x6 image with `pads`.
std::vector<int> ceil_pads(std::initializer_list<std::int64_t> pads) {
  TestModel model({1, 1, 5, 6});
  onnx::NodeProto& node = model.node("MaxPool", "y", {"x"});
  set(node, "kernel_shape", {3, 3});
  set(node, "strides", {2, 2});
  set(node, "pads", pads);
  set(node, "ceil_mode", std::int64_t{1});
  const Graph graph = model.read();
  const PoolWindow& window = graph.nodes()[0]->as<MaxPool2d>()->window;
  return {window.pad_bottom, window.pad_right};
}

TEST(ReadOnnx, TurnsCeilModeIntoPaddingAtTheEnd) {
  EXPECT_THAT(ceil_pads({0, 0, 0, 0}),
              ElementsAre(0, 1));  // 5 rows: windows at 0 and 2 fit; 6 columns: one at 4 needs a seventh
  EXPECT_THAT(ceil_pads({1, 1, 0, 1}), ElementsAre(1, 2));  // the last windows begin at row and column 3 and 5
  EXPECT_THAT(ceil_pads({0, 0, 2, 1}), ElementsAre(2, 1));  // nothing left over
}

TEST(ReadOnnx, LeavesOutAWindowOfCeilModeThatWouldBeginInThePadding) {
  TestModel model({1, 1, 1, 2});
  onnx::NodeProto& node = model.node("AveragePool", "y", {"x"});
  set(node, "kernel_shape", {1, 2});
  set(node, "strides", {1, 2});
  set(node, "pads", {0, 0, 0, 1});
  set(node, "ceil_mode", std::int64_t{1});
  EXPECT_THAT(run(model.read(), {1, 3}), ElementsAre(2));
}

TEST(ReadOnnx, TakesAnLpPoolAsTheRootOfASumOfPowers) {
  TestModel model({1, 1, 1, 3});
  onnx::NodeProto& node = model.node("LpPool", "y", {"x"});
  set(node, "kernel_shape", {1, 2});
  set(node, "pads", {0, 0, 0, 1});
  EXPECT_THAT(run(model.read(), {3, -4, 12}), ElementsAre(FloatEq(5), FloatEq(std::sqrt(160.0f)), FloatEq(12)));
  set(node, "p", std::int64_t{1});
  EXPECT_THAT(run(model.read(), {3, -4, 12}), ElementsAre(FloatEq(7), FloatEq(16), FloatEq(12)));
}

TEST(ReadOnnx, CountsPadsInAnAverageButNotWhatCeilModeAddsBehindThem) {
  TestModel model({1, 1, 1, 3});
  onnx::NodeProto& node = model.node("AveragePool", "y", {"x"});
  set(node, "kernel_shape", {1, 3});
  set(node, "strides", {1, 2});
  set(node, "pads", {0, 1, 0, 0});
  set(node, "ceil_mode", std::int64_t{1});
  set(node, "count_include_pad", std::int64_t{1});
  EXPECT_THAT(run(model.read(), {6, 3, 9}), ElementsAre(3, 6));  // (0 + 6 + 3) / 3 and (3 + 9) / 2
}

TEST(ReadOnnx, TakesALineForAnImageOfHeightOne) {
  TestModel conv({1, 1, 4}), pool({1, 1, 4}), up({1, 1, 2});
  conv.floats("w", {1, 1, 2}, {1, 10});
  onnx::NodeProto& node = conv.node("Conv", "y", {"x", "w"});
  set(node, "kernel_shape", {2});
  set(node, "strides", {2});
  set(node, "pads", {1, 1});
  set(pool.node("MaxPool", "y", {"x"}), "kernel_shape", {3});
  up.floats("w", {1, 1, 2}, {1, 10});
  onnx::NodeProto& transposed = up.node("ConvTranspose", "y", {"x", "w"});
  set(transposed, "strides", {2});
  set(transposed, "output_shape", {5});
  const Graph graph = conv.read();
  EXPECT_EQ(graph.outputs()[0]->shape(), (Shape{1, 1, 3}));
  EXPECT_THAT(run(graph, {1, 2, 3, 4}), ElementsAre(10, 32, 4));
  EXPECT_THAT(run(pool.read(), {1, 5, 3, 4}), ElementsAre(5, 5));
  EXPECT_THAT(run(up.read(), {1, 2}), ElementsAre(1, 10, 2, 20, 0));
}

TEST(ReadOnnx, PoolsTheWholeImageByAWindowAndOtherRanksByAReduction) {
  TestModel image({1, 2, 1, 2}), volume({1, 1, 1, 2, 2});
  image.node("GlobalAveragePool", "y", {"x"});
  volume.node("GlobalMaxPool", "y", {"x"});
  const Graph of_image = image.read(), of_volume = volume.read();
  EXPECT_TRUE(of_image.nodes()[0]->is<AveragePool2d>());
  EXPECT_THAT(run(of_image, {1, 2, 3, 5}), ElementsAre(1.5f, 4));
  EXPECT_TRUE(of_volume.nodes()[0]->is<ReduceMax>());
  EXPECT_EQ(of_volume.outputs()[0]->shape(), (Shape{1, 1, 1, 1, 1}));
  EXPECT_THAT(run(of_volume, {1, 4, 3, 2}), ElementsAre(4));
}

/// Pads of the height and the output pad of a transposed convolution with stride 2 and kernel 3 of 3 rows, which
/// makes 7.
std::vector<int> transposed_pads(const char* auto_pad, std::initializer_list<std::int64_t> output_shape) {
  TestModel model({1, 1, 3, 3});
  model.floats("w", {1, 1, 3, 3}, std::vector<float>(9, 1.0f));
  onnx::NodeProto& node = model.node("ConvTranspose", "y", {"x", "w"});
  set(node, "strides", {2, 2});
  set(node, "auto_pad", auto_pad);
  if (output_shape.size() > 0) set(node, "output_shape", output_shape);
  const Graph graph = model.read();
  const ConvTranspose2d& op = *graph.nodes()[0]->as<ConvTranspose2d>();
  return {op.pad_top, op.pad_bottom, op.output_pad_h};
}

TEST(ReadOnnx, FitsATransposedConvolutionToItsOutputShape) {
  EXPECT_THAT(transposed_pads("NOTSET", {}), ElementsAre(0, 0, 0));
  EXPECT_THAT(transposed_pads("NOTSET", {4, 4}), ElementsAre(2, 1, 0));
  EXPECT_THAT(transposed_pads("SAME_UPPER", {4, 4}), ElementsAre(1, 2, 0));
  EXPECT_THAT(transposed_pads("SAME_UPPER", {}), ElementsAre(0, 1, 0));  // 6 rows, twice as many
  EXPECT_THAT(transposed_pads("SAME_LOWER", {}), ElementsAre(1, 0, 0));
  EXPECT_THAT(transposed_pads("NOTSET", {9, 9}), ElementsAre(0, 0, 2));
}

TEST(ReadOnnx, TakesTheAxesOfAReductionFromWhereItsOpsetHasThem) {
  TestModel attribute({1, 2, 2}), input({1, 2, 2}), all({1, 2, 2}), none({1, 2, 2});
  set(attribute.node("ReduceMean", "y", {"x"}), "axes", {-1, 1});
  input.initializer("axes", {1}, onnx::TensorProto::INT64).add_int64_data(-1);
  input.node("ReduceMean", "y", {"x", "axes"});
  set_opset(input, 18);
  all.node("ReduceSum", "y", {"x"});
  set(none.node("ReduceSum", "y", {"x"}), "noop_with_empty_axes", std::int64_t{1});
  EXPECT_THAT(run(attribute.read(), {1, 2, 3, 6}), ElementsAre(3));
  EXPECT_THAT(run(input.read(), {1, 2, 3, 6}), ElementsAre(1.5f, 4.5f));
  EXPECT_THAT(run(all.read(), {1, 2, 3, 6}), ElementsAre(12));
  EXPECT_THAT(run(none.read(), {1, 2, 3, 6}), ElementsAre(1, 2, 3, 6));
}

TEST(ReadOnnx, ComputesReductionsOfConstantShapes) {
  TestModel model({1, 6});
  onnx::TensorProto& shape = model.initializer("shape", {3}, onnx::TensorProto::INT64);
  for (const std::int64_t dim : {1, 2, 3}) shape.add_int64_data(dim);
  set(model.node("ReduceProd", "k", {"shape"}), "keepdims", std::int64_t{1});
  onnx::NodeProto& top = model.node("TopK", "y", {"x", "k"});
  EXPECT_THAT(run(model.read(), {1, 5, 2, 4, 3, 0}), ElementsAre(5, 4, 3, 2, 1, 0));
  top.add_output("positions");
  model.graph().add_output()->set_name("positions");
  const Graph graph = model.read();
  EXPECT_EQ(graph.outputs()[1]->type(), (TensorType{{1, 6}, ElementType::int64(), {}}));
}

TEST(ReadOnnx, GivesSoftmaxTheAxisThatItsOpsetMeans) {
  const auto axis = [](std::int64_t opset, std::initializer_list<std::int64_t> dims) {
    TestModel model(dims);
    model.node("Softmax", "y", {"x"});
    set_opset(model, opset);
    return model.read().nodes()[0]->as<Softmax>()->axis;
  };
  EXPECT_EQ(axis(13, {1, 3, 2}), -1);
  EXPECT_EQ(axis(11, {1, 3}), -1);
  EXPECT_EQ(axis(11, {1, 3, 1, 1}), -3);  // all axes from 1 on as one, of which one is longer than 1
}

TEST(ReadOnnx, JoinsTheAxesThatAnOldSoftmaxTakesAsOne) {
  for (const std::int64_t axis : {1, 2}) {
    TestModel model({1, 1, 2, 2});
    set(model.node("LogSoftmax", "y", {"x"}), "axis", axis);
    set_opset(model, 11);
    const Graph graph = model.read();
    EXPECT_EQ(graph.outputs()[0]->shape(), (Shape{1, 1, 2, 2}));
    EXPECT_THAT(run(graph, {0, 0, 0, 1000}), ElementsAre(-1000, -1000, -1000, 0));
  }
}

TEST(ReadOnnx, MultipliesAGemmsFactorsIntoItsConstants) {
  TestModel model({1, 2});
  model.floats("w", {2, 2}, {1, 2, 3, 4});
  model.floats("b", {2}, {10, 20});
  onnx::NodeProto& node = model.node("Gemm", "y", {"x", "w", "b"});
  set(node, "alpha", 2.0f);
  set(node, "beta", 0.5f);
  const Graph graph = model.read();
  EXPECT_EQ(graph.nodes().size(), 1u);
  EXPECT_THAT(run(graph, {1, 1}), ElementsAre(13, 22));
}

TEST(ReadOnnx, SaysByFurtherNodesWhatAGemmOfOursCannotSay) {
  TestModel factor({1, 1}), sum({1, 1}), column({1, 1}), turned({1, 1});
  set(turned.node("Gemm", "y", {"x", "x"}), "transA", std::int64_t{1});
  set(factor.node("Gemm", "y", {"x", "x"}), "alpha", 0.5f);
  onnx::NodeProto& node = sum.node("Gemm", "y", {"x", "x", "x"});
  set(node, "alpha", 2.0f);
  set(node, "beta", -1.0f);
  column.floats("w", {1, 3}, {1, 2, 3});
  column.node("Gemm", "y", {"x", "w", "x"});  // C is a value per row
  EXPECT_THAT(run(turned.read(), {4}), ElementsAre(16));
  EXPECT_THAT(run(factor.read(), {4}), ElementsAre(8));
  EXPECT_THAT(run(sum.read(), {4}), ElementsAre(28));
  EXPECT_THAT(run(column.read(), {4}), ElementsAre(8, 12, 16));
}

TEST(ReadOnnx, MakesAGemmOfRowsTimesConstantWeightsAndAMatMulOfOthers) {
  TestModel rows({1, 2}), images({1, 1, 2, 2}), computed({2, 2});
  for (TestModel* model : {&rows, &images}) {
    model->floats("w", {2, 1}, {10, 1});
    model->node("MatMul", "y", {"x", "w"});
  }
  const Graph of_rows = rows.read(), of_images = images.read();
  EXPECT_TRUE(of_rows.nodes()[0]->is<Gemm>());
  EXPECT_THAT(run(of_rows, {1, 2}), ElementsAre(12));
  EXPECT_TRUE(of_images.nodes()[0]->is<MatMul>());
  EXPECT_THAT(run(of_images, {1, 2, 3, 4}), ElementsAre(12, 34));
}

}  // namespace
}  // namespace bitloom::onnx_format
