#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "ir/graph.h"
#include "passes/quantize/quantize_model.h"

namespace bitloom::fpga {

/// Builds small float networks for tests, layer by layer, with random weights. Names are conv1, pool1, ... in order.
class TestNetwork {
 public:
  TestNetwork(std::string name, std::int64_t channels, std::int64_t height, std::int64_t width, std::uint64_t seed);

  struct Kernel {
    int height = 3, width = 3, stride_h = 1, stride_w = 1;
    int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  };
  TestNetwork& conv(std::int64_t outputs, const Kernel& kernel);
  TestNetwork& max_pool(const Kernel& kernel);
  TestNetwork& average_pool(const Kernel& kernel);
  TestNetwork& relu();
  TestNetwork& tanh();
  TestNetwork& flatten();
  TestNetwork& gemm(std::int64_t outputs);

  const Shape& shape() const { return value_->shape(); }
  Graph finish();

 private:
  std::string next_name(const std::string& kind);
  Value* weights(const std::string& name, Shape shape, std::int64_t fan_in);

  Graph graph_;
  RandomStream random_;
  Value* value_;
  int count_ = 0;
};

/// `images` noise images, channel planes.
std::vector<std::vector<std::uint8_t>> noise(const Graph& graph, int images, std::uint64_t seed);

/// The QDQ form of a float network, calibrated on noise.
Graph quantized(const Graph& float_graph, const QuantizeOptions& options);

/// What a board without many multipliers wants: every requantization is a shift.
QuantizeOptions shift_only();

/// A network of one to four layers with everything that the stream back end builds drawn at random, and a classifier.
Graph random_network(std::uint64_t seed);
QuantizeOptions random_quantization(std::uint64_t seed);

}  // namespace bitloom::fpga
