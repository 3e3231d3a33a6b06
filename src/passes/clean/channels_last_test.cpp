#include "passes/clean/channels_last.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/ops/rearrange.h"
#include "ir/ops/reduce.h"
#include "ir/ops/resize.h"
#include "ir/ops/slice.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Transpose to_channels_first() {
  Transpose op;
  op.perm = {0, 3, 1, 2};
  return op;
}
Transpose to_channels_last() {
  Transpose op;
  op.perm = {0, 2, 3, 1};
  return op;
}

Tensor turned(const Tensor& image, Transpose op) {
  Graph graph("turn");
  graph.set_outputs({graph.add("", std::move(op), {graph.add_input("x", image.type())})});
  return Interpreter(graph).run(image);
}

/// Cleans a graph that takes images NHWC and compares what it computes before and after.
Graph cleaned(const Graph& before, Notes* notes = nullptr) {
  Graph after = before.clone();
  channels_last_to_first(after, notes);
  verify(after);
  RandomStream random({7});
  const Shape& image = before.inputs().front()->shape();
  const Tensor x = random_floats(random, {2, image[1], image[2], image[3]});
  const bool is_turned = after.inputs().front()->shape() != image;
  const Tensor expected = Interpreter(before).run(x), actual = Interpreter(after).run(is_turned ? turned(x, to_channels_first()) : x);
  EXPECT_EQ(actual.type(), expected.type());
  for (std::size_t i = 0; i < expected.floats().size(); ++i)
    EXPECT_NEAR(actual.floats()[i], expected.floats()[i], 1e-5 * (1 + std::fabs(expected.floats()[i]))) << i;
  return after;
}

std::vector<std::string> kinds_of(const Graph& graph) {
  std::vector<std::string> kinds;
  for (const Node* node : graph.nodes()) kinds.emplace_back(node->op().name());
  return kinds;
}

/// A convolution as Keras' exporters write it: between two Transposes.
Builder& keras_conv(Builder& builder, int outputs, int kernel) {
  return builder.then(to_channels_first()).conv(outputs, kernel).then(to_channels_last());
}

TEST(ChannelsLast, AKerasNetworkBecomesPlain) {
  RandomStream random({1});
  Builder builder(random, {1, 8, 9, 3});
  keras_conv(builder, 4, 3).then(Relu{});
  keras_conv(builder, 5, 3).then(Sigmoid{}).gemm(6);
  Notes notes;
  const Graph after = cleaned(builder.finish(), &notes);
  EXPECT_THAT(kinds_of(after), ElementsAre("Conv2d", "Relu", "Conv2d", "Sigmoid", "Flatten", "Gemm"));
  EXPECT_EQ(after.inputs().front()->shape(), (Shape{1, 3, 8, 9}));
  EXPECT_THAT(notes, IsEmpty());
}

TEST(ChannelsLast, TakesResidualsConcatenationsPadsAndConstantsAlong) {
  RandomStream random({2});
  Builder builder(random, {1, 6, 5, 2});
  keras_conv(builder, 4, 1);
  Graph& graph = builder.graph;
  Value* shortcut = builder.current();
  builder.then(Relu{});
  Value* sum = graph.add("sum", Add{}, {builder.current(), shortcut});
  Concat concat;
  concat.axis = 3;
  Pad pad;
  pad.before = {0, 1, 2, 0};
  pad.after = {0, 0, 1, 0};
  Slice slice;
  slice.axes = {3};
  slice.starts = {7};
  slice.steps = {-1};
  slice.lengths = {6};
  Resize resize;
  resize.sizes = {1, 14, 8, 6};
  resize.scales = {1, 2, 1, 1};
  Value* joined = graph.add("concat", concat, {sum, shortcut});
  Value* y = graph.add("resize", resize, {graph.add("slice", slice, {graph.add("pad", pad, {joined})})});
  graph.set_outputs({graph.add("out", to_channels_first(), {y})});
  const Graph after = cleaned(graph);
  EXPECT_THAT(kinds_of(after), ElementsAre("Conv2d", "Relu", "Add", "Concat", "Pad", "Slice", "Resize"));
}

TEST(ChannelsLast, MovesPastEveryOperatorThatWorksByElement) {
  RandomStream random({9});
  Builder builder(random, {1, 4, 5, 3});
  keras_conv(builder, 3, 1).then(HardSwish{});
  Graph& graph = builder.graph;
  Value* x = builder.current();
  Value* scale = graph.add_constant("scale", random_floats(random, {3}));  // of the channels, which are the last axis
  Value* slope = graph.add_constant("slope", random_floats(random, {4, 1, 3}));
  Value* product = graph.add("product", Mul{}, {x, scale});
  Value* chosen = graph.add("where", Where{}, {graph.add("less", Less{}, {product, scale}), graph.add("prelu", PRelu{}, {product, slope}), x});
  Cast half;
  half.format = FloatFormat::kFloat16;
  graph.set_outputs({graph.add("out", to_channels_first(), {graph.add("half", half, {chosen})})});
  const Graph after = cleaned(graph);
  EXPECT_THAT(kinds_of(after), ElementsAre("Conv2d", "HardSwish", "Mul", "Less", "PRelu", "Where", "Cast"));
}

