#pragma once

#include <string>
#include <vector>

#include "data/dataset.h"
#include "ir/graph.h"
#include "passes/quantize/quantize_model.h"

namespace bitloom::cli {

/// What post-training quantization makes of a float graph.
struct Quantized {
  Graph qdq, integer;
  std::vector<std::string> notes;  ///< what a pass left alone, and why
};

/// Folds, calibrates on every image of `calibration`, quantizes and lowers.
Quantized quantize_on(const Graph& float_graph, const data::Dataset& calibration, const QuantizeOptions& options);

/// Feeds every image of the set, as the graph sees it. Both must outlive the result.
/// @param what  name of the work on a progress line, shown the first time; empty: none
CalibrationImages images_of(const Graph& graph, const data::Dataset& set, const std::string& what);

/// As recipes and the command line say it (eval/recipe_choice.h).
std::vector<std::string> calibration_names();
std::vector<std::string> rounding_names();

}  // namespace bitloom::cli
