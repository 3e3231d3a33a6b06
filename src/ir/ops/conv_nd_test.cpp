#include "ir/ops/conv_nd.h"

#include <tuple>

#include "ir/ops/conv2d.h"
#include "ir/ops/conv_transpose2d.h"
#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

WindowNd cube(int kernel) {
  WindowNd window(3);
  window.kernel = {kernel, kernel, kernel};
  return window;
}

TEST(ConvNd, SumsOverACube) {
  ConvNd op;
  op.window = cube(2);
  const Tensor x({1, 1, 2, 2, 3}, {1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60}), w({1, 1, 2, 2, 2}, {1, 0, 0, 0, 0, 0, 0, 1}), b({1}, {0.5f});
  EXPECT_THAT(values_of(run(op, {x, w, b})), ElementsAre(1 + 50 + 0.5f, 2 + 60 + 0.5f));
}

TEST(ConvNd, OverOneAxisTakesStridesDilationsAndPads) {
  ConvNd op;
  op.window = WindowNd(1);
  op.window.kernel = {2};
  op.window.strides = {2};
  op.window.dilations = {2};
  op.window.pads_begin = {1};
  op.window.pads_end = {2};
  const Tensor x({1, 1, 4}, {1, 2, 3, 4}), w({1, 1, 2}, {1, 10});
  EXPECT_THAT(values_of(run(op, {x, w})), ElementsAre(20, 2 + 40, 4));  // at -1, 1 and 3
}

/// The same attributes for two axes, as Conv2d and as ConvNd have them.
struct Pair {
  Conv2d flat;
  ConvNd general;
};

Pair pair(std::vector<int> kernel, std::vector<int> strides, std::vector<int> dilations, std::vector<int> pads, int groups) {
  Pair both;
  std::tie(both.flat.stride_h, both.flat.stride_w, both.flat.dilation_h, both.flat.dilation_w) =
      std::tie(strides[0], strides[1], dilations[0], dilations[1]);
  std::tie(both.flat.pad_top, both.flat.pad_left, both.flat.pad_bottom, both.flat.pad_right) = std::tie(pads[0], pads[1], pads[2], pads[3]);
  both.general.window.kernel = std::move(kernel);
  both.general.window.strides = std::move(strides);
  both.general.window.dilations = std::move(dilations);
  both.general.window.pads_begin = {pads[0], pads[1]};
  both.general.window.pads_end = {pads[2], pads[3]};
  both.flat.groups = both.general.groups = groups;
  return both;
}

TEST(ConvNd, OfTwoAxesIsConv2d) {
  RandomStream random({7});
  for (const Pair& both : {pair({3, 2}, {1, 2}, {1, 1}, {0, 0, 0, 0}, 1), pair({3, 3}, {2, 1}, {1, 2}, {2, 1, 0, 3}, 2),
                           pair({1, 2}, {3, 3}, {1, 4}, {0, 5, 1, 2}, 4)}) {
    const std::vector<int>& kernel = both.general.window.kernel;
    const Tensor x = random_floats(random, {2, 4, 7, 6}), w = random_floats(random, {4, 4 / both.flat.groups, kernel[0], kernel[1]}),
                 b = random_floats(random, {4});
    EXPECT_EQ(run(both.general, {x, w, b}), run(both.flat, {x, w, b}));
  }
}

TEST(ConvNd, CountsItsMultiplications) {
  ConvNd op;
  op.window = cube(2);
  op.groups = 2;
  EXPECT_EQ(graph_of(op, {floats({1, 4, 3, 3, 3}), floats({6, 2, 2, 2, 2})}).macs(), 6 * 8 * 2 * 8);
}

