#include "ir/ops/rearrange.h"

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

Reshape reshape_to(Shape shape) {
  Reshape op;
  op.shape = std::move(shape);
  return op;
}

Transpose transpose_by(std::vector<int> perm) {
  Transpose op;
  op.perm = std::move(perm);
  return op;
}

TEST(Reshape, KeepsTheOrderAndTakesAnyNumberOfImages) {
  const Graph graph = graph_of(reshape_to({1, 2, 3}), {floats({1, 3, 2})});
  const Tensor y = Interpreter(graph).run(Tensor({2, 3, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(y.shape(), (Shape{2, 2, 3}));
  EXPECT_THAT(values_of(y), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
}

TEST(Reshape, ThatLosesTheBatchRunsImageByImage) {
  const Graph graph = graph_of(reshape_to({3, 2}), {floats({1, 6})});
  EXPECT_EQ(first_node_across_images(graph), graph.nodes().front());
  EXPECT_EQ(Interpreter(graph).run(Tensor({2, 6}, std::vector<float>(12))).shape(), (Shape{6, 2}));
}

TEST(Reshape, AScalePerChannelFollowsItsAxisOrIsRefused) {
  const TensorType x = integers({1, 2, 2, 3}, ElementType::int8(), {1, 2}, 0, 1);
  EXPECT_EQ(infer(reshape_to({1, 2, 6}), {x}), integers({1, 2, 6}, ElementType::int8(), {1, 2}, 0, 1));
  EXPECT_THAT(refusal(reshape_to({1, 12}), {x}), HasSubstr("its channels do not stay on one axis"));
}

TEST(Reshape, RefusesAnotherNumberOfElements) {
  EXPECT_THAT(refusal(reshape_to({1, 5}), {floats({1, 6})}), HasSubstr("makes 1x5 of 1x6, which has 6 elements"));
}

TEST(Transpose, MovesEveryElementAndTheAxisOfItsScales) {
  const TensorType x = integers({1, 2, 3}, ElementType::int8(), {1, 2}, 0, 1);
  EXPECT_EQ(infer(transpose_by({0, 2, 1}), {x}), integers({1, 3, 2}, ElementType::int8(), {1, 2}, 0, 2));
  EXPECT_THAT(values_of(run(transpose_by({0, 2, 1}), {Tensor({1, 2, 3}, {0, 1, 2, 3, 4, 5})})), ElementsAre(0, 3, 1, 4, 2, 5));
}

TEST(Transpose, TakesInt64) {
  const Tensor y = run(transpose_by({1, 0}), {Tensor::int64({2, 2}, {1, std::int64_t{1} << 40, 3, 4})});
  EXPECT_EQ(y, Tensor::int64({2, 2}, {1, 3, std::int64_t{1} << 40, 4}));
}

TEST(Transpose, RefusesAPermThatIsNone) {
  EXPECT_THAT(refusal(transpose_by({0, 1, 1}), {floats({1, 2, 3})}), HasSubstr("perm [0, 1, 1] does not name each axis"));
}

TEST(DepthToSpace, SpreadsTheChannelsOfASquareInEitherOrder) {
  DepthToSpace op;
  op.block = 2;
  const Tensor x({1, 8, 1, 1}, {0, 1, 2, 3, 4, 5, 6, 7});
  const Tensor y = run(op, {x});  // channel = (row * 2 + column) * 2 + c
  EXPECT_EQ(y.shape(), (Shape{1, 2, 2, 2}));
  EXPECT_THAT(values_of(y), ElementsAre(0, 2, 4, 6, 1, 3, 5, 7));
  op.square_first = false;  // channel = c * 4 + row * 2 + column
  EXPECT_THAT(values_of(run(op, {x})), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST(DepthToSpace, IsUndoneBySpaceToDepth) {
  RandomStream random({1});
  const Tensor x = random_floats(random, {2, 12, 3, 5});
  DepthToSpace spread;
  SpaceToDepth gather;
  spread.block = gather.block = 2;
  EXPECT_EQ(run(gather, {run(spread, {x})}), x);
}

TEST(DepthToSpace, RefusesChannelsAndPixelsThatDoNotDivide) {
  DepthToSpace spread;
  SpaceToDepth gather;
  spread.block = gather.block = 2;
  EXPECT_THAT(refusal(spread, {floats({1, 6, 2, 2})}), HasSubstr("6 channels do not divide into squares of 2 by 2"));
  EXPECT_THAT(refusal(gather, {floats({1, 6, 3, 2})}), HasSubstr("1x6x3x2 does not divide"));
}

}  // namespace
}  // namespace bitloom
