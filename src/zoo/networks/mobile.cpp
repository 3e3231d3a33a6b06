// Networks for small devices that were made for ImageNet: SqueezeNet, MobileNet V1 and V2, EfficientNet-B0.
#include <algorithm>
#include <cmath>

#include "zoo/networks/networks.h"

namespace bitloom::zoo {
namespace {

constexpr int kSmallImage = 64;  ///< pixels below which the first two strides of 2 are left out

/// The multiple of 8 nearest to `channels`, but not more than a tenth below it: the width multiplier of MobileNet V2's own code.
int rounded_to_8(double channels) {
  const int rounded = std::max(8, static_cast<int>(channels + 4) / 8 * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/// A squeeze of 1x1, then convolutions of 1x1 and 3x3 side by side.
void fire(Builder& net, int number, int squeeze, int expand) {
  const std::string at = "fire" + std::to_string(number) + "/";
  net.conv(at + "squeeze", squeeze, 1, Next::kRelu).relu(at + "relu_squeeze");
  Value* x = net.last();
  net.conv(at + "expand1x1", expand, 1, Next::kRelu).relu(at + "relu1x1");
  Value* narrow = net.last();
  net.go_on_from(x).conv(at + "expand3x3", expand, 3, Next::kRelu, {.pad = 1}).relu(at + "relu3x3").concat(at + "concat", {narrow});
}

/// SqueezeNet 1.0 and 1.1, arXiv:1602.07360, without dropout. 1,248,424 and 1,235,496 parameters for 1,000 classes.
void squeezenet(Builder& net, const NetworkOptions& options, const std::string& name) {
  const bool is_first = name == "squeezenet1.0";
  if (is_first)
    net.conv("conv1", 96, 7, Next::kRelu, {.stride = 2});
  else
    net.conv("conv1", 64, 3, Next::kRelu, {.stride = 2});
  const auto pool = [&](const char* at) { net.max_pool(at, 3, {.stride = 2, .round_up = true}); };
  net.relu("relu1");
  pool("pool1");
  constexpr int kSqueeze[] = {16, 16, 32, 32, 48, 48, 64, 64};
  for (int i = 0; i < 8; ++i) {
    const int number = i + 2;
    fire(net, number, kSqueeze[i], 4 * kSqueeze[i]);
    if (number == (is_first ? 4 : 3)) pool("pool2");
    if (number == (is_first ? 8 : 5)) pool("pool3");
  }
  net.conv("conv10", options.classes, 1, Next::kRelu).relu("relu10").global_average_pool("pool10").flatten();
}

/// MobileNet, arXiv:1704.04861, table 1. 4,231,976 parameters for 1,000 classes.
void mobilenet_v1(Builder& net, const NetworkOptions& options, const std::string&) {
  const bool is_small = options.height < kSmallImage;
  const auto wide = [&](int channels) { return std::max(8, static_cast<int>(channels * options.width_multiplier)); };
  net.conv("conv1", wide(32), 3, Next::kRelu, {.stride = is_small ? 1 : 2, .pad = 1, .bias = false}).batch_norm("bn1").relu("relu1");
  struct Layer {
    int channels, stride;
  };
  constexpr Layer kLayers[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                               {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
  int number = 1;
  for (const auto& [channels, stride] : kLayers) {
    const std::string at = "block" + std::to_string(number) + "/";
    const int step = is_small && number == 2 ? 1 : stride;
    net.conv(at + "depthwise", static_cast<int>(net.channels()), 3, Next::kRelu, {.stride = step, .pad = 1, .bias = false, .groups = kDepthwise});
    net.batch_norm(at + "bn1").relu(at + "relu1");
    net.conv(at + "pointwise", wide(channels), 1, Next::kRelu, {.bias = false}).batch_norm(at + "bn2").relu(at + "relu2");
    ++number;
  }
  net.global_average_pool("pool").flatten().fully_connected("fc", options.classes, Next::kOther);
}

/// What MobileNet V2 and EfficientNet are made of: expand, convolve each channel by itself, weigh the channels, and project.
struct InvertedResidual {
  int expansion, channels, kernel, stride;
  int squeezed = 0;  ///< channels of the squeeze-and-excitation (arXiv:1709.01507); 0: none
};

using Activation = Builder& (Builder::*)(const std::string&);

/// Channels times gates that are computed from their means.
void squeeze_and_excite(Builder& net, const std::string& at, int squeezed) {
  Value* x = net.last();
  const auto channels = static_cast<int>(net.channels());
  net.global_average_pool(at + "squeeze").conv(at + "reduce", squeezed, 1, Next::kRelu).swish(at + "swish_reduce");
  net.conv(at + "excite", channels, 1, Next::kOther).sigmoid(at + "gate").multiply(at + "gated", x);
}

void inverted_residual(Builder& net, const std::string& at, const InvertedResidual& block, Activation activation, float epsilon) {
  Value* x = net.last();
  const auto inner = static_cast<int>(net.channels()) * block.expansion;
  if (block.expansion != 1) (net.conv(at + "expand", inner, 1, Next::kRelu, {.bias = false}).batch_norm(at + "bn1", epsilon).*activation)(at + "act1");
  const ConvOptions depthwise{.stride = block.stride, .pad = block.kernel / 2, .bias = false, .groups = kDepthwise};
  (net.conv(at + "depthwise", inner, block.kernel, Next::kRelu, depthwise).batch_norm(at + "bn2", epsilon).*activation)(at + "act2");
  if (block.squeezed > 0) squeeze_and_excite(net, at, block.squeezed);
  net.conv(at + "project", block.channels, 1, Next::kOther, {.bias = false}).batch_norm(at + "bn3", epsilon);
  if (block.stride == 1 && x->shape()[1] == block.channels) net.add(at + "add", x);
}

/// A row of either paper's table: blocks of which the first has the stride.
struct Stage {
  int expansion, channels, blocks, stride, kernel;
};

/// What differs between the two networks of inverted residuals.
struct Style {
  Activation activation;
  float epsilon;                ///< of the BatchNorms
  bool squeezes;                ///< to a quarter of the channels before a block
  double width_multiplier = 1;
};

void inverted_residuals(Builder& net, std::span<const Stage> stages, const Style& style, const NetworkOptions& options) {
  int number = 1;
  bool strides = options.height >= kSmallImage;  // the first stride of 2 is one of those that small images do without
  for (const Stage& stage : stages) {
    for (int i = 0; i < stage.blocks; ++i, ++number) {
      const int stride = i == 0 && strides ? stage.stride : 1;
      const auto squeezed = style.squeezes ? static_cast<int>(net.channels() / 4) : 0;
      const int channels = rounded_to_8(stage.channels * style.width_multiplier);
      inverted_residual(net, "block" + std::to_string(number) + "/", {stage.expansion, channels, stage.kernel, stride, squeezed},
                        style.activation, style.epsilon);
    }
    strides |= stage.stride > 1;
  }
}

/// A convolution with BatchNorm and the style's activation, "conv1", "bn1", "act1".
void activated_conv(Builder& net, const char* number, int channels, int kernel, int stride, const Style& style) {
  const std::string n = number;
  net.conv("conv" + n, channels, kernel, Next::kRelu, {.stride = stride, .pad = kernel / 2, .bias = false}).batch_norm("bn" + n, style.epsilon);
  (net.*style.activation)("act" + n);
}

/// MobileNetV2, arXiv:1801.04381, table 2, without dropout. 3,504,872 parameters for 1,000 classes.
void mobilenet_v2(Builder& net, const NetworkOptions& options, const std::string&) {
  constexpr Stage kStages[] = {{1, 16, 1, 1, 3}, {6, 24, 2, 2, 3},  {6, 32, 3, 2, 3}, {6, 64, 4, 2, 3},
                               {6, 96, 3, 1, 3}, {6, 160, 3, 2, 3}, {6, 320, 1, 1, 3}};
  const Style style{&Builder::relu6, 1e-5f, false, options.width_multiplier};
  activated_conv(net, "1", rounded_to_8(32 * options.width_multiplier), 3, options.height < kSmallImage ? 1 : 2, style);
  inverted_residuals(net, kStages, style, options);
  activated_conv(net, "2", rounded_to_8(1280 * std::max(1.0, options.width_multiplier)), 1, 1, style);
  net.global_average_pool("pool").flatten().fully_connected("fc", options.classes, Next::kOther);
}

/// EfficientNet-B0, arXiv:1905.11946, table 1, without dropout. 5,288,548 parameters for 1,000 classes.
void efficientnet_b0(Builder& net, const NetworkOptions& options, const std::string&) {
  constexpr Stage kStages[] = {{1, 16, 1, 1, 3},  {6, 24, 2, 2, 3},  {6, 40, 2, 2, 5}, {6, 80, 3, 2, 3},
                               {6, 112, 3, 1, 5}, {6, 192, 4, 2, 5}, {6, 320, 1, 1, 3}};
  const Style style{&Builder::swish, 1e-3f, true};
  activated_conv(net, "1", 32, 3, options.height < kSmallImage ? 1 : 2, style);
  inverted_residuals(net, kStages, style, options);
  activated_conv(net, "2", 1280, 1, 1, style);
  net.global_average_pool("pool").flatten().fully_connected("fc", options.classes, Next::kOther);
}

const Network kNetworks[] = {
    {"efficientnet-b0", efficientnet_b0},
    {"mobilenetv1", mobilenet_v1, true},
    {"mobilenetv2", mobilenet_v2, true},
    {"squeezenet1.0", squeezenet},
    {"squeezenet1.1", squeezenet},
};

}  // namespace

std::span<const Network> mobile_networks() { return kNetworks; }

}  // namespace bitloom::zoo
