#include "ir/ops/shape_ops.h"

#include <numeric>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::HasSubstr;

TEST(Flatten, KeepsOrderTypeAndBatch) {
  const TensorType x = integers({1, 2, 2, 2}, ElementType::int8(), {0.5f}, 3);
  EXPECT_EQ(infer(Flatten{}, {x}), integers({1, 8}, ElementType::int8(), {0.5f}, 3));
  const std::vector<float> data{1, 2, 3, 4, 5, 6, 7, 8};
  const Tensor y = run(Flatten{}, {Tensor({2, 2, 2, 1}, data)});
  EXPECT_EQ(y.shape(), (Shape{2, 4}));
  EXPECT_EQ(values_of(y), data);
}

TEST(Flatten, RefusesChannelsWithScalesOfTheirOwn) {
  EXPECT_THAT(refusal(Flatten{}, {integers({1, 2, 2, 2}, ElementType::int8(), {1, 2}, 0, 1)}), HasSubstr("input is quantized per channel"));
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

}  // namespace
}  // namespace bitloom
