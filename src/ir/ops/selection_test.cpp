#include "ir/ops/selection.h"

#include <limits>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::int64_t> indices_of(const Tensor& tensor) {
  return {tensor.indices().begin(), tensor.indices().end()};
}

template <class T>
T along(int axis, bool select_last = false) {
  T op;
  op.axis = axis;
  op.select_last = select_last;
  return op;
}

TEST(ArgMax, FindsTheFirstOrTheLastOfTheLargest) {
  const Tensor x({2, 4}, {1, 7, 7, 2, 9, 0, 0, 9});
  EXPECT_THAT(indices_of(run(along<ArgMax>(1), {x})), ElementsAre(1, 0));
  EXPECT_THAT(indices_of(run(along<ArgMax>(1, true), {x})), ElementsAre(2, 3));
  EXPECT_THAT(indices_of(run(along<ArgMin>(1), {x})), ElementsAre(0, 1));
  EXPECT_THAT(indices_of(run(along<ArgMin>(1, true), {x})), ElementsAre(0, 2));
}

TEST(ArgMax, WorksAlongAnyAxisAndKeepsOrDropsIt) {
  ArgMax op = along<ArgMax>(1);
  EXPECT_EQ(infer(op, {floats({1, 3, 2})}), (TensorType{{1, 1, 2}, ElementType::int64(), {}}));
  op.keep_dims = false;
  const Tensor y = run(op, {Tensor({1, 3, 2}, {1, 6, 5, 2, 3, 4})});
  EXPECT_EQ(y.shape(), (Shape{1, 2}));
  EXPECT_THAT(indices_of(y), ElementsAre(1, 0));
}

TEST(ArgMax, FindsNotANumberAndTakesIntegers) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(indices_of(run(along<ArgMax>(1), {Tensor({1, 4}, {1, kNan, 5, kNan})})), ElementsAre(1));
  EXPECT_THAT(indices_of(run(along<ArgMin>(1, true), {Tensor({1, 4}, {1, kNan, 5, kNan})})), ElementsAre(3));
  EXPECT_THAT(indices_of(run(along<ArgMax>(1), {Tensor(integers({1, 3}, ElementType::int8()), {-5, -1, -3})})),
              ElementsAre(1));
}

/// Values and positions.
std::vector<Tensor> top(TopK op, const Tensor& x) {
  std::vector<Tensor> outputs;
  const Graph graph = graph_of(op, {x.type()});
  for (const Value* output : graph.nodes()[0]->outputs()) outputs.emplace_back(output->type());
  const Tensor* inputs[] = {&x};
  op.evaluate(inputs, outputs);
  return outputs;
}

TopK best(std::int64_t k, int axis, bool largest = true) {
  TopK op;
  op.k = k;
  op.axis = axis;
  op.largest = largest;
  return op;
}

TEST(TopK, GivesTheBestFirstAndOfEqualsTheEarlier) {
  const Tensor x({1, 5}, {3, 9, 1, 9, 4});
  const auto largest = top(best(3, 1), x), smallest = top(best(2, 1, false), x);
  EXPECT_THAT(values_of(largest[0]), ElementsAre(9, 9, 4));
  EXPECT_THAT(indices_of(largest[1]), ElementsAre(1, 3, 4));
  EXPECT_THAT(values_of(smallest[0]), ElementsAre(1, 3));
  EXPECT_THAT(indices_of(smallest[1]), ElementsAre(2, 0));
}

TEST(TopK, WorksAlongAnyAxisAndCountsNotANumberAsLargest) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const auto outputs = top(best(2, 1), Tensor({1, 3, 2}, {1, 6, kNan, 8, 3, 7}));
  EXPECT_EQ(outputs[0].shape(), (Shape{1, 2, 2}));
  EXPECT_THAT(indices_of(outputs[1]), ElementsAre(1, 1, 2, 2));
  EXPECT_EQ(outputs[0].floats()[3], 7);
}

TEST(TopK, RefusesMoreThanThereAre) {
  EXPECT_EQ(refusal(best(4, 1), {floats({1, 3})}),
            "test: node 'node' (TopK): k = 4 of 3 elements (axis 1 of 1x3); ask for no more than there are");
  EXPECT_THAT(refusal(best(1, 2), {floats({1, 3})}), HasSubstr("axes [2] of a tensor 1x3"));
}

}  // namespace
}  // namespace bitloom
