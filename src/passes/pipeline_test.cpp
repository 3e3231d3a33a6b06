#include "passes/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Pipeline, RunsPassesInOrderAndCollectsTheirNotes) {
  const auto say = [](const char* word) {
    return [word](const Graph& graph, Notes& notes) {
      notes.push_back(word);
      return graph.clone();
    };
  };
  const std::vector<Pass> passes{{"first", say("one")}, {"second", say("two")}};
  Notes notes;
  const Graph graph = small_cnn();
  EXPECT_EQ(to_text(run_pipeline(graph, passes, notes)), to_text(graph));
  EXPECT_THAT(notes, ElementsAre("one", "two"));
}

TEST(Pipeline, NamesThePassThatLeavesAnInvalidGraph) {
  const std::vector<Pass> passes{{"breaks_it", [](const Graph& graph, Notes&) {
                                    Graph broken = graph.clone();
                                    broken.constants().front()->set_constant(Tensor({1, 1, 1, 1}, {1}));
                                    return broken;
                                  }}};
  Notes notes;
  EXPECT_THAT(refusal([&] { run_pipeline(small_cnn(), passes, notes); }), HasSubstr("after pass 'breaks_it': net: node 'conv'"));
}

TEST(Pipeline, TakesAFloatNetworkWithBatchNormAllTheWayToIntegers) {
  RandomStream random({1});
  const Graph graph = Builder(random, {1, 1, 8, 8}).conv(4, 3).batch_norm().then(Relu{}).gemm(3).then(Softmax{}).finish();
  const std::vector<Tensor> images = random_images(graph, random, 4);
  Notes notes;
  const Graph qdq = run_pipeline(graph, post_training_quantization(feed(images), {}), notes);
  const Graph integer = run_pipeline(qdq, integer_lowering(), notes);
  for (const Node* node : integer.nodes()) EXPECT_FALSE(node->output()->type().element.is_float) << node->name();
  EXPECT_THAT(notes, ElementsAre(HasSubstr("(Softmax): left out")));
}

}  // namespace
}  // namespace bitloom
