#include "ir/ops/lrn.h"

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Lrn, DividesByThePowerOfTheSquaresOfNeighbouringChannels) {
  Lrn op;
  op.size = 2;  // a channel and the one after it
  op.alpha = 2;
  op.beta = 1;
  op.bias = 3;
  EXPECT_THAT(values_of(run(op, {Tensor({1, 3, 1, 2}, {1, 0, 2, 1, 4, 0})})),
              ElementsAre(1 / 8.0f, 0, 2 / 23.0f, 1 / 4.0f, 4 / 19.0f, 0));
  op.size = 3;  // one before it, too
  EXPECT_THAT(values_of(run(op, {Tensor({1, 3, 1, 1}, {3, 3, 3})})), ElementsAre(3 / 15.0f, 3 / 21.0f, 3 / 15.0f));
}

TEST(Lrn, RefusesASizeOfNothing) {
  Lrn op;
  op.size = 0;
  EXPECT_THAT(refusal(op, {floats({1, 3, 2, 2})}), HasSubstr("size 0; use at least 1 channel"));
}

}  // namespace
}  // namespace bitloom
