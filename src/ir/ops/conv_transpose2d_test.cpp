#include "ir/ops/conv_transpose2d.h"

#include "ir/ops/conv2d.h"
#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ConvTranspose2d, AddsTheKernelOncePerInputElement) {
  ConvTranspose2d op;
  op.stride_w = 2;
  const Tensor y = run(op, {Tensor({1, 1, 1, 2}, {1, 10}), Tensor({1, 1, 1, 3}, {1, 2, 3}), Tensor({1}, {0.5f})});
  EXPECT_THAT(values_of(y), ElementsAre(1.5f, 2.5f, 13.5f, 20.5f, 30.5f));
}

TEST(ConvTranspose2d, CropsByPadsAndAddsOutputPads) {
  ConvTranspose2d op;
  op.stride_w = 2;
  op.pad_left = 1, op.pad_right = 2, op.output_pad_w = 1;
  const Tensor y = run(op, {Tensor({1, 1, 1, 2}, {1, 10}), Tensor({1, 1, 1, 3}, {1, 2, 3})});
  EXPECT_THAT(values_of(y), ElementsAre(2, 13, 20));
  op.output_pad_w = 4;
  EXPECT_THAT(values_of(run(op, {Tensor({1, 1, 1, 2}, {1, 10}), Tensor({1, 1, 1, 3}, {1, 2, 3})})),
              ElementsAre(2, 13, 20, 30, 0, 0));
}

/// The transposed convolution is the transpose of the convolution as a linear map: <conv(x), y> = <x,
/// conv_transpose(y)>.
TEST(ConvTranspose2d, IsTheAdjointOfConv2dForRandomGeometry) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    RandomStream random({seed});
    const auto below = [&](int end) { return static_cast<int>(random.below(static_cast<std::uint64_t>(end))); };
    Conv2d conv;
    conv.groups = 1 + below(2);
    conv.stride_h = 1 + below(3), conv.stride_w = 1 + below(3);
    conv.dilation_h = 1 + below(2), conv.dilation_w = 1 + below(2);
    conv.pad_top = below(3), conv.pad_left = below(3), conv.pad_bottom = below(3), conv.pad_right = below(3);
    const Shape weights{2 * conv.groups, 3, 1 + below(3), 1 + below(3)};
    const Tensor x = random_floats(random, {1, 3 * conv.groups, 5 + below(4), 5 + below(4)}),
                 w = random_floats(random, weights);
    const Tensor forward = run(conv, {x, w});
    ConvTranspose2d op;
    op.groups = conv.groups;
    op.stride_h = conv.stride_h, op.stride_w = conv.stride_w, op.dilation_h = conv.dilation_h,
    op.dilation_w = conv.dilation_w;
    op.pad_top = conv.pad_top, op.pad_left = conv.pad_left, op.pad_bottom = conv.pad_bottom,
    op.pad_right = conv.pad_right;
    const auto left_over = [](std::int64_t size, int pads, int dilation, std::int64_t kernel, int stride) {
      return static_cast<int>((size + pads - dilation * (kernel - 1) - 1) % stride);
    };
    op.output_pad_h =
        left_over(x.shape()[2], conv.pad_top + conv.pad_bottom, conv.dilation_h, weights[2], conv.stride_h);
    op.output_pad_w =
        left_over(x.shape()[3], conv.pad_left + conv.pad_right, conv.dilation_w, weights[3], conv.stride_w);
    const Tensor y = random_floats(random, forward.shape());
    const Tensor back = run(op, {y, w});
    ASSERT_EQ(back.shape(), x.shape()) << "seed " << seed;
    const auto inner = [](const Tensor& a, const Tensor& b) {
      double sum = 0;
      for (std::size_t i = 0; i < a.floats().size(); ++i) sum += double{a.floats()[i]} * b.floats()[i];
      return sum;
    };
    EXPECT_NEAR(inner(forward, y), inner(x, back), 1e-4) << "seed " << seed;
  }
}

TEST(ConvTranspose2d, RefusesWhatDoesNotFit) {
  ConvTranspose2d op;
  const TensorType x = floats({1, 4, 3, 3});
  EXPECT_EQ(refusal(op, {x, floats({3, 2, 2, 2})}),
            "test: node 'node' (ConvTranspose2d): input has 4 channels, weights 3x2x2x2 take 3; make the two agree");
  EXPECT_THAT(refusal(op, {x, floats({4, 2, 2, 2}), floats({3})}), HasSubstr("bias has shape 3 for 2 outputs"));
  op.pad_top = 4;
  EXPECT_THAT(refusal(op, {x, floats({4, 2, 2, 2})}), HasSubstr("pads of height 4 leave nothing of 4"));
  op.pad_top = 0, op.groups = 3;
  EXPECT_THAT(refusal(op, {x, floats({4, 2, 2, 2})}), HasSubstr("4 input channels do not split into 3 groups"));
  EXPECT_THAT(refusal(ConvTranspose2d{}, {integers({1, 4, 3, 3}, ElementType::int8()), floats({4, 2, 2, 2})}),
              HasSubstr("is int8"));
}

}  // namespace
}  // namespace bitloom
