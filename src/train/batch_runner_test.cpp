#include "train/batch_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>

#include "ir/interpreter.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/fake_quantize.h"
#include "train/test_graphs.h"

namespace bitloom::train {
namespace {

constexpr int kClasses = 3;
constexpr std::int64_t kBatch = 9000;  // several chunks of the small network

std::vector<std::uint32_t> all_of(const Images& images) {
  std::vector<std::uint32_t> order(static_cast<std::size_t>(images.size()));
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

struct Pass {
  Loss loss;
  std::vector<float> gradient;
};

Pass train_once(const Graph& graph, const Images& images, std::int64_t batch, int threads) {
  Parameters parameters(graph);
  Pass pass;
  pass.gradient.resize(parameters.trainable.size(), 99);  // what was there before must not matter
  pass.loss = BatchRunner(graph, parameters, {.batch = batch, .threads = threads}).train(images, all_of(images), pass.gradient);
  return pass;
}

TEST(ImagesPerChunk, CutsALargeBatchIntoPiecesOfOneSize) {
  const Graph graph = small_network(1, kClasses);
  const std::int64_t chunk = images_per_chunk(graph, kBatch), chunks = (kBatch + chunk - 1) / chunk;
  EXPECT_GT(chunks, 2);
  EXPECT_LT(chunks * chunk - kBatch, chunks) << "the last piece is smaller than the others by more than rounding";
  EXPECT_EQ(images_per_chunk(graph, 5), 5);
}

TEST(TakesBatchWhole, WhereGradientsOfManyWeightsWouldBeSummedForEachChunk) {
  const auto takes_whole = [](std::int64_t hidden, std::int64_t batch) {
    TestGraph t(1);
    const Graph graph = t.finish(t.gemm(t.gemm(t.graph.add("", Flatten{}, {t.image({1, 1, 8, 8})}), hidden), kClasses));
    return takes_batch_whole(graph, Parameters(graph), batch);
  };
  EXPECT_FALSE(takes_whole(20, 64)) << "few weights: chunks, or one small batch on one thread";
  EXPECT_TRUE(takes_whole(20'000, 64));
  EXPECT_FALSE(takes_whole(20'000, 4096)) << "so large a batch has chunks all the same";
}

TEST(TakesBatchWhole, WhereManyQuantizedWeightsWouldBeMadeForEachChunk) {
  TestGraph t(1);
  Value* weights = t.graph.add("", FakeQuantize{}, {t.constant({20'000, 64}), t.constant({}, 0.1, 0.2)});
  Value* hidden = t.graph.add("", Gemm{}, {t.graph.add("", Flatten{}, {t.image({1, 1, 8, 8})}), weights, t.constant({20'000})});
  const Graph graph = t.finish(t.gemm(hidden, kClasses));
  EXPECT_TRUE(takes_batch_whole(graph, Parameters(graph), 64)) << "counted as if every image had weights of its own";
}

TEST(BatchRunner, FindsTheGradientOfTheWholeBatchInChunks) {
  const Graph graph = small_network(1, kClasses);
  const Images images = striped_images(kBatch, kClasses, 2);
  const Pass pass = train_once(graph, images, kBatch, 1);

  Parameters parameters(graph);
  Executor executor(graph, parameters);
  const std::span<float> input = executor.input(kBatch);
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<float>(images.pixels[i]) / 255.0f;
  const auto logits = executor.forward(Mode::kTrain);
  std::vector<float> logit_gradient(logits.size()), gradient(pass.gradient.size());
  const Loss loss = cross_entropy(logits, images.labels, 1.0f / kBatch, logit_gradient);
  executor.backward(logit_gradient);
  executor.add_gradient(gradient);

  EXPECT_NEAR(pass.loss.sum, loss.sum, 1e-4 * loss.sum);
  EXPECT_EQ(pass.loss.correct, loss.correct);
  EXPECT_THAT(pass.gradient, testing::Pointwise(testing::FloatNear(1e-5f), gradient));
}

TEST(BatchRunner, GivesTheSameBitsOnAnyNumberOfThreads) {
  const Graph graph = small_network(3, kClasses);
  const Images images = striped_images(kBatch, kClasses, 4);
  const Pass alone = train_once(graph, images, kBatch, 1);
  for (const int threads : {2, 5}) {
    const Pass pass = train_once(graph, images, kBatch, threads);
    EXPECT_EQ(pass.gradient, alone.gradient) << threads << " threads";
    EXPECT_EQ(pass.loss.sum, alone.loss.sum) << threads << " threads";
  }
}

TEST(BatchRunner, BlendsImagesAndTheirLabels) {
  constexpr std::int64_t kCount = 40, kEpoch = 3;
  const Graph graph = small_network(12, kClasses);
  const Images images = striped_images(kCount, kClasses, 13);
  const Augmentation mixup({.mixup = 0.8}, 14, images.shape);
  Parameters parameters(graph);
  std::vector<float> gradient(parameters.trainable.size()), expected(gradient.size());
  const Loss loss = BatchRunner(graph, parameters, {.batch = kCount, .threads = 2}).train(images, all_of(images), gradient, {.epoch = kEpoch, .augmentation = &mixup});

  Executor executor(graph, parameters);
  const std::span<float> input = executor.input(kCount);
  std::vector<Mixture> mixtures;
  for (std::int64_t i = 0; i < kCount; ++i) {
    const auto [other, share] = mixup.blend(kEpoch, i, kCount);
    mixtures.push_back({images.labels[static_cast<std::size_t>(other)], share});
    for (std::size_t p = 0; p < 64; ++p)
      input[static_cast<std::size_t>(i) * 64 + p] =
          share * static_cast<float>(images.image(i)[p]) / 255.0f + (1 - share) * static_cast<float>(images.image(other)[p]) / 255.0f;
  }
  const auto logits = executor.forward(Mode::kTrain);
  std::vector<float> logit_gradient(logits.size());
  const Loss expected_loss = cross_entropy(logits, images.labels, 1.0f / kCount, logit_gradient, {.mixtures = mixtures});
  executor.backward(logit_gradient);
  executor.add_gradient(expected);
  EXPECT_NEAR(loss.sum, expected_loss.sum, 1e-5 * expected_loss.sum);
  EXPECT_THAT(gradient, testing::Pointwise(testing::FloatNear(1e-5f), expected));
}

TEST(BatchRunner, TrainsInBFloat16NearFloat32AndPredictsInFloat32) {
  const Graph graph = small_network(15, kClasses);
  const Images images = striped_images(500, kClasses, 16);
  const auto pass = [&](Precision precision, std::vector<float>& gradient, std::vector<float>& logits) {
    Parameters parameters(graph);
    gradient.resize(parameters.trainable.size());
    BatchRunner runner(graph, parameters, {.batch = 500, .threads = 2, .precision = precision});
    const Loss loss = runner.train(images, all_of(images), gradient);
    runner.predict(images, [&](std::int64_t, std::span<const float> rows) { logits.insert(logits.end(), rows.begin(), rows.end()); });
    return loss;
  };
  std::vector<float> exact, rounded, exact_logits, logits;
  const Loss expected = pass(Precision::kFloat32, exact, exact_logits), loss = pass(Precision::kBFloat16, rounded, logits);
  EXPECT_NEAR(loss.sum, expected.sum, 0.02 * expected.sum);
  EXPECT_NE(rounded, exact);
  double error = 0, size = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    error += (rounded[i] - exact[i]) * (rounded[i] - exact[i]);
    size += exact[i] * exact[i];
  }
  EXPECT_LT(error, 0.05 * 0.05 * size);
  EXPECT_EQ(logits, exact_logits);
}

TEST(BatchRunner, KeepsABatchTogetherThatBatchNormTakesItsStatisticsOver) {
  TestGraph t(5);
  Value* x = t.conv(t.image({1, 1, 8, 8}), 4, 3);
  x = t.graph.add("", BatchNorm{}, {x, t.constant({4}), t.constant({4}), t.constant({4}), t.constant({4}, 0.5, 2)});
  const Graph graph = t.finish(t.gemm(t.graph.add("", Flatten{}, {x}), kClasses));
  const Images images = striped_images(5000, kClasses, 6);
  ASSERT_LT(images_per_chunk(graph, images.size()), images.size()) << "the test needs a batch that would be cut";

  Parameters parameters(graph);
  std::vector<float> gradient(parameters.trainable.size());
  BatchRunner(graph, parameters, {.batch = images.size()}).train(images, all_of(images), gradient);
  Parameters whole(graph);
  Executor executor(graph, whole);
  const std::span<float> input = executor.input(images.size());
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<float>(images.pixels[i]) / 255.0f;
  executor.forward(Mode::kTrain);
  EXPECT_EQ(parameters.statistics, whole.statistics);
}

TEST(BatchRunner, PredictsAllImagesInOrderAsTheReferenceDoes) {
  const Graph graph = small_network(7, kClasses);
  const Images images = striped_images(2500, kClasses, 8);
  Parameters parameters(graph);
  std::vector<float> logits;
  BatchRunner(graph, parameters, {.batch = 1000, .threads = 3}).predict(images, [&](std::int64_t first, std::span<const float> rows) {
    EXPECT_EQ(static_cast<std::size_t>(first) * kClasses, logits.size());
    logits.insert(logits.end(), rows.begin(), rows.end());
  });
  ASSERT_EQ(logits.size(), 2500u * kClasses);
  for (const std::int64_t i : {0, 999, 1000, 2499}) {
    const Tensor expected = Interpreter(graph).run(preprocess(graph, images.image(i)));
    EXPECT_THAT(std::span(logits).subspan(static_cast<std::size_t>(i) * kClasses, kClasses),
                testing::Pointwise(testing::FloatNear(1e-5f), expected.floats()));
  }
}

TEST(BatchRunner, PassesOnAnExceptionFromOneChunkWhileOthersWaitForTheirTurn) {
  const Graph graph = small_network(9, kClasses);
  const Images images = striped_images(5000, kClasses, 10);
  Parameters parameters(graph);
  BatchRunner runner(graph, parameters, {.batch = 1000, .threads = 4});
  EXPECT_THROW(runner.predict(images, [](std::int64_t, std::span<const float>) { throw std::runtime_error("stop"); }), std::runtime_error);
}

TEST(Normalizer, GivesTheReferencesInputWithTheChannelsInnermost) {
  TestGraph t(11);
  Graph graph = t.finish(t.gemm(t.graph.add("", Flatten{}, {t.image({1, 3, 4, 5})}), 2));
  graph.preprocessing = {-1, 1, {0.1f, 0.2f, 0.3f}, {0.5f, 0.25f, 2}};
  Images images{{3, 4, 5}, {}, {0}};
  for (int i = 0; i < 60; ++i) images.pixels.push_back(static_cast<std::uint8_t>(t.random.below(256)));
  std::vector<float> input(60);
  Normalizer(graph.preprocessing, 3).apply(images.image(0), input);
  const Tensor expected = preprocess(graph, images.image(0));
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t p = 0; p < 20; ++p) EXPECT_EQ(input[p * 3 + c], expected.floats()[c * 20 + p]) << "channel " << c << " pixel " << p;
}

}  // namespace
}  // namespace bitloom::train
