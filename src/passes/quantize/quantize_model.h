#pragma once

#include <functional>
#include <string>

#include "ir/graph.h"

namespace bitloom {

enum class Calibration { kMinMax, kPercentile };

struct QuantizeOptions {
  int weight_bits = 8, activation_bits = 8;
  bool per_channel = true;          ///< weights of every layer but the classifier (its accumulators must be comparable)
  bool power_of_two = false;        ///< all scales are powers of two, so requantization is a shift
  bool unsigned_activations = true; ///< uint range for activations; false: signed
  bool symmetric_activations = false;
  Calibration calibration = Calibration::kMinMax;
  double percentile = 99.99;        ///< per cent of values kept inside the range, for kPercentile
};

/// Feeds calibration images: calls the argument once per image with a float input of the graph.
using CalibrationImages = std::function<void(const std::function<void(const Tensor& input)>& use)>;

/// float graph -> QDQ graph (docs/architecture.md, Numbers). BatchNorm must have been folded where it can be.
/// @throws InputError for no images, NaN or infinite activations, an operator without an integer form (named).
Graph quantize_model(const Graph& float_graph, const CalibrationImages& images, const QuantizeOptions& options);

}  // namespace bitloom
