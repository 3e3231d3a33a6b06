#include "ir/ops/slice.h"

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

Slice slice_of(std::int64_t axis, std::int64_t start, std::int64_t step, std::int64_t length) {
  Slice op;
  op.axes = {axis};
  op.starts = {start};
  op.steps = {step};
  op.lengths = {length};
  return op;
}

Pad pad_of(PadMode mode, std::int64_t before, std::int64_t after) {
  Pad op;
  op.mode = mode;
  op.before = {0, before};
  op.after = {0, after};
  return op;
}

const Tensor kRow({1, 4}, {1, 2, 3, 4});

TEST(Slice, WalksForwardsAndBackwards) {
  EXPECT_THAT(values_of(run(slice_of(1, 1, 2, 2), {kRow})), ElementsAre(2, 4));
  EXPECT_THAT(values_of(run(slice_of(1, 3, -1, 4), {kRow})), ElementsAre(4, 3, 2, 1));
  EXPECT_EQ(run(slice_of(1, 0, 1, 0), {kRow}).shape(), (Shape{1, 0}));
}

TEST(Slice, OfTheWholeBatchTakesAnyNumberOfImages) {
  const Graph graph = graph_of(slice_of(0, 0, 1, 1), {floats({1, 2})});
  EXPECT_EQ(first_node_across_images(graph), nullptr);
  EXPECT_THAT(values_of(Interpreter(graph).run(Tensor({3, 2}, {1, 2, 3, 4, 5, 6}))), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(Slice, RefusesPositionsOutside) {
  EXPECT_THAT(refusal(slice_of(1, 2, 2, 2), {floats({1, 4})}), HasSubstr("2 elements from 2 in steps of 2 leave axis 1 of 1x4"));
  EXPECT_THAT(refusal(slice_of(2, 0, 1, 1), {floats({1, 4})}), HasSubstr("axis 2 of 1x4 is not there"));
}

TEST(Slice, RefusesToTakeChannelsFromTheirScales) {
  const TensorType x = integers({1, 2, 2}, ElementType::int8(), {1, 2}, 0, 1);
  EXPECT_THAT(refusal(slice_of(1, 0, 1, 1), {x}), HasSubstr("quantized per channel"));
  EXPECT_THAT(refusal(slice_of(1, 1, -1, 2), {x}), HasSubstr("quantized per channel"));  // turned round, there are as many as before
  EXPECT_EQ(infer(slice_of(1, 0, 1, 2), {x}), x);
  EXPECT_EQ(infer(slice_of(2, 1, -1, 2), {x}), x);
}

TEST(Concat, PutsAConstantBesideEveryImage) {
  Graph graph("test");
  Concat op;
  op.axis = 1;
  Value* x = graph.add_input("x", floats({1, 2}));
  graph.set_outputs({graph.add("node", op, {x, graph.add_constant("", Tensor({1, 1}, {9}))})});
  EXPECT_THAT(values_of(Interpreter(graph).run(Tensor({2, 2}, {1, 2, 3, 4}))), ElementsAre(1, 2, 9, 3, 4, 9));
}

TEST(Concat, RefusesWhatDoesNotFitTogether) {
  Concat op;
  op.axis = 1;
  EXPECT_THAT(refusal(op, {floats({1, 2, 3}), floats({1, 2, 4})}),
              HasSubstr("input 2 has shape 1x2x4 beside 1x2x3; let them differ along axis 1 only"));
  EXPECT_THAT(refusal(op, {integers({1, 2}, ElementType::int8(), {1}), integers({1, 2}, ElementType::int8(), {2})}),
              HasSubstr("give all the same type and quantization"));
}

TEST(Pad, LaysWhatItsModeSays) {
  EXPECT_THAT(values_of(run(pad_of(PadMode::kConstant, 1, 2), {kRow})), ElementsAre(0, 1, 2, 3, 4, 0, 0));
  EXPECT_THAT(values_of(run(pad_of(PadMode::kEdge, 1, 2), {kRow})), ElementsAre(1, 1, 2, 3, 4, 4, 4));
  EXPECT_THAT(values_of(run(pad_of(PadMode::kReflect, 2, 1), {kRow})), ElementsAre(3, 2, 1, 2, 3, 4, 3));
  EXPECT_THAT(values_of(run(pad_of(PadMode::kWrap, 1, 2), {kRow})), ElementsAre(4, 1, 2, 3, 4, 1, 2));
}

TEST(Pad, ReflectsAsOftenAsNeeded) {
  EXPECT_THAT(values_of(run(pad_of(PadMode::kReflect, 0, 5), {Tensor({1, 2}, {1, 2})})), ElementsAre(1, 2, 1, 2, 1, 2, 1));
  EXPECT_THAT(values_of(run(pad_of(PadMode::kReflect, 1, 1), {Tensor({1, 1}, {7})})), ElementsAre(7, 7, 7));
}

TEST(Pad, CutsOffWhereItIsNegative) {
  EXPECT_THAT(values_of(run(pad_of(PadMode::kConstant, -1, 1), {kRow})), ElementsAre(2, 3, 4, 0));
  EXPECT_THAT(refusal(pad_of(PadMode::kConstant, -3, -2), {floats({1, 4})}), HasSubstr("pads -3 and -2 of axis 1"));
}

TEST(Pad, RefusesToTakeChannelsFromTheirScales) {
  const TensorType x = integers({1, 2}, ElementType::int8(), {1, 2}, 0, 1);
  EXPECT_THAT(refusal(pad_of(PadMode::kConstant, 1, -1), {x}), HasSubstr("quantized per channel"));
  EXPECT_EQ(infer(pad_of(PadMode::kConstant, 0, 0), {x}), x);
}

TEST(Pad, RefusesAValueThatItsElementsCannotBe) {
  Pad op = pad_of(PadMode::kConstant, 1, 1);
  op.value = 0.5;
  EXPECT_THAT(refusal(op, {integers({1, 4}, ElementType::int8())}), HasSubstr("value 0.5 is not one of int8"));
}

TEST(Expand, RepeatsWhatHasLengthOne) {
  Expand op;
  op.shape = {1, 2, 3};
  EXPECT_THAT(values_of(run(op, {Tensor({1, 2, 1}, {1, 2})})), ElementsAre(1, 1, 1, 2, 2, 2));
  EXPECT_THAT(values_of(run(op, {Tensor({3}, {1, 2, 3})})), ElementsAre(1, 2, 3, 1, 2, 3));
  EXPECT_THAT(refusal(op, {floats({1, 2, 2})}), HasSubstr("expands 1x2x2 to 1x2x3"));
}

TEST(Tile, RepeatsTheWhole) {
  Tile op;
  op.repeats = {1, 2};
  EXPECT_THAT(values_of(run(op, {kRow})), ElementsAre(1, 2, 3, 4, 1, 2, 3, 4));
}

}  // namespace
}  // namespace bitloom