TEST(ConvNd, RefusesWhatDoesNotFit) {
  ConvNd op;
  op.window = cube(2);
  EXPECT_THAT(refusal(op, {floats({1, 4, 3, 3}), floats({6, 4, 2, 2, 2})}), HasSubstr("input has shape 1x4x3x3 under a window of 3 axes"));
  EXPECT_THAT(refusal(op, {floats({1, 4, 3, 3, 3}), floats({6, 4, 2, 2, 3})}), HasSubstr("weights 6x4x2x2x3 beside a kernel [2, 2, 2]"));
  EXPECT_THAT(refusal(op, {floats({1, 4, 3, 3, 3}), floats({6, 3, 2, 2, 2})}), HasSubstr("input has 4 channels"));
  EXPECT_THAT(refusal(op, {floats({1, 4, 3, 3, 1}), floats({6, 4, 2, 2, 2})}),
              HasSubstr("kernel 2 (with dilation) exceeds the padded input's 1 along axis 4"));
  EXPECT_THAT(refusal(op, {floats({1, 4, 3, 3, 3}), floats({6, 4, 2, 2, 2}), floats({4})}), HasSubstr("bias has shape 4 for 6 outputs"));
  op.window.strides = {1, 0, 1};
  EXPECT_THAT(refusal(op, {floats({1, 4, 3, 3, 3}), floats({6, 4, 2, 2, 2})}), HasSubstr("strides hold 0; use at least 1"));
  op.window.strides = {1, 1};
  EXPECT_THAT(refusal(op, {floats({1, 4, 3, 3, 3}), floats({6, 4, 2, 2, 2})}), HasSubstr("a window of 3 axes with 2 entries"));
}

TEST(ConvTransposeNd, SpreadsEachElementOverACube) {
  ConvTransposeNd op;
  op.window = cube(2);
  op.window.strides = {1, 1, 2};
  op.output_pads = {0, 0, 1};
  const Tensor x({1, 1, 1, 1, 2}, {1, 10}), w({1, 1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  const Tensor y = run(op, {x, w});
  EXPECT_EQ(y.shape(), (Shape{1, 1, 2, 2, 5}));
  EXPECT_THAT(values_of(y), ElementsAre(1, 2, 10, 20, 0, 3, 4, 30, 40, 0, 5, 6, 50, 60, 0, 7, 8, 70, 80, 0));
}

TEST(ConvTransposeNd, OfTwoAxesIsConvTranspose2d) {
  RandomStream random({7});
  ConvTranspose2d flat;
  flat.stride_h = 2, flat.dilation_w = 2, flat.pad_top = 1, flat.pad_right = 2, flat.output_pad_h = 1, flat.groups = 2;
  ConvTransposeNd general;
  general.window = WindowNd(2);
  general.window.kernel = {3, 2};
  general.window.strides = {2, 1};
  general.window.dilations = {1, 2};
  general.window.pads_begin = {1, 0};
  general.window.pads_end = {0, 2};
  general.output_pads = {1, 0};
  general.groups = 2;
  const Tensor x = random_floats(random, {2, 4, 3, 5}), w = random_floats(random, {4, 3, 3, 2}), b = random_floats(random, {6});
  const Tensor expected = run(flat, {x, w, b}), y = run(general, {x, w, b});
  EXPECT_EQ(y.shape(), expected.shape());
  EXPECT_THAT(values_of(y), Pointwise(FloatNear(1e-6f), values_of(expected)));
}

TEST(ConvTransposeNd, RefusesWhatDoesNotFit) {
  ConvTransposeNd op;
  op.window = cube(2);
  EXPECT_THAT(refusal(op, {floats({1, 4, 3, 3, 3}), floats({4, 1, 2, 2, 2})}), HasSubstr("output pads []; give one for each axis"));
  op.output_pads = {0, 0, 0};
  EXPECT_THAT(refusal(op, {floats({1, 4, 3, 3, 3}), floats({3, 1, 2, 2, 2})}), HasSubstr("input has 4 channels, weights 3x1x2x2x2 take 3"));
  op.window.pads_begin = {0, 0, 4};
  EXPECT_THAT(refusal(op, {floats({1, 4, 3, 3, 3}), floats({4, 1, 2, 2, 2})}), HasSubstr("pads of axis 4 leave nothing of 4"));
}

}  // namespace
}  // namespace bitloom
