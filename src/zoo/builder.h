#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"
#include "zoo/zoo.h"

namespace bitloom::zoo {

struct ConvOptions {
  int stride = 1, pad = 0;
  bool bias = true;  ///< false where a BatchNorm follows, whose beta is the bias
};

/// What comes after a layer with weights; it decides how large they start (see zoo.h).
enum class Next { kRelu, kOther };

/// Appends one layer after the other to a graph, each with its initial parameters, named "conv1", "conv1.weight",
/// "conv1.bias".
class Builder {
 public:
  Builder(const std::string& network, const NetworkOptions& options);

  Builder& conv(const std::string& name, int channels, int kernel, Next next, ConvOptions options = {});
  Builder& fully_connected(const std::string& name, int outputs, Next next);
  Builder& batch_norm(const std::string& name);
  Builder& relu(const std::string& name);
  Builder& tanh(const std::string& name);
  Builder& max_pool(const std::string& name, int size);      ///< stride = size; a rest at the border is dropped
  Builder& average_pool(const std::string& name, int size);  ///< likewise
  Builder& global_average_pool(const std::string& name);     ///< one value per channel
  Builder& flatten();

  /// The finished network; the last layer's output is its output.
  Graph finish();

 private:
  Value* weights(const std::string& name, Shape shape, Next next);
  Value* filled(const std::string& name, std::int64_t count, float value);

  Graph graph_;
  Value* last_;
  std::uint64_t seed_;
  std::uint64_t weight_tensors_ = 0;
};

}  // namespace bitloom::zoo
