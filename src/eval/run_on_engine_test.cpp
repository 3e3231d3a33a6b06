#include "eval/run_on_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "passes/random_network.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;
using testing::HasSubstr;

constexpr std::uint64_t kSeed = 20261122;

/// Every value of an image, in the order in which images came.
std::vector<std::vector<Tensor>> observed(const RunGraph& run, const Graph& graph, const std::vector<const Value*>& values,
                                          const std::vector<Tensor>& images) {
  std::vector<std::vector<Tensor>> all;
  run(graph, values, feed(images), [&](ObservedBatch batch) { all.insert(all.end(), batch.begin(), batch.end()); });
  return all;
}

std::vector<const Value*> inputs_and_outputs(const Graph& graph) {
  std::vector<const Value*> values(graph.inputs().begin(), graph.inputs().end());
  for (const Node* node : graph.nodes()) values.insert(values.end(), node->outputs().begin(), node->outputs().end());
  return values;
}

TEST(RunOnEngine, ShowsEveryValueOfEveryImageInOrderAsTheReferenceDoes) {
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", trial " << trial);
    RandomStream random({kSeed, trial});
    const Graph graph = random_network(random);
    const std::vector<Tensor> images = random_images(graph, random, 70);  // more than a batch
    const std::vector<const Value*> values = inputs_and_outputs(graph);
    const auto given = observed(run_on_engine, graph, values, images), expected = observed(run_on_reference, graph, values, images);
    ASSERT_EQ(given.size(), images.size());
    for (std::size_t i = 0; i < images.size(); ++i) {
      ASSERT_EQ(given[i].front(), images[i]);
      for (std::size_t v = 0; v < values.size(); ++v) {
        ASSERT_EQ(given[i][v].shape(), expected[i][v].shape());
        for (std::size_t k = 0; k < given[i][v].floats().size(); ++k) {
          const float y = expected[i][v].floats()[k];
          ASSERT_NEAR(given[i][v].floats()[k], y, 1e-4f * (1 + std::abs(y))) << values[v]->name();
        }
      }
    }
  }
}

TEST(RunOnEngine, ComputesOnlyWhatTheValuesDependOn) {
  Graph graph = small_cnn();
  Tensor weights = graph.nodes_of<Gemm>().front()->input(1)->constant();
  for (float& w : weights.floats()) w = 1e38f;
  graph.nodes_of<Gemm>().front()->input(1)->set_constant(weights);
  RandomStream random({kSeed});
  const std::vector<Tensor> images = random_images(graph, random, 3);
  for (const RunGraph& run : {RunGraph(run_on_engine), RunGraph(run_on_reference)}) {
    EXPECT_EQ(observed(run, graph, {graph.nodes_of<Conv2d>().front()->output()}, images).size(), 3u);
    EXPECT_THAT(refusal([&] { observed(run, graph, {graph.outputs().front()}, images); }),
                HasSubstr("net: node 'fc' (Gemm): is inf on calibration image 0"));
  }
}

TEST(RunOnEngine, NamesTheFirstImageThatIsNoNumberWhateverThreadSeesIt) {
  const Graph graph = small_cnn();
  RandomStream random({kSeed + 1});
  std::vector<Tensor> images = random_images(graph, random, 40);
  for (const std::size_t bad : {21u, 22u, 37u}) images[bad].floats()[5] = std::numeric_limits<float>::quiet_NaN();
  for (int round = 0; round < 20; ++round)
    ASSERT_THAT(refusal([&] { observed(run_on_engine, graph, {graph.outputs().front()}, images); }),
                HasSubstr("net: input 'image': is nan on calibration image 21"));
}

/// -inf behind a Relu is 0, and no observed value shows it.
TEST(RunOnEngine, SeesWhatIsInfiniteBetweenTheValuesAskedFor) {
  Graph graph = small_cnn();
  Value* weights = graph.nodes_of<Conv2d>().front()->input(1);
  Tensor huge = weights->constant();
  for (float& w : huge.floats()) w = -3e38f;
  weights->set_constant(huge);
  RandomStream random({kSeed + 2});
  const std::vector<Tensor> images = random_images(graph, random, 2);
  EXPECT_THAT(refusal([&] { observed(run_on_engine, graph, {graph.nodes_of<Relu>().front()->output()}, images); }),
              HasSubstr("net: node 'conv' (Conv2d): is -inf on calibration image 0"));
}

TEST(RunOnEngine, GivesNothingWithoutImages) {
  const Graph graph = small_cnn();
  EXPECT_TRUE(observed(run_on_engine, graph, {graph.outputs().front()}, {}).empty());
}

TEST(RunOnEngine, CalibratesToTheScalesOfTheReference) {
  const Graph graph = small_cnn(3);
  RandomStream random({kSeed + 3});
  const std::vector<Tensor> images = random_images(graph, random, 40);
  const Graph on_engine = quantize_model(graph, feed(images), {}, nullptr, run_on_engine), on_reference = quantize_model(graph, feed(images), {});
  const auto quantizers = on_reference.nodes_of<Quantize>();
  ASSERT_EQ(on_engine.nodes_of<Quantize>().size(), quantizers.size());
  for (std::size_t i = 0; i < quantizers.size(); ++i) {
    const Quantization &given = on_engine.nodes_of<Quantize>()[i]->as<Quantize>()->quantization, &expected = quantizers[i]->as<Quantize>()->quantization;
    EXPECT_NEAR(given.scales[0], expected.scales[0], 1e-5f * expected.scales[0]);
    EXPECT_EQ(given.zero_point, expected.zero_point);
  }
}

}  // namespace
}  // namespace bitloom
