#include "zoo/networks/networks.h"

namespace bitloom::zoo {
namespace {

/// A depthwise convolution of 7x7, then two layers on each pixel's channels; the sum starts as almost the identity.
void block(Builder& net, const std::string& at) {
  Value* x = net.last();
  const auto channels = static_cast<int>(net.channels());
  net.conv(at + "depthwise", channels, 7, Next::kOther, {.pad = 3, .groups = kDepthwise}).layer_norm(at + "norm");
  net.conv(at + "expand", 4 * channels, 1, Next::kRelu).gelu(at + "gelu").conv(at + "project", channels, 1, Next::kOther);
  net.scale(at + "scale", 1e-6f).add(at + "add", x);
}

/// ConvNeXt-tiny, arXiv:2201.03545, section 3, without stochastic depth. 28,589,128 parameters for 1,000 classes.
void convnext_tiny(Builder& net, const NetworkOptions& options, const std::string&) {
  constexpr int kBlocks[] = {3, 3, 9, 3};
  net.conv("stem", 96, 4, Next::kOther, {.stride = 4}).layer_norm("stem_norm");
  for (int stage = 1; stage <= 4; ++stage) {
    const std::string at = "stage" + std::to_string(stage) + "/";
    if (stage > 1) net.layer_norm(at + "norm").conv(at + "downsample", 48 << stage, 2, Next::kOther, {.stride = 2});
    for (int i = 1; i <= kBlocks[stage - 1]; ++i) block(net, at + "block" + std::to_string(i) + "/");
  }
  net.global_average_pool("pool").flatten().layer_norm("norm").fully_connected("fc", options.classes, Next::kOther);
}

const Network kNetworks[] = {{"convnext-tiny", convnext_tiny}};

}  // namespace

std::span<const Network> convnext_networks() { return kNetworks; }

}  // namespace bitloom::zoo
