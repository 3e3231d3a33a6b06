#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace bitloom::cli {

/// One layer of a model as `inspect` shows it.
struct LayerInfo {
  std::string name, op;
  std::string geometry;  ///< "3x3", "2x2 stride 2"; empty for layers without a window
  Shape output;          ///< with N = 1
  std::int64_t parameters = 0, macs = 0;
  int weight_bits = 0;       ///< 0 for layers without weights
  ElementType element;       ///< of the output
  int accumulator_bits = 0;  ///< signed bits that hold every sum the layer can reach; 0 where there is no integer sum
};

LayerInfo describe_layer(const Node& node);

struct Inspection {
  bool quantized = false;  ///< a QDQ model
  /// Of a QDQ model: why it has no integer form; empty when it has one, and then `layers` are those of the integer
  /// network.
  std::string refusal;
  std::vector<std::string> stays_float;  ///< of each node that no rule turns into integers: its name and the reason
  std::vector<LayerInfo> layers;         ///< without the Quantize and Dequantize nodes of a QDQ model
  std::int64_t parameters = 0, macs = 0;
  std::int64_t bytes = 0;  ///< of the parameters as they are stored; of the integer network where there is one
};

/// What a float or QDQ model consists of. `integer_graph` is its lowering, or null when it has none.
Inspection inspect(const Graph& model, const Graph* integer_graph);

}  // namespace bitloom::cli
