// Convolutions one after the other: LeNet, AlexNet, VGG and FINN's CNV.
#include <vector>

#include "zoo/networks/networks.h"

namespace bitloom::zoo {
namespace {

/// LeNet-5, LeCun et al. 1998, section II.B, in the form that is used today: every map of conv2 sees all of conv1, plain average pooling, a
/// softmax classifier. Padding of 2 makes the paper's 32x32 input from 28x28. 61,706 parameters for 28x28x1 and 10 classes.
void lenet5(Builder& net, const NetworkOptions& options, const std::string&) {
  const int pad = options.height == 28 ? 2 : 0;
  net.conv("conv1", 6, 5, Next::kOther, {.pad = pad}).tanh("tanh1").average_pool("pool1", 2);
  net.conv("conv2", 16, 5, Next::kOther).tanh("tanh2").average_pool("pool2", 2);
  net.flatten().fully_connected("fc1", 120, Next::kOther).tanh("tanh3");
  net.fully_connected("fc2", 84, Next::kOther).tanh("tanh4");
  net.fully_connected("fc3", options.classes, Next::kOther);
}

/// LeNet-5 with ReLU for tanh and maximum for average.
void lenet5_relu(Builder& net, const NetworkOptions& options, const std::string&) {
  const int pad = options.height == 28 ? 2 : 0;
  net.conv("conv1", 6, 5, Next::kRelu, {.pad = pad}).relu("relu1").max_pool("pool1", 2);
  net.conv("conv2", 16, 5, Next::kRelu).relu("relu2").max_pool("pool2", 2);
  net.flatten().fully_connected("fc1", 120, Next::kRelu).relu("relu3");
  net.fully_connected("fc2", 84, Next::kRelu).relu("relu4");
  net.fully_connected("fc3", options.classes, Next::kOther);
}

void two_hidden_layers(Builder& net, int width, int classes) {
  net.flatten().fully_connected("fc1", width, Next::kRelu).relu("relu_fc1");
  net.fully_connected("fc2", width, Next::kRelu).relu("relu_fc2");
  net.fully_connected("fc3", classes, Next::kOther);
}

/// The last three convolutions of both AlexNets.
void alexnet_tail(Builder& net) {
  net.conv("conv3", 384, 3, Next::kRelu, {.pad = 1}).relu("relu3");
  net.conv("conv4", 256, 3, Next::kRelu, {.pad = 1}).relu("relu4");
  net.conv("conv5", 256, 3, Next::kRelu, {.pad = 1}).relu("relu5");
}

/// AlexNet in one column, arXiv:1404.5997, as torchvision has it, without dropout. 61,100,840 parameters for 224x224 and 1,000 classes.
void alexnet(Builder& net, const NetworkOptions& options, const std::string&) {
  net.conv("conv1", 64, 11, Next::kRelu, {.stride = 4, .pad = 2}).relu("relu1").max_pool("pool1", 3, {.stride = 2});
  net.conv("conv2", 192, 5, Next::kRelu, {.pad = 2}).relu("relu2").max_pool("pool2", 3, {.stride = 2});
  alexnet_tail(net);
  net.max_pool("pool3", 3, {.stride = 2});
  two_hidden_layers(net, 4096, options.classes);
}

/// The form for CIFAR of the San Jose report's figure 26, without dropout. 23,272,266 parameters for 32x32x3 and ten classes.
void alexnet_cifar(Builder& net, const NetworkOptions& options, const std::string&) {
  net.conv("conv1", 64, 3, Next::kRelu, {.stride = 2, .pad = 1}).relu("relu1").max_pool("pool1", 2);
  net.conv("conv2", 192, 3, Next::kRelu, {.pad = 1}).relu("relu2").max_pool("pool2", 2);
  alexnet_tail(net);
  net.max_pool("pool3", 2);
  two_hidden_layers(net, 4096, options.classes);
}

/// VGG, arXiv:1409.1556, table 1, columns A, B, D and E: `counts[s]` convolutions in stage s. 138,357,544 parameters for VGG-16, 224x224 and
/// 1,000 classes. Named "...-bn", each convolution is followed by a BatchNorm.
void vgg(Builder& net, const std::vector<int>& counts, const NetworkOptions& options, bool has_batch_norm) {
  constexpr int kChannels[] = {64, 128, 256, 512, 512};
  for (std::size_t stage = 0; stage < counts.size(); ++stage) {
    for (int i = 1; i <= counts[stage]; ++i) {
      const std::string place = std::to_string(stage + 1) + "_" + std::to_string(i);
      net.conv("conv" + place, kChannels[stage], 3, Next::kRelu, {.pad = 1});
      if (has_batch_norm) net.batch_norm("bn" + place);
      net.relu("relu" + place);
    }
    net.max_pool("pool" + std::to_string(stage + 1), 2);
  }
  two_hidden_layers(net, 4096, options.classes);
}

template <int kLayers>
void vgg(Builder& net, const NetworkOptions& options, const std::string& name) {
  const std::vector<int> counts = kLayers == 11   ? std::vector{1, 1, 2, 2, 2}
                                  : kLayers == 13 ? std::vector{2, 2, 2, 2, 2}
                                  : kLayers == 16 ? std::vector{2, 2, 3, 3, 3}
                                                  : std::vector{2, 2, 4, 4, 4};
  vgg(net, counts, options, name.ends_with("-bn"));
}

/// Pairs of convolutions, each followed by a pool, of `channels`; the first of which is named `first`.
void pairs(Builder& net, std::initializer_list<int> channels, int pad, bool pool_last) {
  int pair = 0, layer = 0;
  for (const int c : channels) {
    for (int i = 0; i < 2; ++i) {
      const std::string number = std::to_string(++layer);
      net.conv("conv" + number, c, 3, Next::kRelu, {.pad = pad, .bias = false}).batch_norm("bn" + number).relu("relu" + number);
    }
    if (++pair < static_cast<int>(channels.size()) || pool_last) net.max_pool("pool" + std::to_string(pair), 2);
  }
}

/// VGG-small of the literature on few bits (LQ-Nets, arXiv:1807.10029, section 5.1): six convolutions and one layer of classes. 4.66 M
/// parameters for 32x32x3.
void vgg_small(Builder& net, const NetworkOptions& options, const std::string&) {
  pairs(net, {128, 256, 512}, 1, true);
  net.flatten().fully_connected("fc", options.classes, Next::kOther);
}

/// CNV of FINN (arXiv:1612.07119, section 4.2): six convolutions without padding and three fully connected layers, each with BatchNorm. 1,542,848
/// weights for 32x32x3. As for TFC, bits come with quantization.
void cnv(Builder& net, const NetworkOptions& options, const std::string&) {
  pairs(net, {64, 128, 256}, 0, false);
  net.flatten();
  for (const char* number : {"1", "2"}) {
    const std::string n = number;
    net.fully_connected("fc" + n, 512, Next::kRelu).batch_norm("bn_fc" + n).relu("relu_fc" + n);
  }
  net.fully_connected("fc3", options.classes, Next::kOther);
}

const Network kNetworks[] = {
    {"alexnet", alexnet}, {"alexnet-cifar", alexnet_cifar}, {"cnv", cnv},        {"lenet5", lenet5},     {"lenet5-relu", lenet5_relu},
    {"vgg11", vgg<11>},   {"vgg11-bn", vgg<11>},            {"vgg13", vgg<13>},  {"vgg13-bn", vgg<13>},  {"vgg16", vgg<16>},
    {"vgg16-bn", vgg<16>}, {"vgg19", vgg<19>},              {"vgg19-bn", vgg<19>}, {"vgg-small", vgg_small},
};

}  // namespace

std::span<const Network> plain_networks() { return kNetworks; }

}  // namespace bitloom::zoo
