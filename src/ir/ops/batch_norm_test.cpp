#include "ir/ops/batch_norm.h"

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(BatchNorm, NormalizesEachChannelWithItsOwnStatistics) {
  BatchNorm op;
  op.epsilon = 0;
  const Tensor y = run(
      op, {Tensor({1, 2, 1, 2}, {1, 3, 10, 20}), Tensor({2}, {2, 1}), Tensor({2}, {0.5f, 0}), Tensor({2}, {1, 10}), Tensor({2}, {4, 25})});
  EXPECT_THAT(values_of(y), ElementsAre(0.5f, 2.5f, 0, 2));
}

TEST(BatchNorm, AddsEpsilonToTheVariance) {
  BatchNorm op;
  op.epsilon = 0.25f;
  EXPECT_THAT(values_of(run(op, {Tensor({1, 1}, {3}), Tensor({1}, {1}), Tensor({1}, {0}), Tensor({1}, {1}), Tensor({1}, {0})})),
              ElementsAre(4));
}

TEST(BatchNorm, RefusesParametersOfAnotherLengthAndIntegers) {
  const TensorType c2 = floats({2}), c3 = floats({3});
  EXPECT_EQ(refusal(BatchNorm{}, {floats({1, 2, 4, 4}), c2, c2, c3, c2}),
            "test: node 'node' (BatchNorm): mean has shape 3 for 2 channels; give one value per channel");
  EXPECT_THAT(refusal(BatchNorm{}, {integers({1, 2, 4, 4}, ElementType::int8()), c2, c2, c2, c2}),
              HasSubstr("operand 'x' is int8, not float32"));
  EXPECT_THAT(refusal(BatchNorm{}, {floats({2}), c2, c2, c2, c2}), HasSubstr("input has shape 2"));
}

TEST(BatchNorm, TakesAnImageWithoutChannels) {
  const Tensor nothing({0}, std::vector<float>{});
  EXPECT_EQ(run(BatchNorm{}, {Tensor({1, 0, 2, 2}, std::vector<float>{}), nothing, nothing, nothing, nothing}).elements(), 0);
}

}  // namespace
}  // namespace bitloom