TEST(ChannelsLast, ReducesTheAxesThatTheImageHasBeforeItIsTurned) {
  RandomStream random({10});
  for (const bool keep_dims : {false, true}) {
    Builder builder(random, {1, 4, 5, 3});
    ReduceMean mean;
    mean.axes = {1, 2};
    mean.keep_dims = keep_dims;
    Softmax classes;
    classes.axis = -1;
    const Graph after = cleaned(keras_conv(builder, 6, 2).then(mean).gemm(4).then(classes).finish());
    if (keep_dims)
      EXPECT_THAT(kinds_of(after), ElementsAre("Conv2d", "ReduceMean", "Flatten", "Gemm", "Softmax"));
    else
      EXPECT_THAT(kinds_of(after), ElementsAre("Conv2d", "ReduceMean", "Gemm", "Softmax"));
    EXPECT_EQ(after.nodes_of<ReduceMean>().front()->as<ReduceMean>()->axes, (std::vector<int>{2, 3}));
  }
}

TEST(ChannelsLast, OrdersWhatIsLeftBehindAReduction) {
  RandomStream random({11});
  Builder builder(random, {1, 4, 5, 3});
  ReduceMax best;
  best.axes = {1};
  best.keep_dims = false;
  Transpose back;  // of [1,W,C]
  back.perm = {0, 2, 1};
  const Graph after = cleaned(keras_conv(builder, 6, 2).then(best).then(back).finish());
  EXPECT_THAT(kinds_of(after), ElementsAre("Conv2d", "ReduceMax"));
}

TEST(ChannelsLast, EndsAtAReshapeThatSeesNoDifference) {
  RandomStream random({3});
  Builder builder(random, {1, 4, 4, 2});
  keras_conv(builder, 5, 4);  // 1x1x1x5
  Reshape op;
  op.shape = {1, 5};
  const Graph after = cleaned(builder.then(op).then(Tanh{}).finish());
  EXPECT_THAT(kinds_of(after), ElementsAre("Conv2d", "Reshape", "Tanh"));
}

TEST(ChannelsLast, OrdersTheColumnsOfQuantizedWeights) {
  RandomStream random({4});
  Builder builder(random, {1, 3, 4, 2});
  keras_conv(builder, 5, 2).then(Flatten{});
  Graph& graph = builder.graph;
  const TensorType type{{2, 30}, ElementType::int8(), Quantization{{0.5f, 0.25f}, 0, 0}};
  std::vector<std::int32_t> values(60);
  for (std::int32_t& value : values) value = between(random, -128, 127);
  Value* w = graph.add("w", Dequantize{}, {graph.add_constant("q", Tensor(type, values))});
  graph.set_outputs({graph.add("fc", Gemm{}, {builder.current(), w})});
  EXPECT_THAT(kinds_of(cleaned(graph)), ElementsAre("Conv2d", "Flatten", "Dequantize", "Gemm"));
}

TEST(ChannelsLast, LeavesWeightsAloneThatAnotherLayerReads) {
  RandomStream random({5});
  Builder builder(random, {1, 3, 3, 2});
  keras_conv(builder, 2, 1);
  Graph& graph = builder.graph;
  Value* w = graph.add_constant("w", random_floats(random, {4, 18}));
  Value* turned_first = graph.add("a", Gemm{}, {graph.add("", Flatten{}, {builder.current()}), w});
  Value* plain = graph.add("b", Gemm{}, {graph.add("", Flatten{}, {builder.current()->producer()->input(0)}), w});
  graph.set_outputs({graph.add("sum", Add{}, {turned_first, plain})});
  const Graph after = cleaned(graph);
  EXPECT_TRUE(after.nodes_of<Transpose>().empty());
  EXPECT_EQ(after.constants().size(), graph.constants().size() + 1);
}

TEST(ChannelsLast, AnOutputThatIsToBeChannelsLastKeepsItsTranspose) {
  RandomStream random({6});
  Builder builder(random, {1, 4, 4, 2});
  keras_conv(builder, 3, 3).then(Relu{});
  Notes notes;
  const Graph after = cleaned(builder.finish(), &notes);
  EXPECT_THAT(kinds_of(after), ElementsAre("Conv2d", "Relu", "Transpose"));
  EXPECT_THAT(notes, ElementsAre(HasSubstr("left by channels_last_to_first: it makes an output")));
}

TEST(ChannelsLast, LeavesAGraphAloneThatWouldNotBecomeShorter) {
  RandomStream random({7});
  Builder builder(random, {1, 4, 4, 2});
  Transpose plane;
  plane.perm = {0, 2, 1, 3};
  Graph graph = builder.then(plane).then(Relu{}).then(Flatten{}).then(Softmax{}).finish();
  const std::string before = to_text(graph);
  Notes notes;
  EXPECT_EQ(channels_last_to_first(graph, &notes), 0);
  EXPECT_EQ(to_text(graph), before);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("node 'transpose' (Transpose): left by channels_last_to_first: 'relu' reads it")));
}

TEST(ChannelsLast, AnInputThatAnythingElseReadsStaysAsItIs) {
  RandomStream random({8});
  Builder builder(random, {1, 4, 4, 4});
  Value* image = builder.current();
  keras_conv(builder, 4, 1);
  builder.graph.set_outputs({builder.graph.add("sum", Add{}, {builder.current(), image})});
  EXPECT_EQ(cleaned(builder.graph).inputs().front()->shape(), (Shape{1, 4, 4, 4}));
}

}  // namespace
}  // namespace bitloom
