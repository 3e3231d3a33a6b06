// ResNets (arXiv:1512.03385) and their pre-activation form (arXiv:1603.05027).
#include "zoo/networks/networks.h"

namespace bitloom::zoo {
namespace {

std::string place(int stage, int block) { return "stage" + std::to_string(stage) + "/block" + std::to_string(block) + "/"; }

/// How a shortcut reaches the shape of what it is added to.
enum class Shortcut {
  kPadded,          ///< pixels left out, channels of zeros: no parameters (section 3.3, A)
  kProjected,       ///< 1x1 convolution and BatchNorm (B)
  kBareProjection,  ///< 1x1 convolution with a bias, as Keras' examples and MLPerf Tiny have it
};

void shortcut(Builder& net, Shortcut kind, const std::string& at, int channels, int stride) {
  if (stride == 1 && net.channels() == channels) return;
  const auto missing = static_cast<int>(channels - net.channels());
  if (kind == Shortcut::kPadded) {
    net.subsample(at + "shortcut", stride, missing / 2, missing - missing / 2);
  } else if (kind == Shortcut::kProjected) {
    net.conv(at + "shortcut", channels, 1, Next::kOther, {.stride = stride, .bias = false}).batch_norm(at + "bn_shortcut");
  } else {
    net.conv(at + "shortcut", channels, 1, Next::kOther, {.stride = stride});
  }
}

/// Two convolutions of 3x3.
void basic_block(Builder& net, Shortcut kind, const std::string& at, int channels, int stride) {
  const bool bias = kind == Shortcut::kBareProjection;  // there every convolution has one
  Value* x = net.last();
  net.conv(at + "conv1", channels, 3, Next::kRelu, {.stride = stride, .pad = 1, .bias = bias}).batch_norm(at + "bn1").relu(at + "relu1");
  net.conv(at + "conv2", channels, 3, Next::kOther, {.pad = 1, .bias = bias}).batch_norm(at + "bn2");
  Value* residual = net.last();
  net.go_on_from(x);
  shortcut(net, kind, at, channels, stride);
  net.add(at + "add", residual).relu(at + "relu2");
}

/// 1x1, 3x3 with the stride, and 1x1 to four times the channels.
void bottleneck(Builder& net, const std::string& at, int channels, int stride) {
  Value* x = net.last();
  net.conv(at + "conv1", channels, 1, Next::kRelu, {.bias = false}).batch_norm(at + "bn1").relu(at + "relu1");
  net.conv(at + "conv2", channels, 3, Next::kRelu, {.stride = stride, .pad = 1, .bias = false}).batch_norm(at + "bn2").relu(at + "relu2");
  net.conv(at + "conv3", 4 * channels, 1, Next::kOther, {.bias = false}).batch_norm(at + "bn3");
  Value* residual = net.last();
  net.go_on_from(x);
  shortcut(net, Shortcut::kProjected, at, 4 * channels, stride);
  net.add(at + "add", residual).relu(at + "relu3");
}

/// BatchNorm and ReLU before each convolution; a shortcut that needs one starts behind the first ReLU.
void preactivation_block(Builder& net, const std::string& at, int channels, int stride) {
  Value* x = net.last();
  net.batch_norm(at + "bn1").relu(at + "relu1");
  Value* activated = net.last();
  net.conv(at + "conv1", channels, 3, Next::kRelu, {.stride = stride, .pad = 1, .bias = false}).batch_norm(at + "bn2").relu(at + "relu2");
  net.conv(at + "conv2", channels, 3, Next::kOther, {.pad = 1, .bias = false});
  Value* residual = net.last();
  if (stride == 1 && x->shape()[1] == channels)
    net.go_on_from(x);
  else
    net.go_on_from(activated).conv(at + "shortcut", channels, 1, Next::kOther, {.stride = stride, .bias = false});
  net.add(at + "add", residual);
}

void classifier(Builder& net, const NetworkOptions& options) {
  net.global_average_pool("pool").flatten().fully_connected("fc", options.classes, Next::kOther);
}

/// For images of 32x32 (section 4.2): a convolution of 16 channels and three stages of `blocks`, 6 * blocks + 2 layers.
void for_cifar(Builder& net, const NetworkOptions& options, int blocks, Shortcut kind) {
  net.conv("conv1", 16, 3, Next::kRelu, {.pad = 1, .bias = kind == Shortcut::kBareProjection}).batch_norm("bn1").relu("relu1");
  for (int stage = 1; stage <= 3; ++stage)
    for (int block = 1; block <= blocks; ++block)
      basic_block(net, kind, place(stage, block), 8 << stage, stage > 1 && block == 1 ? 2 : 1);
  classifier(net, options);
}

/// ResNet-20/32/44/56/110, shortcuts without parameters. 269,722 parameters for ResNet-20 (the paper: 0.27 M).
template <int kLayers>
void resnet_cifar(Builder& net, const NetworkOptions& options, const std::string&) {
  for_cifar(net, options, (kLayers - 2) / 6, Shortcut::kPadded);
}

/// The same with convolutions as shortcuts and biases, Keras' "ResNet v1": 274,442 numbers for ResNet-20, with the BatchNorms' statistics.
/// ResNet-8 is MLPerf Tiny's image classifier, 78,666 numbers.
template <int kLayers>
void resnet_v1(Builder& net, const NetworkOptions& options, const std::string&) {
  for_cifar(net, options, (kLayers - 2) / 6, Shortcut::kBareProjection);
}

template <int kLayers>
void preactivation_resnet(Builder& net, const NetworkOptions& options, const std::string&) {
  net.conv("conv1", 16, 3, Next::kOther, {.pad = 1, .bias = false});
  for (int stage = 1; stage <= 3; ++stage)
    for (int block = 1; block <= (kLayers - 2) / 6; ++block)
      preactivation_block(net, place(stage, block), 8 << stage, stage > 1 && block == 1 ? 2 : 1);
  net.batch_norm("bn").relu("relu");
  classifier(net, options);
}

/// ResNet-18/34/50 (table 1). 11,689,512, 21,797,672 and 25,557,032 parameters for 1,000 classes. Images below 64x64 keep their size in front:
/// a convolution of 3x3 and no pool.
template <int kLayers>
void resnet(Builder& net, const NetworkOptions& options, const std::string&) {
  constexpr int kBlocks18[] = {2, 2, 2, 2}, kBlocks[] = {3, 4, 6, 3};
  if (options.height < 64) {
    net.conv("conv1", 64, 3, Next::kRelu, {.pad = 1, .bias = false}).batch_norm("bn1").relu("relu1");
  } else {
    net.conv("conv1", 64, 7, Next::kRelu, {.stride = 2, .pad = 3, .bias = false}).batch_norm("bn1").relu("relu1");
    net.max_pool("pool1", 3, {.stride = 2, .pad = 1});
  }
  for (int stage = 1; stage <= 4; ++stage)
    for (int block = 1; block <= (kLayers == 18 ? kBlocks18 : kBlocks)[stage - 1]; ++block) {
      const int channels = 32 << stage, stride = stage > 1 && block == 1 ? 2 : 1;
      if (kLayers == 50)
        bottleneck(net, place(stage, block), channels, stride);
      else
        basic_block(net, Shortcut::kProjected, place(stage, block), channels, stride);
    }
  classifier(net, options);
}

const Network kNetworks[] = {
    {"preact-resnet20", preactivation_resnet<20>},
    {"preact-resnet56", preactivation_resnet<56>},
    {"preact-resnet110", preactivation_resnet<110>},
    {"resnet8", resnet_v1<8>},
    {"resnet18", resnet<18>},
    {"resnet20", resnet_cifar<20>},
    {"resnet20-v1", resnet_v1<20>},
    {"resnet32", resnet_cifar<32>},
    {"resnet34", resnet<34>},
    {"resnet44", resnet_cifar<44>},
    {"resnet50", resnet<50>},
    {"resnet56", resnet_cifar<56>},
    {"resnet110", resnet_cifar<110>},
};

}  // namespace

std::span<const Network> residual_networks() { return kNetworks; }

}  // namespace bitloom::zoo
