#include "passes/quantize/bipolar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "passes/lower/lower.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What stands behind the first convolution, whose results may be negative, at one bit.
struct Placed {
  ElementType element;
  Notes notes;
};
Placed behind_first(const Graph& graph) {
  RandomStream random({9});
  const std::vector<Tensor> images = random_images(graph, random, 4);
  QuantizeOptions options;
  options.activation_bits = 1;
  Placed placed;
  const Graph qdq = quantize_model(graph, feed(images), options, &placed.notes);
  for (const Node* node : qdq.nodes())
    if (node->name() == "conv.quantize") placed.element = node->output()->type().element;
  lower(qdq);
  return placed;
}

TEST(Bipolar, IsWhatLayersReadThatPadNothingThroughMoves) {
  RandomStream random({1});
  EXPECT_EQ(behind_first(Builder(random, {1, 1, 6, 6}).conv(3, 3).conv(2, 3).finish()).element, ElementType::bipolar());
  const Placed moved = behind_first(Builder(random, {1, 1, 6, 6}).conv(3, 3).then(max_pool(2)).gemm(2).finish());
  EXPECT_EQ(moved.element, ElementType::bipolar());
  EXPECT_THAT(moved.notes, IsEmpty());
}

TEST(Bipolar, WhereAReaderNeedsA0ThereAre2BitsAndANote) {
  RandomStream random({1});
  const Placed padded = behind_first(Builder(random, {1, 1, 6, 6}).conv(3, 3).then(max_pool(2)).conv(2, 3, 1).gemm(2).finish());
  EXPECT_EQ(padded.element.bits, 2);
  EXPECT_THAT(
      padded.notes,
      ElementsAre(HasSubstr(
          "net: node 'conv' (Conv2d): 2 bits instead of 1, because it may be negative and what reads it needs a 0")));
  Builder residual(random, {1, 1, 6, 6});
  Value* x = residual.conv(2, 1).current();
  EXPECT_EQ(behind_first(residual.conv(2, 1).plus(x).gemm(2).finish()).element.bits, 2);
}

TEST(Bipolar, IsNotWhatIsNeverNegative) {
  RandomStream random({1});
  const Graph graph = Builder(random, {1, 1, 6, 6}).conv(3, 3).then(Relu{}).conv(2, 3, 1).gemm(2).finish();
  const std::vector<Tensor> images = random_images(graph, random, 4);
  QuantizeOptions options;
  options.activation_bits = 1;
  options.unsigned_activations = false;  // one bit is 0 or 1 all the same
  const Graph qdq = quantize_model(graph, feed(images), options);
  ASSERT_EQ(qdq.nodes_of<Quantize>()[1]->name(), "relu.quantize");
  EXPECT_EQ(qdq.nodes_of<Quantize>()[1]->output()->type().element, ElementType::integer(1, false));
}

}  // namespace
}  // namespace bitloom
