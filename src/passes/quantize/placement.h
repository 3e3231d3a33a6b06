#pragma once

#include <map>
#include <string>
#include <vector>

#include "passes/quantize/activation_format.h"
#include "passes/quantize/wanted_bits.h"

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

}  // namespace bitloom
