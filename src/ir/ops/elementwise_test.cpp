#include "ir/ops/elementwise.h"

#include <cmath>
#include <limits>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Relu, CutsFloatsAtZeroAndIntegersAtTheirZeroPoint) {
  EXPECT_THAT(values_of(run(Relu{}, {Tensor({3}, {-2, 0, 3})})), ElementsAre(0, 0, 3));
  EXPECT_THAT(integers_of(run(Relu{}, {Tensor(integers({3}, ElementType::int8(), {1}, -5), {-9, -5, 3})})), ElementsAre(-5, -5, 3));
}

TEST(Relu, LetsNotANumberThrough) {
  EXPECT_TRUE(std::isnan(run(Relu{}, {Tensor({1}, {std::numeric_limits<float>::quiet_NaN()})}).floats()[0]));
}

TEST(Relu, KeepsTypeAndQuantization) {
  const TensorType x = integers({1, 4}, ElementType::integer(4, false), {0.5f}, 3);
  EXPECT_EQ(infer(Relu{}, {x}), x);
}

TEST(Tanh, IsOddBoundedAndRoundedFromDouble) {
  EXPECT_THAT(values_of(run(Tanh{}, {Tensor({3}, {0, 100, -100})})), ElementsAre(0, 1, -1));
  EXPECT_EQ(Tanh::apply(0.5f), static_cast<float>(0.46211715726000975));
}

TEST(Sigmoid, IsAHalfAtZeroAndSaturatesWithoutOverflow) {
  EXPECT_THAT(values_of(run(Sigmoid{}, {Tensor({3}, {0, 200, -2000})})), ElementsAre(0.5f, 1, 0));
  EXPECT_EQ(Sigmoid::apply(1), static_cast<float>(0.7310585786300049));
}

TEST(Add, AddsAndRefusesShapesThatDiffer) {
  EXPECT_THAT(values_of(run(Add{}, {Tensor({2}, {1, 2}), Tensor({2}, {10, 20})})), ElementsAre(11, 22));
  EXPECT_EQ(refusal(Add{}, {floats({1, 4}), floats({1, 1})}),
            "test: node 'node' (Add): adds 1x4 and 1x1; give both the same shape; there is no broadcasting");
}

TEST(Elementwise, FunctionsOfRealNumbersRefuseIntegers) {
  const TensorType x = integers({4}, ElementType::int8());
  EXPECT_THAT(refusal(Tanh{}, {x}), HasSubstr("put a Dequantize before it"));
  EXPECT_THAT(refusal(Sigmoid{}, {x}), HasSubstr("put a Dequantize before it"));
  EXPECT_THAT(refusal(Add{}, {x, x}), HasSubstr("put a Dequantize before it"));
}

}  // namespace
}  // namespace bitloom
