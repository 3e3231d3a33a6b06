#include "zoo/zoo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "ir/interpreter.h"

namespace bitloom::zoo {
namespace {

using ::testing::HasSubstr;

const Tensor& constant(const Graph& graph, const std::string& name) {
  for (const Value* value : graph.constants())
    if (value->name() == name) return value->constant();
  throw std::runtime_error("no constant " + name);
}

std::vector<std::string> node_names(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node* node : graph.nodes()) names.push_back(node->name());
  return names;
}

TEST(Zoo, NetworksHaveTheParametersThatTheirPapersCount) {
  EXPECT_EQ(build("dnn2fpga", {}).parameters(), 18'718);
  EXPECT_EQ(build("lenet5", {}).parameters(), 61'706);
  EXPECT_EQ(build("lenet5-relu", {}).parameters(), 61'706);
  EXPECT_EQ(build("linear", {}).parameters(), 7'850);
  EXPECT_EQ(build("digits-ice40", {}).parameters(), 72 + 1'152 + 7'850 + 2 * (8 + 16));
  EXPECT_EQ(build("landcover-cnn", {.channels = 3, .height = 64, .width = 64}).parameters(),
            1'200 + 4'608 + 18'432 + 36'864 + 650 + 2 * 176);
}

TEST(Zoo, Dnn2fpgaIsThePapersNetwork) {
  const Graph graph = build("dnn2fpga", {});
  EXPECT_EQ(node_names(graph),
            (std::vector<std::string>{"conv1", "relu1", "conv2", "relu2", "pool1", "flatten", "fc"}));
  EXPECT_EQ(graph.nodes()[4]->output()->shape(), (Shape{1, 12, 12, 12}));
  EXPECT_EQ(graph.macs(), 26 * 26 * 9 * 12 + 24 * 24 * 9 * 12 * 12 + 1728 * 10);
}

TEST(Zoo, EveryNetworkRunsOnItsImageAndGivesOneLogitPerClass) {
  for (const std::string& name : names()) {
    const NetworkOptions options = name == "landcover-cnn"
                                       ? NetworkOptions{.channels = 3, .height = 64, .width = 64, .classes = 7}
                                       : NetworkOptions{.classes = 7};
    const Graph graph = build(name, options);
    EXPECT_EQ(graph.name(), name);
    Tensor image(graph.inputs()[0]->type());
    std::ranges::fill(image.floats(), 0.5f);
    const Tensor logits = Interpreter(graph).run(std::move(image));
    EXPECT_EQ(logits.shape(), (Shape{1, 7})) << name;
    for (const float logit : logits.floats())
      EXPECT_TRUE(std::isfinite(logit) && std::abs(logit) < 20) << name << " " << logit;
  }
}

TEST(Zoo, InitialWeightsFillTheRangeThatTheLayerAfterThemAsksFor) {
  const Graph graph = build("dnn2fpga", {});
  const auto largest = [&](const std::string& name) {
    float bound = 0;
    for (const float w : constant(graph, name).floats()) bound = std::max(bound, std::abs(w));
    return bound;
  };
  EXPECT_LE(largest("conv2.weight"), std::sqrt(6.0 / 108));
  EXPECT_GT(largest("conv2.weight"), 0.98 * std::sqrt(6.0 / 108));
  EXPECT_LE(largest("fc.weight"), std::sqrt(3.0 / 1728));
  EXPECT_GT(largest("fc.weight"), 0.98 * std::sqrt(3.0 / 1728));
  EXPECT_EQ(largest("fc.bias"), 0);
}

TEST(Zoo, WeightsDependOnTheSeedAndOnNothingElse) {
  EXPECT_EQ(to_text(build("dnn2fpga", {.seed = 3})), to_text(build("dnn2fpga", {.seed = 3})));
  EXPECT_NE(to_text(build("dnn2fpga", {.seed = 3})), to_text(build("dnn2fpga", {.seed = 4})));
  // The first weight of all machines: RandomStream({1, 0}) scaled to +-sqrt(6/9).
  RandomStream random({1, 0});
  const double bound = std::sqrt(6.0 / 9);
  EXPECT_EQ(constant(build("dnn2fpga", {}), "conv1.weight").floats()[0],
            static_cast<float>(random.uniform(-bound, bound)));
}

TEST(Zoo, ABatchNormStartsAsTheIdentityAndReplacesTheBias) {
  const Graph graph = build("digits-ice40", {});
  EXPECT_EQ(graph.nodes()[0]->inputs().size(), 2u);
  EXPECT_EQ(constant(graph, "bn1.gamma").floats()[7], 1);
  EXPECT_EQ(constant(graph, "bn1.beta").floats()[7], 0);
  EXPECT_EQ(constant(graph, "bn1.mean").floats()[7], 0);
  EXPECT_EQ(constant(graph, "bn1.variance").floats()[7], 1);
}

std::string error_of(const std::string& name, const NetworkOptions& options) {
  try {
    build(name, options);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Zoo, NamesTheNearestNetwork) {
  EXPECT_EQ(error_of("lenet6", {}), "unknown network 'lenet6'; did you mean 'lenet5'?");
  EXPECT_THAT(error_of("resnet", {}), HasSubstr("choose one of: dnn2fpga, digits-ice40, "));
}

TEST(Zoo, NamesTheLayerThatAnImageIsTooSmallFor) {
  EXPECT_THAT(error_of("dnn2fpga", {.height = 5, .width = 5}), HasSubstr("dnn2fpga: node 'pool1'"));
}

}  // namespace
}  // namespace bitloom::zoo
