#pragma once

#include <map>
#include <vector>

#include "passes/quantize/quantize_model.h"

/// What of a network is quantized, and to how many bits: read off the float graph and the options alone, before anything is calibrated.
namespace bitloom {

/// Conv2d and Gemm.
bool has_weights(const Node& node);

/// Whether operand `i` is computed from the input, not a parameter.
bool is_data(const Node& node, int i);

/// The value whose quantization this one has: itself, or what was moved to become it.
const Value& source_of_format(const Value& value);

/// The last Conv2d or Gemm, when only Flatten and Softmax follow; null where there is none.
const Node* find_classifier(const Graph& graph);

/// Whether the options keep the layer in float.
bool stays_float(const Node& layer, const QuantizeOptions& options);

/// The bits of a layer's weights. Not of a layer that stays in float.
int weight_bits(const Node& layer, const Node* classifier, const QuantizeOptions& options);

/// How many bits what reads a value wants. Graph and options must outlive it.
class WantedBits {
 public:
  WantedBits(const Graph& graph, const Node* classifier, const QuantizeOptions& options) : graph_(graph), classifier_(classifier), options_(options) {}

  int of_layer_input(const Node& layer) const;
  /// The most that any reader wants which is not in float; LayerBits::kFloat where all are.
  int of(const Value& value) const;

 private:
  int most_of_readers(const Value& value) const;
  int of_reader(const Node& reader) const;

  const Graph& graph_;
  const Node* classifier_;
  const QuantizeOptions& options_;
  mutable std::map<const Value*, int> known_;
};

/// Bits of the values behind which a quantizer stands for all that read them.
std::map<const Value*, int> bits_behind(const Graph& graph, const Node* classifier, const WantedBits& bits);

/// Layers that share a quantizer to fewer bits, in the order of the graph.
struct NarrowReaders {
  const Value* value;
  int bits;
  std::vector<const Node*> layers;
};

/// Adds a layer to those of the same value and bits.
void add_reader(std::vector<NarrowReaders>& groups, const Value* value, int bits, const Node* layer);

/// The layers that want fewer bits than the value which they read has, together where they want the same.
/// @param behind  of bits_behind
std::vector<NarrowReaders> narrow_readers(const Graph& graph, const std::map<const Value*, int>& behind, const WantedBits& bits);

}  // namespace bitloom
