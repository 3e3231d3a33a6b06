#include "ir/ops/shape_ops.h"

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

}  // namespace
}  // namespace bitloom
