#pragma once

#include "cli/quantization.h"
#include "recipe/recipe.h"
#include "search/mixed_precision.h"

namespace bitloom::cli {

/// The float network with its BatchNorms folded, and how sensitive its layers are.
struct Sensitivity {
  Graph folded;
  std::vector<int> widths;
  std::vector<search::LayerSensitivity> layers;
  search::Judgement of_float;
  std::int64_t images = 0;  ///< that judged
};

/// @param judged_by  labelled images
/// @param widths     in any order
Sensitivity measure_sensitivity_on(const Graph& float_graph, const data::Dataset& calibration, const data::Dataset& judged_by,
                                   const std::vector<int>& widths, const QuantizeOptions& options);

/// Widths under a budget, and what they were chosen by.
struct ChosenBits {
  Sensitivity sensitivity;
  search::MixedPrecision mixed;
  std::string summary;  ///< for people, a line
};

/// @throws InputError for what choose_bits would refuse after hours: options that do not go together, layers that are none, a budget that no
///         choice keeps to
void check_mixed_precision(const Graph& float_graph, const Recipe::MixedPrecision& mixed, const Recipe::Quantize& how, std::uint64_t seed);

/// Chooses them for the layers of which `how` states none, and states them there.
ChosenBits choose_bits(const Graph& float_graph, const data::Dataset& calibration, const data::Dataset& judged_by, const Recipe::MixedPrecision& mixed,
                       Recipe::Quantize& how, std::uint64_t seed);

/// search::most_sensitive_first.
std::vector<std::string> most_sensitive_first_on(const Graph& float_graph, const data::Dataset& calibration, const data::Dataset& judged_by,
                                                 const QuantizeOptions& options);

/// A line a layer.
std::vector<std::string> sensitivity_table(const Sensitivity& sensitivity);

}  // namespace bitloom::cli
