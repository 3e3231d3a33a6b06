#include "passes/quantize/repair/layer_rows.h"

#include <gtest/gtest.h>

#include <set>

#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;

constexpr std::uint64_t kSeed = 20261121;

/// Every row's inputs, times the weights, are its outputs.
void expect_products(const LayerRows& rows, const Node& layer) {
  const std::span<const float> weights = layer.input(1)->constant().floats(), bias = layer.input(2)->constant().floats();
  ASSERT_GT(rows.count, 0u);
  for (std::size_t r = 0; r < rows.count; ++r)
    for (std::size_t o = 0; o < rows.outputs; ++o) {
      const float* x = rows.input(r, o / (rows.outputs / rows.groups));
      double sum = bias[o];
      for (std::size_t k = 0; k < rows.fan_in; ++k) sum += double{weights[o * rows.fan_in + k]} * x[k];
      ASSERT_NEAR(rows.y[r * rows.outputs + o], sum, 1e-4 * (1 + std::fabs(sum))) << "row " << r << ", output " << o;
    }
}

TEST(SampleRows, InputsTimesWeightsAreTheOutputsOfConvolutionsOfAnyGeometry) {
  for (std::uint64_t trial = 0; trial < 30; ++trial) {
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", trial " << trial);
    RandomStream random({kSeed, trial});
    Conv2d op;
    op.groups = between(random, 1, 3);
    op.stride_h = between(random, 1, 3);
    op.stride_w = between(random, 1, 3);
    op.dilation_h = between(random, 1, 2);
    op.dilation_w = between(random, 1, 2);
    op.pad_top = between(random, 0, 2);
    op.pad_left = between(random, 0, 2);
    op.pad_bottom = between(random, 0, 2);
    op.pad_right = between(random, 0, 2);
    const Graph graph = Builder(random, {1, op.groups * between(random, 1, 3), 9, 8})
                            .conv(op, op.groups * between(random, 1, 3), between(random, 1, 3), between(random, 1, 3)).then(Relu{}).finish();
    const std::vector<Tensor> images = random_images(graph, random, between(random, 1, 20));
    const Node& conv = *graph.nodes_of<Conv2d>().front();
    const LayerRows rows = sample_rows(conv, conv, feed(images), static_cast<std::int64_t>(images.size()), trial, run_on_reference);
    expect_products(rows, conv);
    EXPECT_EQ(rows.count, images.size() * static_cast<std::size_t>(conv.output()->shape()[2] * conv.output()->shape()[3]));
    EXPECT_LE(rows.learned, rows.count);
    EXPECT_EQ(rows.learned < rows.count, images.size() >= 8);
  }
}

TEST(SampleRows, OfAFullyConnectedLayerAreItsImages) {
  RandomStream random({kSeed + 1});
  const Graph graph = Builder(random, {1, 2, 4, 4}).gemm(5).then(Relu{}).gemm(3).finish();
  const std::vector<Tensor> images = random_images(graph, random, 24);
  const Node& layer = *graph.nodes_of<Gemm>().back();
  const LayerRows rows = sample_rows(layer, layer, feed(images), 24, 1, run_on_reference);
  expect_products(rows, layer);
  EXPECT_EQ(rows.count, 24u);
  EXPECT_EQ(rows.learned, 21u);
  std::set<float> different;
  for (std::size_t r = 0; r < rows.count; ++r) different.insert(rows.y[r * 3]);
  EXPECT_EQ(different.size(), 24u);  // each image once
}

TEST(SampleRows, AreOfEveryRowThatAReshapeMadeOfAnImage) {
  RandomStream random({kSeed + 3});
  const Graph graph = Builder(random, {1, 6, 5, 4}).then(reshape({3, 2, 5, 4})).conv(4, 3, 1).then(reshape({15, 16})).gemm(7).finish();
  const std::vector<Tensor> images = random_images(graph, random, 9);
  for (const Node* layer : {graph.nodes_of<Conv2d>().front(), graph.nodes_of<Gemm>().front()}) {
    const LayerRows rows = sample_rows(*layer, *layer, feed(images), 9, 1, run_on_reference);
    expect_products(rows, *layer);
    EXPECT_EQ(rows.count, 9u * (layer->is<Conv2d>() ? 3 * 5 * 4 : 15));
  }
}

TEST(SampleRows, DrawsPlacesWhereThereAreMoreThanItKeeps) {
  RandomStream random({kSeed + 2});
  const Graph graph = Builder(random, {1, 1, 100, 100}).conv(2, 3).finish();
  const std::vector<Tensor> images = random_images(graph, random, 8);
  const Node& conv = *graph.nodes_of<Conv2d>().front();
  const LayerRows rows = sample_rows(conv, conv, feed(images), 8, 1, run_on_reference);
  expect_products(rows, conv);
  EXPECT_EQ(rows.count, 16384u);
  EXPECT_EQ(rows.learned, 7 * 2048u);
  EXPECT_NE(rows.y, sample_rows(conv, conv, feed(images), 8, 2, run_on_reference).y);
}

}  // namespace
}  // namespace bitloom
