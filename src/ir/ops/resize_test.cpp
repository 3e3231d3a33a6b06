#include "ir/ops/resize.h"

#include <limits>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

/// `x`, a row, resized to `size` pixels.
Resize of_row(ResizeMode mode, ResizeCoordinates coordinates, std::int64_t from, std::int64_t size) {
  Resize op;
  op.mode = mode;
  op.coordinates = coordinates;
  op.sizes = {1, size};
  op.scales = {1, static_cast<float>(size) / static_cast<float>(from)};
  return op;
}

const Tensor kRow({1, 4}, {1, 2, 3, 4});

TEST(Resize, NearestRoundsATieAsAsked) {
  Resize op = of_row(ResizeMode::kNearest, ResizeCoordinates::kHalfPixel, 4, 2);  // places 0.5 and 2.5
  EXPECT_THAT(values_of(run(op, {kRow})), ElementsAre(1, 3));
  op.rounding = ResizeRounding::kRoundPreferCeil;
  EXPECT_THAT(values_of(run(op, {kRow})), ElementsAre(2, 4));
  op.rounding = ResizeRounding::kFloor;
  EXPECT_THAT(values_of(run(op, {kRow})), ElementsAre(1, 3));
  op.rounding = ResizeRounding::kCeil;
  EXPECT_THAT(values_of(run(op, {kRow})), ElementsAre(2, 4));
}

TEST(Resize, NearestTakesIntegersAndTheirScale) {
  const Resize op = of_row(ResizeMode::kNearest, ResizeCoordinates::kAsymmetric, 2, 4);
  const TensorType x = integers({1, 2}, ElementType::int8(), {0.5f}, 3);
  const Tensor y = run(op, {Tensor(x, {7, -9})});
  EXPECT_THAT(integers_of(y), ElementsAre(7, 7, -9, -9));  // places 0, 0.5, 1, 1.5; a tie prefers the floor
  EXPECT_EQ(y.type(), integers({1, 4}, ElementType::int8(), {0.5f}, 3));
  EXPECT_THAT(refusal(of_row(ResizeMode::kLinear, ResizeCoordinates::kHalfPixel, 2, 4), {x}),
              HasSubstr("operand 'x' is int8, not float32"));
}

TEST(Resize, RefusesToTakeChannelsFromTheirScales) {
  Resize op = of_row(ResizeMode::kNearest, ResizeCoordinates::kAsymmetric, 2, 2);
  const TensorType x = integers({1, 2}, ElementType::int8(), {1, 2}, 0, 1);
  EXPECT_EQ(infer(op, {x}), x);
  op.scales[1] = 1.25f;  // two pixels of two and a half
  EXPECT_THAT(refusal(op, {x}), HasSubstr("quantized per channel"));
}

TEST(Resize, LinearPlacesPixelsByEveryRule) {
  const auto doubled = [](ResizeCoordinates coordinates) {
    return values_of(run(of_row(ResizeMode::kLinear, coordinates, 2, 4), {Tensor({1, 2}, {0, 12})}));
  };
  EXPECT_THAT(doubled(ResizeCoordinates::kHalfPixel), ElementsAre(0, 3, 9, 12));
  EXPECT_THAT(doubled(ResizeCoordinates::kPytorchHalfPixel), ElementsAre(0, 3, 9, 12));
  EXPECT_THAT(doubled(ResizeCoordinates::kHalfPixelSymmetric), ElementsAre(0, 3, 9, 12));
  EXPECT_THAT(doubled(ResizeCoordinates::kAlignCorners), Pointwise(FloatNear(1e-5f), {0.0f, 4.0f, 8.0f, 12.0f}));
  EXPECT_THAT(doubled(ResizeCoordinates::kAsymmetric), ElementsAre(0, 6, 12, 12));
  EXPECT_THAT(doubled(ResizeCoordinates::kTfHalfPixelForNn), ElementsAre(3, 9, 12, 12));
}

