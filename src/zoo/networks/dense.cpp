// DenseNet, arXiv:1608.06993, and the three small ones of the Crete thesis, table 5.2.
#include <vector>

#include "zoo/networks/networks.h"

namespace bitloom::zoo {
namespace {

constexpr int kGrowth = 32, kBottleneck = 4 * kGrowth, kStem = 64;

std::string place(int block, int layer) { return "block" + std::to_string(block) + "/layer" + std::to_string(layer) + "/"; }

/// The order of the paper, BN-ReLU-Conv, or Conv-BN-ReLU (the thesis, 6.1), in which every BatchNorm can be folded into a convolution.
enum class Order { kClassic, kHardware };

void convolution(Builder& net, Order order, const std::string& number, const std::string& at, int channels, int kernel) {
  const ConvOptions options{.pad = kernel / 2, .bias = false};
  if (order == Order::kClassic)
    net.batch_norm(at + "bn" + number).relu(at + "relu" + number).conv(at + "conv" + number, channels, kernel, Next::kRelu, options);
  else
    net.conv(at + "conv" + number, channels, kernel, Next::kRelu, options).batch_norm(at + "bn" + number).relu(at + "relu" + number);
}

void dense_block(Builder& net, Order order, int block, int layers) {
  for (int layer = 1; layer <= layers; ++layer) {
    Value* x = net.last();
    convolution(net, order, "1", place(block, layer), kBottleneck, 1);
    convolution(net, order, "2", place(block, layer), kGrowth, 3);
    net.concat(place(block, layer) + "concat", {x});
  }
}

/// Half the channels and a quarter of the pixels.
void transition(Builder& net, Order order, int block) {
  const std::string at = "transition" + std::to_string(block) + "/";
  const auto channels = static_cast<int>(net.channels() / 2);
  if (order == Order::kClassic)
    net.batch_norm(at + "bn").relu(at + "relu").conv(at + "conv", channels, 1, Next::kOther, {.bias = false});
  else
    net.conv(at + "conv", channels, 1, Next::kOther, {.bias = false}).batch_norm(at + "bn");
  net.average_pool(at + "pool", 2);
}

/// The first layers: for small images, as CIFAR's, a convolution of 3x3 that keeps their size.
void stem(Builder& net, Order order, int height) {
  const bool is_small = height < 64;
  net.conv("conv1", kStem, is_small ? 3 : 7, Next::kRelu, {.stride = is_small ? 1 : 2, .pad = is_small ? 1 : 3, .bias = false});
  if (!is_small || order == Order::kHardware) net.batch_norm("bn1").relu("relu1");
  if (!is_small) net.max_pool("pool1", 3, {.stride = 2, .pad = 1});
}

/// Layers of the four blocks. Parameters for 1,000 classes and 224x224: 7,978,856 (121), 14,149,480 (169), 20,013,928 (201); for 100 classes and
/// 32x32: 419,420 (21), 1,008,964 (37), 2,353,676 (63).
template <int kLayers>
std::vector<int> layers_of_blocks() {
  switch (kLayers) {
    case 21:
      return {1, 2, 3, 2};
    case 37:
      return {2, 4, 6, 4};
    case 63:
      return {3, 6, 12, 8};
    case 121:
      return {6, 12, 24, 16};
    case 169:
      return {6, 12, 32, 32};
    case 201:
      return {6, 12, 48, 32};
    default:
      return {6, 12, 64, 48};
  }
}

template <int kLayers>
void densenet(Builder& net, const NetworkOptions& options, const std::string& name) {
  const Order order = name.ends_with("-hw") ? Order::kHardware : Order::kClassic;
  stem(net, order, options.height);
  const std::vector<int> layers = layers_of_blocks<kLayers>();
  for (int block = 1; block <= 4; ++block) {
    dense_block(net, order, block, layers[static_cast<std::size_t>(block - 1)]);
    if (block < 4) transition(net, order, block);
  }
  if (order == Order::kClassic) net.batch_norm("bn").relu("relu");
  net.global_average_pool("pool").flatten().fully_connected("fc", options.classes, Next::kOther);
}

const Network kNetworks[] = {
    {"densenet21", densenet<21>},     {"densenet21-hw", densenet<21>},   {"densenet37", densenet<37>},     {"densenet37-hw", densenet<37>},
    {"densenet63", densenet<63>},     {"densenet63-hw", densenet<63>},   {"densenet121", densenet<121>},   {"densenet121-hw", densenet<121>},
    {"densenet169", densenet<169>},   {"densenet169-hw", densenet<169>}, {"densenet201", densenet<201>},   {"densenet201-hw", densenet<201>},
    {"densenet264", densenet<264>},   {"densenet264-hw", densenet<264>},
};

}  // namespace

std::span<const Network> dense_networks() { return kNetworks; }

}  // namespace bitloom::zoo
