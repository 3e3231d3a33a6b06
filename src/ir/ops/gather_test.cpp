#include "ir/ops/gather.h"

#include "ir/ops/op_test_support.h"
#include "ir/ops/scan.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

const Tensor kMatrix({2, 3}, {1, 2, 3, 4, 5, 6});

TEST(Gather, TakesSlicesAndCountsFromTheEnd) {
  Gather op;
  op.axis = 1;
  const Tensor y = run(op, {kMatrix, Tensor::int64({1, 2}, {-1, 0})});
  EXPECT_EQ(y.shape(), (Shape{2, 1, 2}));
  EXPECT_THAT(values_of(y), ElementsAre(3, 1, 6, 4));
}

TEST(Gather, NamesAnIndexOutside) {
  Gather op;
  op.axis = 1;
  try {
    run(op, {kMatrix, Tensor::int64({1}, {3})});
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("Gather: index 3 of an axis of length 3"));
  }
}

TEST(Gather, AlongTheBatchRunsImageByImage) {
  EXPECT_NE(first_node_across_images(graph_of(Gather{}, {floats({1, 3}), {{1}, ElementType::int64(), {}}})), nullptr);
}

TEST(GatherElements, PicksOneByOneForEveryImage) {
  GatherElements op;
  op.axis = 1;
  Graph graph("test");
  Value* x = graph.add_input("x", floats({1, 3}));
  graph.set_outputs({graph.add("node", op, {x, graph.add_constant("", Tensor::int64({1, 2}, {2, -3}))})});
  EXPECT_THAT(values_of(Interpreter(graph).run(kMatrix)), ElementsAre(3, 1, 6, 4));
}

TEST(GatherND, PicksElementsSlicesAndWithinTheBatch) {
  EXPECT_THAT(values_of(run(GatherND{}, {kMatrix, Tensor::int64({2, 2}, {0, 0, 1, -1})})), ElementsAre(1, 6));
  EXPECT_THAT(values_of(run(GatherND{}, {kMatrix, Tensor::int64({1, 1}, {1})})), ElementsAre(4, 5, 6));
  GatherND in_batch;
  in_batch.batch_dims = 1;
  EXPECT_THAT(values_of(run(in_batch, {kMatrix, Tensor::int64({2, 1}, {2, 0})})), ElementsAre(3, 4));
  EXPECT_THAT(refusal(GatherND{}, {floats({2, 3}), {{1, 3}, ElementType::int64(), {}}}), HasSubstr("tuples of 3 indices into 2x3"));
}

TEST(ScatterElements, ReplacesAndTheLastUpdateStays) {
  ScatterElements op;
  op.axis = 1;
  const Tensor y = run(op, {kMatrix, Tensor::int64({1, 2}, {1, 1}), Tensor({1, 2}, {8, 9})});
  EXPECT_THAT(values_of(y), ElementsAre(1, 9, 3, 4, 5, 6));
}

TEST(ScatterElements, RefusesToTakeChannelsFromTheirScales) {
  ScatterElements op;
  op.axis = 1;
  const TensorType x = integers({2, 2}, ElementType::int8(), {1, 2}, 0, 1), indices{{2, 2}, ElementType::int64(), {}};
  EXPECT_THAT(refusal(op, {x, indices, x}), HasSubstr("quantized per channel"));
  op.axis = 0;
  EXPECT_EQ(infer(op, {x, indices, x}), x);
}

TEST(ScatterND, ReplacesSlices) {
  EXPECT_THAT(values_of(run(ScatterND{}, {kMatrix, Tensor::int64({1, 1}, {-1}), Tensor({1, 3}, {7, 8, 9})})),
              ElementsAre(1, 2, 3, 7, 8, 9));
  EXPECT_THAT(refusal(ScatterND{}, {floats({2, 3}), {{1, 1}, ElementType::int64(), {}}, floats({1, 2})}),
              HasSubstr("updates have shape 1x2, not 1x3"));
}

TEST(ScatterND, RefusesToTakeChannelsFromTheirScales) {
  const TensorType indices{{2, 1}, ElementType::int64(), {}};
  const TensorType rows = integers({2, 2}, ElementType::int8(), {1, 2}, 0, 0), columns = integers({2, 2}, ElementType::int8(), {1, 2}, 0, 1);
  EXPECT_THAT(refusal(ScatterND{}, {rows, indices, rows}), HasSubstr("quantized per channel"));
  EXPECT_EQ(infer(ScatterND{}, {columns, indices, columns}), columns);
}

TEST(CumSum, IsExclusiveAndReverseWhereAsked) {
  CumSum op;
  op.axis = 1;
  EXPECT_THAT(values_of(run(op, {kMatrix})), ElementsAre(1, 3, 6, 4, 9, 15));
  op.exclusive = true;
  EXPECT_THAT(values_of(run(op, {kMatrix})), ElementsAre(0, 1, 3, 0, 4, 9));
  op.reverse = true;
  EXPECT_THAT(values_of(run(op, {kMatrix})), ElementsAre(5, 3, 0, 11, 6, 0));
  EXPECT_THAT(refusal(op, {integers({1, 3}, ElementType::int8())}), HasSubstr("sums int8"));
}

TEST(OneHot, PutsItsAxisWhereItIsAskedAndLeavesIndicesOutsideOff) {
  OneHot op;
  op.axis = 1;
  op.depth = 3;
  op.on = 5;
  EXPECT_THAT(values_of(run(op, {Tensor({1, 3}, {0, -1, 3})})), ElementsAre(5, 0, 0, 0, 0, 0, 0, 5, 0));
  op.axis = 2;
  EXPECT_THAT(values_of(run(op, {Tensor({1, 3}, {0, -1, 3})})), ElementsAre(5, 0, 0, 0, 0, 5, 0, 0, 0));
  EXPECT_THAT(values_of(run(op, {Tensor({1, 1}, {-0.5f})})), ElementsAre(5, 0, 0));
}

}  // namespace
}  // namespace bitloom
