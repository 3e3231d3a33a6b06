#include "train/frozen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/fake_quantize.h"
#include "ir/ops/gemm.h"
#include "ir/ops/shape_ops.h"
#include "train/executor.h"
#include "train/test_graphs.h"

namespace bitloom::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;
using testing::ThrowsMessage;

/// conv -> batch norm -> flatten -> fc
Graph network() {
  TestGraph t(3);
  Value* x = t.conv(t.image({1, 2, 4, 4}), 3, 3);
  x = t.graph.add("bn", BatchNorm{}, {x, t.constant({3}, 0.5, 2), t.constant({3}), t.constant({3}), t.constant({3}, 0.5, 2)});
  return t.finish(t.gemm(t.graph.add("flatten", Flatten{}, {x}), 4));
}

TEST(FrozenNodes, AreNamedByTheBeginningsOfTheirNames) {
  const Graph graph = network();
  const std::string conv = graph.nodes()[0]->name(), fc = graph.nodes()[3]->name();
  EXPECT_THAT(frozen_nodes(graph, ""), ElementsAre());
  EXPECT_THAT(frozen_nodes(graph, "b"), ElementsAre("bn"));
  EXPECT_EQ(frozen_nodes(graph, conv + " , bn"), (std::set<std::string>{conv, "bn"}));
  EXPECT_EQ(frozen_nodes(graph, "features"), (std::set<std::string>{conv, "bn"}));
  EXPECT_THAT([&] { frozen_nodes(graph, "nb"); }, ThrowsMessage<InputError>(HasSubstr("no layer with parameters begins with 'nb'; did you mean 'bn'?")));
  EXPECT_THAT([&] { frozen_nodes(graph, "features, " + fc); }, ThrowsMessage<InputError>(HasSubstr("nothing to train")));
}

TEST(FrozenNodes, HaveNoGradientAndKeepTheirStatistics) {
  const Graph graph = network();
  Parameters parameters(graph, frozen_nodes(graph, "features"));
  const Graph all = network();
  Parameters free(all);
  EXPECT_EQ(parameters.trainable.size(), static_cast<std::size_t>(graph.nodes()[3]->input(1)->shape().elements() + 4));
  EXPECT_EQ(parameters.trainable.size() + parameters.statistics.size(), free.trainable.size() + free.statistics.size());
  const std::vector<float> before = parameters.statistics;
  Executor executor(graph, parameters);
  const auto image = executor.input(5);
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i % 7) - 3;
  const std::span<const float> logits = executor.forward(Mode::kTrain);
  const std::vector<float> trained(logits.begin(), logits.end());
  executor.backward(std::vector<float>(trained.size(), 1));
  std::vector<float> gradient(parameters.trainable.size());
  executor.add_gradient(gradient);
  EXPECT_THAT(gradient, testing::Contains(testing::Ne(0.0f)));
  EXPECT_EQ(parameters.statistics, before);
  const std::span<const float> evaluated = executor.forward(Mode::kEvaluate);
  EXPECT_THAT(trained, testing::Pointwise(testing::FloatNear(1e-5f), evaluated)) << "a frozen BatchNorm normalizes as in evaluation";
}

TEST(FrozenNodes, OfSimulatedQuantizersGoWithTheirLayers) {
  TestGraph t(3);
  const auto quantized = [&](const char* name, Value* x) { return t.graph.add(name, FakeQuantize{}, {x, t.constant({}, 0.1f, 0.2f)}); };
  Value* x = quantized("image.quantizer", t.image({1, 2, 4, 4}));
  x = quantized("conv.quantizer", t.graph.add("conv", Conv2d{}, {x, quantized("conv.weight.quantizer", t.constant({3, 2, 1, 1}))}));
  x = t.graph.add("flatten", Flatten{}, {x});
  const Graph graph = t.finish(quantized("fc.quantizer", t.graph.add("fc", Gemm{}, {x, quantized("fc.weight.quantizer", t.constant({4, 48}))})));
  EXPECT_THAT(frozen_nodes(graph, "features"), UnorderedElementsAre("image.quantizer", "conv", "conv.weight.quantizer", "conv.quantizer"));
  EXPECT_THAT(frozen_nodes(graph, "conv"), UnorderedElementsAre("conv", "conv.weight.quantizer", "conv.quantizer"));
  EXPECT_THAT(frozen_nodes(graph, "fc"), UnorderedElementsAre("fc", "fc.weight.quantizer", "fc.quantizer"));
  EXPECT_THAT(frozen_nodes(graph, "bn"), ElementsAre()) << "a BatchNorm that was folded";
  EXPECT_THAT(frozen_nodes(graph, ""), ElementsAre());
}

}  // namespace
}  // namespace bitloom::train
