#include "train/batch_statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "ir/interpreter.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/fake_quantize.h"
#include "train/test_graphs.h"

namespace bitloom::train {
namespace {

using testing::ElementsAre;

constexpr int kClasses = 3;

struct Statistics {
  std::vector<float> mean, variance;
  explicit Statistics(const Node* norm) {
    const auto numbers = [&](int operand) { return norm->input(operand)->constant().floats(); };
    mean.assign(numbers(3).begin(), numbers(3).end());
    variance.assign(numbers(4).begin(), numbers(4).end());
  }
};

/// Of each channel of `value` over the images, from their definition.
std::pair<std::vector<double>, std::vector<double>> true_statistics(const Graph& graph, const Value* value, const Images& images,
                                                                   std::span<const std::uint32_t> indices) {
  const std::int64_t channels = value->shape()[1], pixels = value->shape().elements() / channels;
  std::vector<std::vector<double>> numbers(static_cast<std::size_t>(channels));
  for (const std::uint32_t i : indices)
    Interpreter(graph).run({preprocess(graph, images.image(i))}, [&](const Value& seen, const Tensor& tensor) {
      if (&seen != value) return;
      for (std::int64_t c = 0; c < channels; ++c)
        for (const float x : tensor.floats().subspan(static_cast<std::size_t>(c * pixels), static_cast<std::size_t>(pixels)))
          numbers[static_cast<std::size_t>(c)].push_back(x);
    });
  std::pair<std::vector<double>, std::vector<double>> result;
  for (const std::vector<double>& channel : numbers) {
    const auto n = static_cast<double>(channel.size());
    const double mean = std::accumulate(channel.begin(), channel.end(), 0.0) / n;
    double squares = 0;
    for (const double x : channel) squares += (x - mean) * (x - mean);
    result.first.push_back(mean);
    result.second.push_back(squares / (n - 1));
  }
  return result;
}

Value* norm_behind(TestGraph& t, Value* x, const std::string& name) {
  const std::int64_t channels = x->shape()[1];
  return t.graph.add(name, BatchNorm{}, {x, t.constant({channels}, 0.5, 1.5), t.constant({channels}), t.constant({channels}), t.constant({channels}, 0.5, 1.5)});
}

/// conv 1 -> 4, a quantizer that observes ranges, BatchNorm "first", Relu, conv 4 -> 3, BatchNorm "second", fully connected.
Graph network() {
  TestGraph t(11);
  Value* x = t.conv(t.image({1, 1, 8, 8}), 4, 3);
  FakeQuantize op;
  op.observer_share = 0.5f;
  x = t.graph.add("quantizer", op, {x, t.graph.add_constant("scale", Tensor(Shape{}, std::vector<float>{0.125f}))});
  x = t.graph.add("", Relu{}, {norm_behind(t, x, "first")});
  x = norm_behind(t, t.conv(x, 3, 3), "second");
  return t.finish(t.gemm(t.graph.add("", Flatten{}, {x}), kClasses));
}

const Node* named(const Graph& graph, const std::string& name) {
  for (const Node* node : graph.nodes())
    if (node->name() == name) return node;
  return nullptr;
}

const std::vector<std::uint32_t> kIndices = [] {
  std::vector<std::uint32_t> indices(50);
  std::iota(indices.begin(), indices.end(), 7u);
  return indices;
}();

TEST(ReestimateBatchNorm, GivesTheTrueMeanAndVarianceOfTheImagesHoweverTheyAreBatched) {
  const Images images = striped_images(80, kClasses, 5);
  for (const std::int64_t batch : {1, 16, 64}) {
    Graph graph = network();
    const auto [mean, variance] = true_statistics(graph, named(graph, "first")->input(0), images, kIndices);
    EXPECT_EQ(reestimate_batch_norm(graph, images, kIndices, {.batch = batch}), 2);
    const Statistics found(named(graph, "first"));
    for (std::size_t c = 0; c < mean.size(); ++c) {
      EXPECT_NEAR(found.mean[c], mean[c], 1e-5) << "batches of " << batch;
      EXPECT_NEAR(found.variance[c], variance[c], batch == 1 ? 2e-5 * variance[c] + 1e-5 : 1e-5 * variance[c]) << "batches of " << batch;
    }
  }
}

TEST(ReestimateBatchNorm, GivesThoseOfTheImagesAsTrainingChangesThem) {
  const Images images = striped_images(80, kClasses, 5);
  Recipe::Augment options;
  options.pad = 3;
  options.cutout = 2;
  const Augmentation augmentation(options, 9, images.shape);
  Images changed = images;
  for (std::size_t i = 0, bytes = images.image(0).size(); i < 80; ++i)
    augmentation.apply(images.image(static_cast<std::int64_t>(i)), 0, static_cast<std::int64_t>(i), std::span(changed.pixels).subspan(i * bytes, bytes));
  Graph graph = network(), expected = network();
  reestimate_batch_norm(graph, images, kIndices, {.batch = 16, .augmentation = augmentation});
  reestimate_batch_norm(expected, changed, kIndices, {.batch = 16});
  for (const char* norm : {"first", "second"}) {
    EXPECT_EQ(Statistics(named(graph, norm)).mean, Statistics(named(expected, norm)).mean);
    EXPECT_EQ(Statistics(named(graph, norm)).variance, Statistics(named(expected, norm)).variance);
  }
}

/// In one batch, the second reads what the first makes with the statistics that it gets.
TEST(ReestimateBatchNorm, GivesThoseOfDeeperLayersBehindTheNewOnesBeforeThem) {
  const Images images = striped_images(80, kClasses, 5);
  Graph graph = network();
  reestimate_batch_norm(graph, images, kIndices, {.batch = 50});
  const auto [mean, variance] = true_statistics(graph, named(graph, "second")->input(0), images, kIndices);
  const Statistics found(named(graph, "second"));
  for (std::size_t c = 0; c < mean.size(); ++c) {
    EXPECT_NEAR(found.mean[c], mean[c], 1e-3);
    EXPECT_NEAR(found.variance[c], variance[c], 1e-3 * variance[c]);  // normalized by n in the divisor, and read here with n - 1
  }
}

TEST(ReestimateBatchNorm, LeavesEverythingElseAndFrozenLayersAlone) {
  const Images images = striped_images(80, kClasses, 5);
  Graph graph = network();
  const Statistics before(named(graph, "second"));
  EXPECT_EQ(reestimate_batch_norm(graph, images, kIndices, {.batch = 50, .frozen = {"second"}}), 1);
  const Statistics after(named(graph, "second"));
  EXPECT_EQ(after.mean, before.mean);
  EXPECT_EQ(after.variance, before.variance);
  EXPECT_THAT(named(graph, "quantizer")->input(1)->constant().floats(), ElementsAre(0.125f));
  EXPECT_EQ(named(graph, "first")->as<BatchNorm>()->momentum, BatchNorm{}.momentum);
  EXPECT_EQ(named(graph, "quantizer")->as<FakeQuantize>()->observer_share, 0.5f);
  const Graph other = network();
  const auto constants = graph.constants(), same = other.constants();
  for (std::size_t i = 0; i < same.size(); ++i) {
    const Node* reader = constants[i]->consumers().front();
    const bool is_statistic = reader->name() == "first" && (constants[i] == reader->input(3) || constants[i] == reader->input(4));
    EXPECT_EQ(constants[i]->constant() == same[i]->constant(), !is_statistic) << constants[i]->name();
  }
}

TEST(ReestimateBatchNorm, FindsNothingToDoWithoutBatchNorm) {
  Graph graph = small_network(1, kClasses);
  EXPECT_EQ(reestimate_batch_norm(graph, striped_images(80, kClasses, 5), kIndices, {.batch = 50}), 0);
}

}  // namespace
}  // namespace bitloom::train
