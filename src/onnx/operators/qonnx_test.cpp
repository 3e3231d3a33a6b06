#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/interpreter.h"
#include "ir/ops/multi_threshold.h"
#include "ir/ops/quantization.h"
#include "onnx/test_models.h"

/// Reading QONNX's Trunc and MultiThreshold, and writing what they became.
namespace bitloom::onnx_format {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<float> run(const Graph& graph, std::vector<float> input) {
  const Tensor output = Interpreter(graph).run(Tensor(graph.inputs()[0]->shape(), std::move(input)));
  return {output.floats().begin(), output.floats().end()};
}

onnx::NodeProto& qonnx(TestModel& model, const char* type, std::initializer_list<const char*> inputs,
                       const char* domain = "qonnx.custom_op.general") {
  onnx::NodeProto& node = model.node(type, "y", inputs);
  node.set_domain(domain);
  return node;
}

/// A graph read again from what it is written as.
Graph written_and_read(const Graph& graph) { return from_bytes(to_bytes(graph), "m.onnx"); }

/// A Trunc of x [1,4] with scale 0.5, from 8 bits to 6.
TestModel trunc_model() {
  TestModel model({1, 4});
  model.floats("s", {}, {0.5});
  model.floats("z", {}, {0});
  model.floats("in", {}, {8});
  model.floats("out", {}, {6});
  model.floats("t", {}, {2});
  return model;
}

/// 0.25 / 0.5 is half a step: from an even zero point to 0, from an odd one to 1 more, as 0.5 and 1.5 round to 0 and 2.
TEST(ReadQuant, RoundsAConstantBesideTheZeroPointOfEachChannel) {
  TestModel model({1, 2});
  model.floats("w", {2, 2}, {0.25, 0.75, 0.25, 0.75});
  model.floats("s", {}, {0.5});
  model.floats("z", {2, 1}, {0, 1});
  model.floats("bits", {}, {4});
  onnx::NodeProto& quant = model.node("Quant", "q", {"w", "s", "z", "bits"});
  quant.set_domain("qonnx.custom_op.general");
  set(quant, "signed", std::int64_t{0});
  model.node("MatMul", "y", {"x", "q"});
  const Graph graph = model.read();
  const Node* dequantize = graph.nodes_of<Dequantize>().front();
  EXPECT_THAT(dequantize->input(0)->constant().integers(), ElementsAre(0, 2, 2, 2));
  EXPECT_THAT(written_and_read(graph).nodes_of<Dequantize>().front()->input(0)->constant().integers(), ElementsAre(0, 2, 2, 2));
}

TEST(ReadTrunc, OfVersion1DropsBitsAndKeepsTheScale) {
  for (const char* domain : {"qonnx.custom_op.general", "finn.custom_op.general", "onnx.brevitas"}) {
    TestModel model = trunc_model();
    qonnx(model, "Trunc", {"x", "s", "z", "in", "out"}, domain);
    const Graph graph = model.read();
    EXPECT_THAT(run(graph, {-3, -1, 3.5f, 1000}), ElementsAre(-1, -0.5f, 0.5f, 250))
        << domain;  // floor of -6, -2, 7, 2000 quarters; nothing is clamped
    EXPECT_EQ(to_text(written_and_read(graph)), to_text(graph));
  }
}

TEST(ReadTrunc, OfVersion2KeepsWhatTheIntegersStandFor) {
  TestModel model = trunc_model();
  onnx::NodeProto& node = qonnx(model, "Trunc", {"x", "s", "z", "in", "t", "z", "out"});
  set(node, "rounding_mode", "round");
  set(node, "signed", std::int64_t{0});
  const Graph graph = model.read();
  EXPECT_EQ(to_string(graph.outputs()[0]->producer()->input(0)->type()), "uint6[1x4] scale 2");
  EXPECT_THAT(run(graph, {-3, 3, 3.5f, 1000}), ElementsAre(0, 4, 4, 126));  // 1.5 and 1.75 round to 2
  EXPECT_EQ(to_text(written_and_read(graph)), to_text(graph));
  onnx::ModelProto written;
  ASSERT_TRUE(written.ParseFromString(to_bytes(graph)));
  EXPECT_EQ(written.opset_import(1).version(), 2);
}

TEST(ReadTrunc, TakesTheSixInputsOfTheDocumentation) {
  TestModel model = trunc_model();
  qonnx(model, "Trunc", {"x", "s", "z", "in", "t", "out"});
  EXPECT_THAT(run(model.read(), {-3, 3, 3.5f, 1000}), ElementsAre(-4, 2, 2, 62));
}

TEST(ReadTrunc, ShiftsTheZeroPointWithTheIntegers) {
  TestModel model = trunc_model();
  model.floats("z8", {}, {8});
  qonnx(model, "Trunc", {"x", "s", "z8", "in", "t", "out"});
  EXPECT_THAT(run(model.read(), {-3, 3, 3.5f, 0}), ElementsAre(-4, 2, 2, 0));
  TestModel odd = trunc_model();
  odd.floats("z6", {}, {6});
  qonnx(odd, "Trunc", {"x", "s", "z6", "in", "t", "out"});
  EXPECT_THAT(odd.error(), HasSubstr("(Trunc): zero point 6 without its lowest 2 bits; use a multiple of the scales' ratio"));
}

TEST(ReadTrunc, RefusesScalesAndZeroPointsThatAreEmpty) {
  for (const char* input : {"s", "z"}) {
    TestModel model = trunc_model();
    for (onnx::TensorProto& tensor : *model.graph().mutable_initializer()) {
      if (tensor.name() != input) continue;
      tensor.add_dims(0);
      tensor.clear_float_data();
    }
    qonnx(model, "Trunc", {"x", "s", "z", "in", "out"});
    EXPECT_THAT(model.error(), HasSubstr("(Trunc): the ")) << input;
  }
}

TEST(ReadTrunc, RefusesWhatHasNoMeaning) {
  TestModel growing = trunc_model();
  qonnx(growing, "Trunc", {"x", "s", "z", "out", "in"});
  EXPECT_THAT(growing.error(), HasSubstr("drops -2 bits"));
  TestModel smaller = trunc_model();
  qonnx(smaller, "Trunc", {"x", "t", "z", "in", "s", "out"});
  EXPECT_THAT(smaller.error(), HasSubstr("scales 2 and 0.5 lie -2 bits apart; make it 0 to 31 for all channels"));
  TestModel moved = trunc_model();
  moved.floats("one", {}, {1});
  qonnx(moved, "Trunc", {"x", "s", "z", "in", "t", "one", "out"});
  EXPECT_THAT(moved.error(), HasSubstr("an output zero point that is not the input's"));
}

/// Thresholds 0, 1 and 2 for x [1,1,2,2], one row.
TestModel threshold_model() {
  TestModel model({1, 1, 2, 2});
  model.floats("t", {1, 3}, {0, 1, 2});
  return model;
}

TEST(ReadMultiThreshold, CountsAndScales) {
  TestModel model = threshold_model();
  onnx::NodeProto& node = qonnx(model, "MultiThreshold", {"x", "t"}, "finn.custom_op.general");
  set(node, "out_dtype", "INT4");
  set(node, "out_scale", 0.5f);
  set(node, "out_bias", -1.0f);
  const Graph graph = model.read();
  EXPECT_EQ(to_string(graph.outputs()[0]->producer()->input(0)->type()), "int4[1x1x2x2] scale 0.5");
  EXPECT_THAT(run(graph, {-1, 0, 1.5f, 9}), ElementsAre(-1, -0.5f, 0, 0.5f));
  EXPECT_EQ(to_text(written_and_read(graph)), to_text(graph));
}

TEST(ReadMultiThreshold, AddsABiasThatIsNoWholeNumberOfScales) {
  TestModel model = threshold_model();
  onnx::NodeProto& node = qonnx(model, "MultiThreshold", {"x", "t"});
  set(node, "out_dtype", "FLOAT32");
  set(node, "out_bias", 0.25f);
  const Graph graph = model.read();
  EXPECT_THAT(run(graph, {-1, 0, 1.5f, 9}), ElementsAre(0.25f, 1.25f, 2.25f, 3.25f));
  EXPECT_EQ(to_string(graph.nodes()[0]->output()->type()), "uint2[1x1x2x2] scale 1");
}

TEST(ReadMultiThreshold, MakesASignOfASingleThreshold) {
  TestModel model({1, 2});
  model.floats("t", {2, 1}, {0, 5});
  onnx::NodeProto& node = qonnx(model, "MultiThreshold", {"x", "t"});
  set(node, "out_dtype", "BIPOLAR");
  set(node, "out_scale", 2.0f);
  set(node, "out_bias", -1.0f);
  const Graph graph = model.read();
  EXPECT_TRUE(graph.nodes()[0]->as<MultiThreshold>()->element.is_bipolar());
  EXPECT_THAT(run(graph, {1, 1}), ElementsAre(1, -1));
  EXPECT_EQ(to_text(written_and_read(graph)), to_text(graph));
}

TEST(ReadMultiThreshold, FindsTheChannelsWhereTheLayoutHasThem) {
  for (const bool last : {false, true}) {
    TestModel model({1, 2, 1, 2});
    model.floats("t", {2, 1}, {0, 5});
    onnx::NodeProto& node = qonnx(model, "MultiThreshold", {"x", "t"});
    set(node, "out_dtype", "BINARY");
    if (last) set(node, "data_layout", "NHWC");
    const Graph graph = model.read();
    EXPECT_THAT(run(graph, {1, 1, 1, 9}), last ? ElementsAre(1, 0, 1, 1) : ElementsAre(1, 1, 0, 1));
    EXPECT_EQ(to_text(written_and_read(graph)), to_text(graph));
  }
}

TEST(ReadMultiThreshold, RefusesWhatHasNoMeaning) {
  TestModel negative = threshold_model();
  set(qonnx(negative, "MultiThreshold", {"x", "t"}), "out_scale", -1.0f);
  EXPECT_THAT(negative.error(), HasSubstr("(MultiThreshold): out_scale -1 and out_bias 0; use a positive finite scale"));
  TestModel layout = threshold_model();
  set(qonnx(layout, "MultiThreshold", {"x", "t"}), "data_layout", "CHWN");
  EXPECT_THAT(layout.error(), HasSubstr("data_layout 'CHWN'; supported: NCHW, NHWC"));
  TestModel rows({1, 3, 2, 2});
  rows.floats("t", {2, 1}, {0, 5});
  qonnx(rows, "MultiThreshold", {"x", "t"});
  EXPECT_THAT(rows.error(), HasSubstr("thresholds 2x1 for 3 channels"));
}

TEST(ReadQuant, RefusesWhatInt32DoesNotHoldAndAxesThatDiffer) {
  const auto quant = [](const char* zero, float bits) {
    TestModel model({1, 3, 3, 5});
    model.floats("s", {1, 3, 1, 1}, {1, 2, 3});
    model.floats("along", {1, 3, 1, 1}, {0, 1, 2});
    model.floats("across", {1, 1, 3, 1}, {0, 1, 2});
    model.floats("bits", {}, {bits});
    onnx::NodeProto& node = qonnx(model, "Quant", {"x", "s", zero, "bits"});
    set(node, "signed", std::int64_t{0});
    set(node, "rounding_mode", "FLOOR");
    return model;
  };
  EXPECT_EQ(quant("along", 31).read().nodes_of<Quantize>().size(), 1u);
  EXPECT_THAT(quant("along", 32).error(), HasSubstr("quantizes to uint32; use at most 31 bits unsigned"));
  EXPECT_THAT(quant("across", 8).error(), HasSubstr("zero points and scales differ in number or axis"));
}

}  // namespace
}  // namespace bitloom::onnx_format