TEST(Resize, CubicReproducesAStraightLineInsideAndHitsPixelsExactly) {
  const Tensor line({1, 8}, {0, 1, 2, 3, 4, 5, 6, 7});
  const auto y = values_of(run(of_row(ResizeMode::kCubic, ResizeCoordinates::kAlignCorners, 8, 15), {line}));
  for (std::size_t i = 2; i < 13; ++i) EXPECT_NEAR(y[i], static_cast<float>(i) / 2, 1e-5) << i;
  for (std::size_t i = 0; i < 15; i += 2) EXPECT_EQ(y[i], static_cast<float>(i) / 2) << i;
}

TEST(Resize, ExcludesPixelsOutsideAndWeighsTheOthersAnew) {
  Resize op = of_row(ResizeMode::kCubic, ResizeCoordinates::kHalfPixel, 4, 8);
  op.exclude_outside = true;
  for (const float v : values_of(run(op, {Tensor({1, 4}, {5, 5, 5, 5})}))) EXPECT_NEAR(v, 5, 1e-5);
}

TEST(Resize, OfARegionGivesTheValueOutsideTheImage) {
  Resize op = of_row(ResizeMode::kLinear, ResizeCoordinates::kTfCropAndResize, 4, 3);
  op.roi = {0, 0.5f, 1, 1.5f};
  op.extrapolation_value = -1;
  EXPECT_THAT(values_of(run(op, {kRow})), ElementsAre(2.5f, 4, -1));  // places 1.5, 3, 4.5
}

TEST(Resize, MakesIntegersOfRealsAsCastDoes) {
  Resize op = of_row(ResizeMode::kNearest, ResizeCoordinates::kTfCropAndResize, 4, 3);
  op.roi = {0, 0.5f, 1, 1.5f};
  op.extrapolation_value = 3e38f;
  const Graph graph = graph_of(op, {{{1, 4}, ElementType::int64(), {}}});
  const Tensor y = Interpreter(graph).run(Tensor::int64({1, 4}, {1, 2, 3, 4}));
  EXPECT_THAT(y.indices(), ElementsAre(2, 4, std::numeric_limits<std::int64_t>::max()));
}

TEST(Resize, PlacesThatNoIndexHoldsAreAtTheBorder) {
  Resize op = of_row(ResizeMode::kNearest, ResizeCoordinates::kHalfPixelSymmetric, 4, 1 << 20);
  op.scales[1] = 0x1p-23f;
  const Tensor y = run(op, {kRow});
  EXPECT_THAT(y.floats(), testing::Each(testing::AnyOf(1, 4)));
}

TEST(Resize, LeavesTheBatchAlone) {
  const Graph graph = graph_of(of_row(ResizeMode::kNearest, ResizeCoordinates::kAsymmetric, 2, 4), {floats({1, 2})});
  EXPECT_EQ(first_node_across_images(graph), nullptr);
  EXPECT_EQ(Interpreter(graph).run(Tensor({3, 2}, {1, 2, 3, 4, 5, 6})).shape(), (Shape{3, 4}));
}

TEST(Resize, RefusesWhatIsHugeBetweenOneAxisAndTheNext) {
  Resize op;
  op.sizes = {1, 1, 100000, 1};
  op.scales = {1, 1, 100000, 1e-5f};
  EXPECT_THAT(refusal(op, {floats({1, 1, 1, 100000})}), HasSubstr("10000000000 elements once axis 2 is resized"));
}

TEST(Resize, RefusesSizesAndScalesThatAreNone) {
  Resize op = of_row(ResizeMode::kLinear, ResizeCoordinates::kHalfPixel, 4, 2);
  op.sizes[1] = 0;
  EXPECT_THAT(refusal(op, {floats({1, 4})}), HasSubstr("resizes axis 1 from 4 to 0"));
  op.sizes[1] = 2;
  op.scales[1] = 0;
  EXPECT_THAT(refusal(op, {floats({1, 4})}), HasSubstr("scale 0 of axis 1"));
}

}  // namespace
}  // namespace bitloom
