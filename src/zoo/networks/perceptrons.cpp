// Fully connected networks.
#include "zoo/networks/networks.h"

namespace bitloom::zoo {
namespace {

/// `layers` hidden layers of `width` with ReLU.
void perceptron(Builder& net, int layers, int width, int classes) {
  net.flatten();
  for (int i = 1; i <= layers; ++i) {
    const std::string number = std::to_string(i);
    net.fully_connected("fc" + number, width, Next::kRelu).relu("relu" + number);
  }
  net.fully_connected("fc" + std::to_string(layers + 1), classes, Next::kOther);
}

/// DNN-1200, DNN-800, DNN-300 and DNN-30 of the Crete thesis, 5.2.1: one hidden layer, as its text says (its table of sizes counts two).
template <int kWidth>
void dnn(Builder& net, const NetworkOptions& options, const std::string&) {
  perceptron(net, 1, kWidth, options.classes);
}

/// KL_MLP_Teacher and KL_MLP_Student, table 5.1: three hidden layers (the same table of sizes counts two).
template <int kWidth>
void kl_mlp(Builder& net, const NetworkOptions& options, const std::string&) {
  perceptron(net, 3, kWidth, options.classes);
}

/// TFC, SFC and LFC of FINN (arXiv:1612.07119, section 4.2): three hidden layers, each with BatchNorm. There weights and activations are
/// one or two bits wide; here they are floats, which quantization makes narrow.
template <int kWidth>
void finn_fc(Builder& net, const NetworkOptions& options, const std::string&) {
  net.flatten();
  for (const char* number : {"1", "2", "3"}) {
    const std::string n = number;
    net.fully_connected("fc" + n, kWidth, Next::kRelu).batch_norm("bn" + n).relu("relu" + n);
  }
  net.fully_connected("fc4", options.classes, Next::kOther);
}

const Network kNetworks[] = {
    {"dnn-1200", dnn<1200>},           {"dnn-800", dnn<800>},           {"dnn-300", dnn<300>}, {"dnn-30", dnn<30>},
    {"kl-mlp-teacher", kl_mlp<1200>},  {"kl-mlp-student", kl_mlp<300>}, {"tfc", finn_fc<64>},  {"sfc", finn_fc<256>},
    {"lfc", finn_fc<1024>},
};

}  // namespace

std::span<const Network> perceptrons() { return kNetworks; }

}  // namespace bitloom::zoo
