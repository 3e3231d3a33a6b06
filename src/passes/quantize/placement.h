#pragma once

#include <map>
#include <string>
#include <vector>

#include "passes/quantize/activation_format.h"

namespace bitloom {

/// A second quantizer of a value, to fewer bits, that some of the layers which read it share.
struct NarrowInput {
  const Value* value;
  std::vector<const Node*> layers;
  ActivationFormat format;

  std::string name() const { return value->name() + ".narrow"; }
};

/// Where a network is quantized, and how: read off the float graph and the calibration images.
struct Placement {
  const Node* classifier = nullptr;  ///< its weights share one scale and its output is not quantized; null where there is none
  bool has_pixel_format = false;     ///< the input's format is that of raw pixels, which no calibration found
  std::map<const Value*, ActivationFormat> formats;  ///< behind these values stands a quantizer for all that read them
  std::vector<NarrowInput> narrow_inputs;            ///< and before some layers another
};

/// @param graph  float, its BatchNorms folded
/// @throws InputError as quantize_model does
Placement place_quantizers(const Graph& graph, const CalibrationImages& images, const QuantizeOptions& options, Notes* notes, const RunGraph& run);

/// Conv2d and Gemm.
bool has_weights(const Node& node);

/// The value whose quantization this one has: itself, or what was moved to become it.
const Value& source_of_format(const Value& value);

/// The bits of a layer's weights. Not of a layer that stays in float.
int weight_bits(const Node& layer, const Node* classifier, const QuantizeOptions& options);

/// Whether the options keep the layer in float.
bool stays_float(const Node& layer, const QuantizeOptions& options);

}  // namespace bitloom
