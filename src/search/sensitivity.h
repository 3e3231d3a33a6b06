#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "passes/quantize/quantize_model.h"
#include "search/judge.h"

namespace bitloom::search {

/// What one layer's quantization to so many bits does to the network, all else being float.
struct BitsEffect {
  int bits = 0;
  Judgement judgement;
};

struct LayerSensitivity {
  std::string layer;
  std::int64_t weights = 0, macs = 0;
  std::vector<BitsEffect> of_weights;      ///< for every width asked for, in order
  std::vector<BitsEffect> of_activations;  ///< of what the layer reads; a single entry where raw pixels are their own quantized values
};

/// Quantizes the weights of one layer, or what one layer reads, at a time, as quantize_model would, and judges each network.
/// Source: per-layer analysis as in Nagel et al. 2021, arXiv:2106.08295, section 3.7 (debugging workflow).
/// @param graph     float, its BatchNorms folded
/// @param widths    bits to be tried, each within what QuantizeOptions::weight_bits may be
/// @param options   all but the widths and the repairs
/// @param judge     e.g. a Judge; called (layers x widths x 2) times
/// @param on_layer  called behind each layer, for progress; may be empty
/// @throws InputError as quantize_model does
std::vector<LayerSensitivity> measure_sensitivity(const Graph& graph, const CalibrationImages& images, std::span<const int> widths,
                                                  const QuantizeOptions& options, const std::function<Judgement(const Graph&)>& judge,
                                                  const RunGraph& run, const std::function<void()>& on_layer = {});

/// Names of layers, first the one that left in float takes most noise off the network whose other layers are all quantized: with it go the quantizers
/// around it, those of functions and pools included. `options` as they are, but for the repairs.
std::vector<std::string> most_sensitive_first(const Graph& graph, const CalibrationImages& images, const QuantizeOptions& options,
                                              const std::function<Judgement(const Graph&)>& judge, const RunGraph& run,
                                              const std::function<void()>& on_layer = {});

}  // namespace bitloom::search
