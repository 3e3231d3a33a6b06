// Small networks for small devices, and those of the source documents.
#include "zoo/networks/networks.h"

namespace bitloom::zoo {
namespace {

constexpr ConvOptions kSame3 = {.pad = 1, .bias = false};

/// The network of "DNN2FPGA" (Tourad, Eleuldj 2023): two convolutions of twelve filters and one layer of classes. 18,718 parameters for
/// 28x28x1 and 10 classes.
void dnn2fpga(Builder& net, const NetworkOptions& options, const std::string&) {
  net.conv("conv1", 12, 3, Next::kRelu).relu("relu1");
  net.conv("conv2", 12, 3, Next::kRelu).relu("relu2").max_pool("pool1", 2);
  net.flatten().fully_connected("fc", options.classes, Next::kOther);
}

/// One layer from pixels to classes: the yardstick that a data set must not let win.
void linear(Builder& net, const NetworkOptions& options, const std::string&) {
  net.flatten().fully_connected("fc", options.classes, Next::kOther);
}

/// Small enough for an iCE40 UP5K with its eight multipliers and 15 KB of block RAM: 9,064 weights for 28x28x1 and 10 classes. The
/// convolutions, which do 97 % of the work, hold only 1,224 of them.
void digits_ice40(Builder& net, const NetworkOptions& options, const std::string&) {
  net.conv("conv1", 8, 3, Next::kRelu, kSame3).batch_norm("bn1").relu("relu1").max_pool("pool1", 2);
  net.conv("conv2", 16, 3, Next::kRelu, kSame3).batch_norm("bn2").relu("relu2").max_pool("pool2", 2);
  net.flatten().fully_connected("fc", options.classes, Next::kOther);
}

/// For 64x64 images of terrain. A class is a texture and not a place, so each channel's mean over the image decides. 62 k parameters.
void landcover_cnn(Builder& net, const NetworkOptions& options, const std::string&) {
  net.conv("conv1", 16, 5, Next::kRelu, {.stride = 2, .pad = 2, .bias = false}).batch_norm("bn1").relu("relu1");
  net.conv("conv2", 32, 3, Next::kRelu, kSame3).batch_norm("bn2").relu("relu2").max_pool("pool1", 2);
  net.conv("conv3", 64, 3, Next::kRelu, kSame3).batch_norm("bn3").relu("relu3").max_pool("pool2", 2);
  net.conv("conv4", 64, 3, Next::kRelu, kSame3).batch_norm("bn4").relu("relu4").global_average_pool("pool3");
  net.flatten().fully_connected("fc", options.classes, Next::kOther);
}

/// "Custom Model 1" of the Bangalore report's table III: six convolutions, one fully connected layer, 204 k weights (which channels they
/// have, it does not say; these make 204,576 for ten classes).
void custom_net(Builder& net, const NetworkOptions& options, const std::string&) {
  constexpr int kChannels[] = {32, 32, 64, 64, 96, 96};
  for (int i = 0; i < 6; ++i) {
    const std::string number = std::to_string(i + 1);
    net.conv("conv" + number, kChannels[i], 3, Next::kRelu, kSame3).batch_norm("bn" + number).relu("relu" + number);
    if (i < 5) net.max_pool("pool" + number, 2);
  }
  net.global_average_pool("pool6").flatten().fully_connected("fc", options.classes, Next::kOther);
}

/// The report's listing in 5.2.3: three convolutions of 5x5 with 32, 64 and 128 channels, each followed by ReLU, BatchNorm and a pool of
/// 4x4, and a hidden layer of 128. (Its dropout is not connected there, either.)
void custom_net_5x5(Builder& net, const NetworkOptions& options, const std::string&) {
  for (int i = 0; i < 3; ++i) {
    const std::string number = std::to_string(i + 1);
    net.conv("conv" + number, 32 << i, 5, Next::kRelu, {.pad = 2}).relu("relu" + number).batch_norm("bn" + number);
    net.max_pool("pool" + number, 4);
  }
  net.flatten().fully_connected("fc1", 128, Next::kRelu).relu("relu4").batch_norm("bn4");
  net.fully_connected("fc2", options.classes, Next::kOther);
}

const Network kNetworks[] = {
    {"custom-net", custom_net},     {"custom-net-5x5", custom_net_5x5}, {"digits-ice40", digits_ice40},
    {"dnn2fpga", dnn2fpga},         {"landcover-cnn", landcover_cnn},   {"linear", linear},
};

}  // namespace

std::span<const Network> small_networks() { return kNetworks; }

}  // namespace bitloom::zoo
