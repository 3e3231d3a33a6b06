#include "passes/transfer/replace_classifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ir/ops/binary.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;
using testing::HasSubstr;

TEST(ReplaceClassifier, GivesTheLastLayerOtherOutputsAndLeavesTheRestAlone) {
  Graph graph = small_cnn();
  graph.class_names = {"a"};
  const Tensor first = graph.nodes().front()->input(1)->constant();
  const Node& classifier = replace_classifier(graph, 7, 3);
  verify(graph);
  EXPECT_TRUE(classifier.is<Gemm>());
  EXPECT_EQ(graph.outputs().front()->shape(), (Shape{1, 7}));
  EXPECT_EQ(graph.nodes().front()->input(1)->constant(), first);
  EXPECT_TRUE(graph.class_names.empty());
  const double bound = std::sqrt(3.0 / static_cast<double>(classifier.input(1)->shape()[1]));
  for (const float w : classifier.input(1)->constant().floats()) EXPECT_LE(std::abs(w), bound);
  for (const float b : classifier.input(2)->constant().floats()) EXPECT_EQ(b, 0);
}

TEST(ReplaceClassifier, IsAFunctionOfTheSeed) {
  const auto text = [](std::uint64_t seed) {
    Graph graph = small_cnn();
    replace_classifier(graph, 7, seed);
    return to_text(graph);
  };
  EXPECT_EQ(text(1), text(1));
  EXPECT_NE(text(1), text(2));
}

TEST(ReplaceClassifier, FindsAConvolutionBeforePools) {
  RandomStream random({1});
  Graph graph = Builder(random, {1, 3, 8, 8}).conv(4, 3).conv(10, 1).then(Relu{}).then(max_pool(6)).then(Flatten{}).finish();
  EXPECT_TRUE(replace_classifier(graph, 5, 1).is<Conv2d>());
  EXPECT_EQ(graph.outputs().front()->shape(), (Shape{1, 5}));
}

TEST(ReplaceClassifier, NamesWhatIsInTheWay) {
  RandomStream random({1});
  Graph activated = Builder(random, {1, 3, 8, 8}).gemm(10).then(Tanh{}).finish();
  EXPECT_THAT(refusal([&] { replace_classifier(activated, 5, 1); }), HasSubstr("(Tanh): stands between the classifier and the output"));
  Graph quantized = small_cnn();
  const std::vector<Tensor> images = random_images(quantized, random, 2);
  Graph qdq = quantize_model(quantized, feed(images), {});
  EXPECT_THAT(refusal([&] { replace_classifier(qdq, 5, 1); }), HasSubstr("start from the float network"));
}

}  // namespace
}  // namespace bitloom
