#include "ir/ops/multi_threshold.h"

#include <cmath>
#include <limits>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

MultiThreshold thresholds_to(ElementType element, float scale = 1, std::int32_t bias = 0) {
  MultiThreshold op;
  op.element = element;
  op.bias = bias;
  op.quantization = {{scale}, 0, -1};
  return op;
}

TEST(MultiThreshold, CountsTheThresholdsThatAreReached) {
  const float inf = std::numeric_limits<float>::infinity();
  const Tensor x({1, 1, 6}, {-inf, -1, 0.5f, 2, 2.5f, inf}), thresholds({1, 3}, {-1, 2, 2.5f});
  EXPECT_THAT(integers_of(run(thresholds_to(ElementType::integer(2, false)), {x, thresholds})), ElementsAre(0, 1, 1, 2, 3, 3));
  const Tensor y = run(thresholds_to(ElementType::integer(3, true), 0.5f, -4), {x, thresholds});
  EXPECT_THAT(integers_of(y), ElementsAre(-4, -3, -3, -2, -1, -1));
  EXPECT_EQ(to_string(y.type()), "int3[1x1x6] scale 0.5");
}

TEST(MultiThreshold, LooksAtEachChannelByItsOwnThresholds) {
  const Tensor x({1, 2, 2}, {1, 5, 1, 5}), thresholds({2, 2}, {1, 2, 3, 9});
  MultiThreshold op = thresholds_to(ElementType::uint8());
  EXPECT_THAT(integers_of(run(op, {x, thresholds})), ElementsAre(1, 2, 0, 1));
  op.axis = 2;
  EXPECT_THAT(integers_of(run(op, {x, thresholds})), ElementsAre(1, 1, 1, 1));
}

TEST(MultiThreshold, ComparesIntegersAsTheyLie) {
  const auto whole = [](Shape shape, std::vector<std::int32_t> values, std::optional<Quantization> quantization) {
    return Tensor(TensorType{std::move(shape), ElementType::int32(), std::move(quantization)}, std::move(values));
  };
  // 2^24 and 2^24 + 1 are one number in float32. The scale and zero point of x say what it stands for, not how it compares.
  const Tensor x = whole({1, 2, 2}, {16777216, 16777217, -5, -4}, Quantization{{0.5f}, 3, -1});
  const Tensor thresholds = whole({2, 2}, {0, 16777217, -4, 9}, {});
  EXPECT_THAT(integers_of(run(thresholds_to(ElementType::integer(2, false)), {x, thresholds})), ElementsAre(1, 2, 0, 1));
  const Tensor sign = whole({1, 1}, {-4}, {});
  EXPECT_THAT(integers_of(run(thresholds_to(ElementType::bipolar()), {x, sign})), ElementsAre(1, 1, -1, 1));
  EXPECT_THAT(refusal(thresholds_to(ElementType::uint8()), {x.type(), floats({1, 4})}),
              HasSubstr("'thresholds' is float32, not an integer"));
  EXPECT_THAT(refusal(thresholds_to(ElementType::uint8()), {floats({1, 2}), thresholds.type()}), HasSubstr("not float32"));
}

TEST(MultiThreshold, NotANumberReachesNone) {
  EXPECT_THAT(integers_of(run(thresholds_to(ElementType::uint8()), {Tensor({1, 1}, {std::nanf("")}), Tensor({1, 1}, {0})})),
              ElementsAre(0));
}

TEST(MultiThreshold, IsASignWhenItIsBipolar) {
  const Tensor x({1, 1, 3}, {-1, 0, 1}), thresholds({1, 1}, {0});
  EXPECT_THAT(integers_of(run(thresholds_to(ElementType::bipolar()), {x, thresholds})), ElementsAre(-1, 1, 1));
}

TEST(MultiThreshold, RefusesWhatDoesNotFit) {
  EXPECT_THAT(refusal(thresholds_to(ElementType::integer(2, false)), {floats({1, 3, 4}), floats({3, 4})}),
              HasSubstr("4 thresholds above 0 in uint2"));
  EXPECT_THAT(refusal(thresholds_to(ElementType::integer(3, true), 1, -5), {floats({1, 3, 4}), floats({3, 4})}),
              HasSubstr("4 thresholds above -5 in int3; use a wider type"));
  EXPECT_THAT(refusal(thresholds_to(ElementType::bipolar()), {floats({1, 3, 4}), floats({3, 2})}), HasSubstr("2 thresholds above 0 in"));
  EXPECT_THAT(refusal(thresholds_to(ElementType::uint8()), {floats({1, 3, 4}), floats({2, 4})}),
              HasSubstr("thresholds 2x4 for 3 channels"));
}

}  // namespace
}  // namespace bitloom
