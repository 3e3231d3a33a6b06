#include "zoo/zoo.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "zoo/builder.h"

namespace bitloom::zoo {
namespace {

/// The network of "DNN2FPGA": two convolutions of twelve filters and one layer of classes. 18,718 parameters for
/// 28x28x1 and 10 classes.
void dnn2fpga(Builder& net, const NetworkOptions& options) {
  net.conv("conv1", 12, 3, Next::kRelu).relu("relu1");
  net.conv("conv2", 12, 3, Next::kRelu).relu("relu2").max_pool("pool1", 2);
  net.flatten().fully_connected("fc", options.classes, Next::kOther);
}

/// LeNet-5, LeCun et al. 1998, section II.B, in the form that is used today: every map of conv2 sees all of conv1,
/// plain average pooling, a softmax classifier. Padding of 2 makes the paper's 32x32 input from 28x28. 61,706
/// parameters for 28x28x1 and 10 classes.
void lenet5(Builder& net, const NetworkOptions& options) {
  net.conv("conv1", 6, 5, Next::kOther, {.pad = 2}).tanh("tanh1").average_pool("pool1", 2);
  net.conv("conv2", 16, 5, Next::kOther).tanh("tanh2").average_pool("pool2", 2);
  net.flatten().fully_connected("fc1", 120, Next::kOther).tanh("tanh3");
  net.fully_connected("fc2", 84, Next::kOther).tanh("tanh4");
  net.fully_connected("fc3", options.classes, Next::kOther);
}

/// LeNet-5 with ReLU for tanh and maximum for average.
void lenet5_relu(Builder& net, const NetworkOptions& options) {
  net.conv("conv1", 6, 5, Next::kRelu, {.pad = 2}).relu("relu1").max_pool("pool1", 2);
  net.conv("conv2", 16, 5, Next::kRelu).relu("relu2").max_pool("pool2", 2);
  net.flatten().fully_connected("fc1", 120, Next::kRelu).relu("relu3");
  net.fully_connected("fc2", 84, Next::kRelu).relu("relu4");
  net.fully_connected("fc3", options.classes, Next::kOther);
}

/// One layer from pixels to classes: the yardstick that a data set must not let win.
void linear(Builder& net, const NetworkOptions& options) {
  net.flatten().fully_connected("fc", options.classes, Next::kOther);
}

/// Small enough for an iCE40 UP5K with its eight multipliers and 15 KB of block RAM: 9,064 weights for 28x28x1 and 10
/// classes. The convolutions, which do 97 % of the work, hold only 1,224 of them.
void digits_ice40(Builder& net, const NetworkOptions& options) {
  constexpr ConvOptions kSame = {.pad = 1, .bias = false};
  net.conv("conv1", 8, 3, Next::kRelu, kSame).batch_norm("bn1").relu("relu1").max_pool("pool1", 2);
  net.conv("conv2", 16, 3, Next::kRelu, kSame).batch_norm("bn2").relu("relu2").max_pool("pool2", 2);
  net.flatten().fully_connected("fc", options.classes, Next::kOther);
}

/// For 64x64 images of terrain. A class is a texture and not a place, so each channel's mean over the image decides. 62
/// k parameters.
void landcover_cnn(Builder& net, const NetworkOptions& options) {
  constexpr ConvOptions kSame = {.pad = 1, .bias = false};
  net.conv("conv1", 16, 5, Next::kRelu, {.stride = 2, .pad = 2, .bias = false}).batch_norm("bn1").relu("relu1");
  net.conv("conv2", 32, 3, Next::kRelu, kSame).batch_norm("bn2").relu("relu2").max_pool("pool1", 2);
  net.conv("conv3", 64, 3, Next::kRelu, kSame).batch_norm("bn3").relu("relu3").max_pool("pool2", 2);
  net.conv("conv4", 64, 3, Next::kRelu, kSame).batch_norm("bn4").relu("relu4").global_average_pool("pool3");
  net.flatten().fully_connected("fc", options.classes, Next::kOther);
}

struct Network {
  const char* name;
  void (*build)(Builder&, const NetworkOptions&);
};

constexpr Network kNetworks[] = {
    {"dnn2fpga", dnn2fpga}, {"digits-ice40", digits_ice40},   {"lenet5", lenet5}, {"lenet5-relu", lenet5_relu},
    {"linear", linear},     {"landcover-cnn", landcover_cnn},
};

}  // namespace

Graph build(const std::string& name, const NetworkOptions& options) {
  const auto network = std::ranges::find(kNetworks, name, &Network::name);
  if (network == std::end(kNetworks)) throw InputError("", "unknown network '" + name + "'", suggest(name, names()));
  Builder builder(name, options);
  network->build(builder, options);
  return builder.finish();
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const Network& network : kNetworks) names.emplace_back(network.name);
  return names;
}

}  // namespace bitloom::zoo
