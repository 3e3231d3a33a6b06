#include "ir/ops/integer_product.h"

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

Tensor uint8s(Shape shape, std::vector<std::int32_t> values) {
  return Tensor(TensorType{std::move(shape), ElementType::uint8(), {}}, std::move(values));
}
Tensor int8s(Shape shape, std::vector<std::int32_t> values) {
  return Tensor(TensorType{std::move(shape), ElementType::int8(), {}}, std::move(values));
}
TensorType plain(Shape shape, ElementType element = ElementType::uint8()) { return {std::move(shape), element, {}}; }

TEST(MatMulInteger, MultipliesDistancesFromTheZeroPoints) {  // the example of ONNX's documentation
  const Tensor y = run(MatMulInteger{}, {uint8s({4, 3}, {11, 7, 3, 10, 6, 2, 9, 5, 1, 8, 4, 0}), uint8s({3, 2}, {1, 4, 2, 5, 3, 6}),
                                         uint8s({1}, {12}), uint8s({1}, {0})});
  EXPECT_THAT(integers_of(y), ElementsAre(-38, -83, -44, -98, -50, -113, -56, -128));
  EXPECT_EQ(y.type().element, ElementType::int32());
}

TEST(MatMulInteger, TakesAZeroPointPerRowOfAAndPerColumnOfB) {
  const Tensor a = uint8s({2, 2}, {1, 2, 3, 4}), b = int8s({2, 2}, {5, -6, 7, 8});
  EXPECT_THAT(integers_of(run(MatMulInteger{}, {a, b, uint8s({2, 1}, {1, 3}), int8s({2}, {5, 0})})), ElementsAre(2, 8, 2, 8));
}

TEST(MatMulInteger, WithoutZeroPointsItIsTheProduct) {
  EXPECT_THAT(integers_of(run(MatMulInteger{}, {uint8s({1, 2}, {255, 255}), int8s({2, 1}, {-128, -128})})), ElementsAre(-65280));
}

TEST(MatMulInteger, RefusesZeroPointsThatDoNotFit) {
  EXPECT_THAT(refusal(MatMulInteger{}, {plain({4, 3}), plain({3, 2}), plain({3, 1})}),
              HasSubstr("a zero point of shape 3x1 for a matrix 4x3; give one number, one per row of a (Mx1), or one per column of b"));
  EXPECT_THAT(refusal(MatMulInteger{}, {plain({4, 3}), plain({3, 2}), plain({1}, ElementType::int8())}),
              HasSubstr("a zero point is int8 beside a factor of uint8"));
  EXPECT_THAT(refusal(MatMulInteger{}, {plain({4, 3}), plain({3, 2}, ElementType::int32())}), HasSubstr("a factor is int32"));
  EXPECT_THAT(refusal(MatMulInteger{}, {plain({4, 3}), plain({2, 2})}), HasSubstr("have no product"));
}

TEST(MatMulInteger, StacksImagesOnlyUnderAZeroPointThatStays) {
  Graph graph("test");
  Value* x = graph.add_input("x", plain({1, 3}));
  Value* w = graph.add_constant("w", uint8s({3, 1}, {1, 2, 3}));
  const Node* constant = graph.add_node("a", std::make_unique<MatMulInteger>(), {x, w, graph.add_constant("z", uint8s({1}, {7}))});
  const Node* computed = graph.add_node("b", std::make_unique<MatMulInteger>(), {x, w, graph.add_input("zx", plain({1}))});
  EXPECT_TRUE(constant->op().stacks_images(*constant));
  EXPECT_FALSE(computed->op().stacks_images(*computed));
}

TEST(ConvInteger, ReadsPaddingAsTheZeroPoint) {  // the example of ONNX's documentation
  const Tensor x = uint8s({1, 1, 3, 3}, {2, 3, 4, 5, 6, 7, 8, 9, 10}), w = uint8s({1, 1, 2, 2}, {1, 1, 1, 1}), z = uint8s({1}, {1});
  EXPECT_THAT(integers_of(run(ConvInteger{}, {x, w, z})), ElementsAre(12, 16, 24, 28));
  ConvInteger padded;
  padded.geometry.pad_top = padded.geometry.pad_left = padded.geometry.pad_bottom = padded.geometry.pad_right = 1;
  EXPECT_THAT(integers_of(run(padded, {x, w, z})), ElementsAre(1, 3, 5, 3, 5, 12, 16, 9, 11, 24, 28, 15, 7, 15, 17, 9));
}

TEST(ConvInteger, TakesAWeightZeroPointPerOutputChannel) {
  const Tensor x = uint8s({1, 1, 1, 2}, {10, 20}), w = int8s({2, 1, 1, 2}, {1, 2, 3, 4});
  EXPECT_THAT(integers_of(run(ConvInteger{}, {x, w, uint8s({1}, {5}), int8s({2}, {1, 4})})), ElementsAre(15, -5));
  EXPECT_THAT(refusal(ConvInteger{}, {plain({1, 1, 1, 2}), plain({2, 1, 1, 2}), plain({1}), plain({3})}),
              HasSubstr("w_zero_point has shape 3 for 2 output channels"));
  EXPECT_THAT(refusal(ConvInteger{}, {plain({1, 2, 1, 2}), plain({2, 2, 1, 2}), plain({2})}),
              HasSubstr("x_zero_point has shape 2; give one number"));
}

TEST(ConvInteger, CountsItsMultiplications) {
  EXPECT_EQ(graph_of(ConvInteger{}, {plain({1, 2, 4, 4}), plain({3, 2, 3, 3})}).macs(), 3 * 2 * 2 * 2 * 9);
}

}  // namespace
}  // namespace bitloom
