#include <cmath>
#include <limits>

#include "ir/ops/op_test_support.h"
#include "ir/ops/quantization.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

Quantize quantize_to(ElementType element, std::vector<float> scales, std::int32_t zero_point = 0, int axis = -1) {
  Quantize op;
  op.element = element;
  op.quantization = {std::move(scales), zero_point, axis};
  return op;
}

TEST(Quantize, RoundsHalfToEvenAndThenAddsTheZeroPoint) {
  const Tensor x({6}, {-1.5f, -0.5f, 0.5f, 1.5f, 2.5f, 0.25f});
  EXPECT_THAT(integers_of(run(quantize_to(ElementType::int8(), {1}, 3), {x})), ElementsAre(1, 3, 3, 5, 5, 3));
  EXPECT_THAT(integers_of(run(quantize_to(ElementType::int8(), {0.5f}), {x})), ElementsAre(-3, -1, 1, 3, 5, 0));
}

TEST(Quantize, SaturatesAtTheEndsOfEveryType) {
  const float inf = std::numeric_limits<float>::infinity();
  for (int bits = 1; bits <= 8; ++bits)
    for (const bool is_signed : {false, true}) {
      const ElementType element = ElementType::integer(bits, is_signed);
      const Tensor y = run(quantize_to(element, {1}), {Tensor({4}, {-1e30f, 1e30f, -inf, inf})});
      EXPECT_THAT(integers_of(y), ElementsAre(element.min(), element.max(), element.min(), element.max())) << to_string(element);
    }
}

TEST(Quantize, DividesInFloat32AsOnnxSays) {
  // 5.05 / 0.1 is 50.5 in float32, a tie, and above 50.5 in real numbers.
  const float x = 5.05f, scale = 0.1f;
  ASSERT_EQ(x / scale, 50.5f);
  ASSERT_GT(double{x} / double{scale}, 50.49);
  EXPECT_THAT(integers_of(run(quantize_to(ElementType::int8(), {scale}), {Tensor({1}, {x})})), ElementsAre(50));
}

TEST(Quantize, UsesAScalePerIndexOfItsAxis) {
  const Tensor x({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_THAT(integers_of(run(quantize_to(ElementType::int8(), {1, 0.5f}, 0, 0), {x})), ElementsAre(1, 2, 3, 4, 10, 12, 14, 16));
  EXPECT_THAT(integers_of(run(quantize_to(ElementType::int8(), {1, 0.5f}, 0, 1), {x})), ElementsAre(1, 2, 6, 8, 5, 6, 14, 16));
  EXPECT_THAT(integers_of(run(quantize_to(ElementType::int8(), {1, 0.5f}, 0, 2), {x})), ElementsAre(1, 4, 3, 8, 5, 12, 7, 16));
}

TEST(Quantize, RefusesNotANumber) {
  EXPECT_THAT([] { run(quantize_to(ElementType::int8(), {1}), {Tensor({1}, {std::nanf("")})}); },
              testing::ThrowsMessage<InputError>(HasSubstr("not a number")));
}

TEST(Quantize, RefusesQuantizationThatDoesNotFit) {
  const TensorType x = floats({2, 3});
  EXPECT_EQ(refusal(quantize_to(ElementType::int8(), {1, 2}, 0, 1), {x}),
            "test: node 'node' (Quantize): 2 scales for 3 channels (2x3, axis 1); give one scale per channel");
  EXPECT_THAT(refusal(quantize_to(ElementType::int8(), {1, 2}), {x}), HasSubstr("2 scales for a tensor quantized as one"));
  EXPECT_THAT(refusal(quantize_to(ElementType::int8(), {1}, 0, 2), {x}), HasSubstr("quantization axis 2 of a tensor 2x3"));
  EXPECT_THAT(refusal(quantize_to(ElementType::int8(), {0}), {x}), HasSubstr("quantization scale 0"));
  EXPECT_THAT(refusal(quantize_to(ElementType::int8(), {INFINITY}), {x}), HasSubstr("quantization scale inf"));
  EXPECT_THAT(refusal(quantize_to(ElementType::uint8(), {1}, -1), {x}),
              HasSubstr("zero point -1 lies outside uint8; choose one from 0 to 255"));
}

TEST(Dequantize, ScalesTheDistanceFromTheZeroPoint) {
  EXPECT_THAT(values_of(run(Dequantize{}, {Tensor(integers({3}, ElementType::uint8(), {0.5f}, 10), {0, 10, 255})})),
              ElementsAre(-5, 0, 122.5f));
  EXPECT_THAT(values_of(run(Dequantize{}, {Tensor(integers({2, 2}, ElementType::int8(), {1, 0.5f}, 0, 0), {1, 2, 3, 4})})),
              ElementsAre(1, 2, 1.5f, 2));
}

TEST(Dequantize, QuantizingItsResultGivesEveryIntegerBack) {
  for (const float scale : {1.0f / 255, 0.1f, 3.7e-5f, 123.4f}) {
    Tensor q(integers({256}, ElementType::uint8(), {scale}, 77), std::vector<std::int32_t>(256));
    for (std::int32_t i = 0; i < 256; ++i) q.integers()[static_cast<std::size_t>(i)] = i;
    EXPECT_EQ(integers_of(run(quantize_to(ElementType::uint8(), {scale}, 77), {run(Dequantize{}, {q})})), integers_of(q)) << scale;
  }
}

TEST(Dequantize, RefusesIntegersOfUnknownScale) {
  EXPECT_THAT(refusal(Dequantize{}, {{{4}, ElementType::int8(), {}}}), HasSubstr("input has no quantization"));
  EXPECT_THAT(refusal(Dequantize{}, {floats({4})}), HasSubstr("operand 'x' is float32"));
}

}  // namespace
}  // namespace bitloom
