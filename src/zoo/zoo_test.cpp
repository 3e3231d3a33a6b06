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

struct Published {
  const char* name;
  int channels, size, classes;
  std::int64_t parameters;
};

/// As the papers, or the implementations that everyone compares with (torchvision, Keras), count them.
constexpr Published kPublished[] = {
    {"dnn2fpga", 1, 28, 10, 18'718},
    {"lenet5", 1, 28, 10, 61'706},
    {"lenet5-relu", 1, 28, 10, 61'706},
    {"lenet5", 3, 32, 10, 62'006},
    {"alexnet", 3, 224, 1000, 61'100'840},
    {"alexnet-cifar", 3, 32, 10, 23'272'266},
    {"vgg11", 3, 224, 1000, 132'863'336},
    {"vgg11-bn", 3, 224, 1000, 132'868'840},
    {"vgg13", 3, 224, 1000, 133'047'848},
    {"vgg13-bn", 3, 224, 1000, 133'053'736},
    {"vgg16", 3, 224, 1000, 138'357'544},
    {"vgg16-bn", 3, 224, 1000, 138'365'992},
    {"vgg19", 3, 224, 1000, 143'667'240},
    {"vgg19-bn", 3, 224, 1000, 143'678'248},
    {"resnet18", 3, 224, 1000, 11'689'512},
    {"resnet34", 3, 224, 1000, 21'797'672},
    {"resnet50", 3, 224, 1000, 25'557'032},
    {"resnet20", 3, 32, 10, 269'722},
    {"resnet32", 3, 32, 10, 464'154},
    {"resnet44", 3, 32, 10, 658'586},
    {"resnet56", 3, 32, 10, 853'018},
    {"resnet110", 3, 32, 10, 1'727'962},
    {"densenet21", 3, 32, 100, 419'420},
    {"densenet37", 3, 32, 100, 1'008'964},
    {"densenet63", 3, 32, 100, 2'353'676},
    {"densenet121", 3, 32, 100, 7'048'548},
    {"densenet201", 3, 32, 100, 18'277'220},
    {"densenet121", 3, 224, 1000, 7'978'856},
    {"densenet169", 3, 224, 1000, 14'149'480},
    {"densenet201", 3, 224, 1000, 20'013'928},
    {"densenet264", 3, 224, 1000, 33'337'704},
    {"squeezenet1.0", 3, 224, 1000, 1'248'424},
    {"squeezenet1.1", 3, 224, 1000, 1'235'496},
    {"mobilenetv1", 3, 224, 1000, 4'231'976},
    {"mobilenetv2", 3, 224, 1000, 3'504'872},
    {"efficientnet-b0", 3, 224, 1000, 5'288'548},
    {"convnext-tiny", 3, 224, 1000, 28'589'128},
};

NetworkOptions shapes_only(int channels, int size, int classes) {
  return {.channels = channels, .height = size, .width = size, .classes = classes, .random_weights = false};
}

TEST(Zoo, NetworksHaveTheParametersThatArePublished) {
  for (const auto& [name, channels, size, classes, parameters] : kPublished)
    EXPECT_EQ(build(name, shapes_only(channels, size, classes)).parameters(), parameters) << name << " for " << size << "x" << size;
}

/// Elements of all constants: Keras counts a BatchNorm's statistics, too.
std::int64_t all_numbers(const Graph& graph) {
  std::int64_t count = 0;
  for (const Value* value : graph.constants()) count += value->shape().elements();
  return count;
}

TEST(Zoo, NetworksHaveTheNumbersThatKerasCounts) {
  EXPECT_EQ(all_numbers(build("resnet8", shapes_only(3, 32, 10))), 78'666);
  EXPECT_EQ(all_numbers(build("resnet20-v1", shapes_only(3, 32, 10))), 274'442);
}

TEST(Zoo, NetworksHaveTheWeightsThatTheirPapersCount) {
  const auto weights = [](const char* name, NetworkOptions options) {
    std::int64_t count = 0;
    const Graph graph = build(name, options);
    for (const Value* value : graph.constants()) count += value->shape().rank() > 1 ? value->shape().elements() : 0;
    return count;
  };
  EXPECT_EQ(weights("cnv", shapes_only(3, 32, 10)), 1'542'848);          // arXiv:1612.07119
  EXPECT_EQ(weights("tfc", shapes_only(1, 28, 10)), 59'008);
  EXPECT_EQ(weights("sfc", shapes_only(1, 28, 10)), 334'336);
  EXPECT_EQ(weights("lfc", shapes_only(1, 28, 10)), 2'910'208);
  EXPECT_EQ(weights("custom-net", shapes_only(3, 224, 10)), 204'576);
  EXPECT_EQ(weights("dnn-1200", shapes_only(1, 28, 10)), 784 * 1200 + 1200 * 10);
  EXPECT_EQ(weights("kl-mlp-student", shapes_only(1, 28, 10)), 784 * 300 + 2 * 300 * 300 + 300 * 10);
}

TEST(Zoo, AWidthMultiplierMakesMobileNetsNarrower) {
  NetworkOptions half = shapes_only(3, 224, 1000);
  half.width_multiplier = 0.5;
  EXPECT_EQ(build("mobilenetv2", half).parameters(), 1'968'680);
  EXPECT_EQ(build("mobilenetv1", half).parameters(), 1'331'592);
  EXPECT_THROW(build("resnet18", half), InputError);
}

TEST(Zoo, Dnn2fpgaIsThePapersNetwork) {
  const Graph graph = build("dnn2fpga", {});
  EXPECT_EQ(node_names(graph),
            (std::vector<std::string>{"conv1", "relu1", "conv2", "relu2", "pool1", "flatten", "fc"}));
  EXPECT_EQ(graph.nodes()[4]->output()->shape(), (Shape{1, 12, 12, 12}));
  EXPECT_EQ(graph.macs(), 26 * 26 * 9 * 12 + 24 * 24 * 9 * 12 * 12 + 1728 * 10);
}

/// The image that a network is made for, as small as it goes.
NetworkOptions own_image(const std::string& name) {
  NetworkOptions options{.channels = 3, .height = 32, .width = 32, .classes = 7};
  if (name == "alexnet" || name.starts_with("custom-net") || name == "landcover-cnn") options.height = options.width = 64;
  return options;
}

TEST(Zoo, EveryNetworkGivesOneLogitPerClass) {
  for (const std::string& name : names()) {
    NetworkOptions options = own_image(name);
    options.random_weights = false;
    const Graph graph = build(name, options);
    EXPECT_EQ(graph.name(), name);
    EXPECT_EQ(graph.outputs().front()->shape(), (Shape{1, 7})) << name;
  }
}

TEST(Zoo, InitialWeightsKeepLogitsInBounds) {
  for (const std::string& name : names()) {
    const Graph graph = build(name, own_image(name));
    if (graph.macs() > 50'000'000 || graph.parameters() > 3'000'000) continue;  // the reference is slow
    RandomStream random({7});
    Tensor image(graph.inputs()[0]->type());
    for (float& x : image.floats()) x = static_cast<float>(random.uniform());
    const Tensor logits = Interpreter(graph).run(std::move(image));
    for (const float logit : logits.floats())
      EXPECT_TRUE(std::isfinite(logit) && std::abs(logit) < 100) << name << " " << logit;
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
  EXPECT_THAT(error_of("resnet", {}), HasSubstr("did you mean 'resnet"));
}

TEST(Zoo, NamesTheLayerThatAnImageIsTooSmallFor) {
  EXPECT_THAT(error_of("dnn2fpga", {.height = 5, .width = 5}), HasSubstr("dnn2fpga: node 'pool1'"));
}

}  // namespace
}  // namespace bitloom::zoo
