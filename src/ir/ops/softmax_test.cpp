#include "ir/ops/softmax.h"

#include <cmath>
#include <numeric>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
T along(int axis) {
  T op;
  op.axis = axis;
  return op;
}

TEST(Softmax, EachRowSumsToOneAndIsInvariantToAShift) {
  const Tensor y = run(Softmax{}, {Tensor({2, 3}, {0, 1, 2, 1000, 1001, 1002})});
  const auto v = values_of(y);
  EXPECT_NEAR(std::accumulate(v.begin(), v.begin() + 3, 0.0), 1, 1e-6);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(v[k], v[3 + k]);
  EXPECT_EQ(v[2], static_cast<float>(0.6652409557748219));
}

TEST(Softmax, RefusesIntegers) {
  EXPECT_THAT(refusal(Softmax{}, {integers({1, 3}, ElementType::int32())}), HasSubstr("operand 'x' is int32"));
}

TEST(Softmax, WorksAlongTheAxisThatItIsGiven) {
  const Tensor x({1, 2, 2}, {0, 1, 0, 2});  // columns (0, 0) and (1, 2)
  const auto v = values_of(run(along<Softmax>(-2), {x}));
  const double e = std::exp(1.0);
  EXPECT_THAT(v, ElementsAre(0.5f, static_cast<float>(1 / (1 + e)), 0.5f, static_cast<float>(e / (1 + e))));
}

TEST(LogSoftmax, IsTheLogarithmOfSoftmaxAndDoesNotUnderflow) {
  const auto v = values_of(run(LogSoftmax{}, {Tensor({1, 2}, {0, 1000})}));
  EXPECT_THAT(v, ElementsAre(-1000, 0));
}

TEST(Hardmax, MarksTheFirstOfTheLargest) {
  EXPECT_THAT(values_of(run(Hardmax{}, {Tensor({1, 4}, {1, 3, 3, 2})})), ElementsAre(0, 1, 0, 0));
}

TEST(Softmax, RunsImagesOneByOneWhereItsAxisIsTheirs) {
  const Tensor images({2, 2}, {1, 2, 3, 4});
  const Graph graph = graph_of(along<Softmax>(-2), {floats({1, 2})});
  EXPECT_THAT(values_of(Interpreter(graph).run(images)), ElementsAre(1, 1, 1, 1));
}

TEST(Softmax, RefusesAnAxisThatItsInputDoesNotHave) {
  EXPECT_EQ(refusal(along<Softmax>(-3), {floats({1, 3})}),
            "test: node 'node' (Softmax): axis -3 of a tensor 1x3; choose one from -2 to -1");
  EXPECT_THAT(refusal(along<Softmax>(1), {floats({1, 3})}), HasSubstr("axis 1 of a tensor 1x3"));
}

}  // namespace
}  // namespace bitloom
