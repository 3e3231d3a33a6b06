#pragma once

#include <filesystem>

#include "data/dataset.h"
#include "ir/graph.h"
#include "passes/quantize/quantize_model.h"
#include "recipe/recipe.h"

/// What a recipe's `data`, `network` and `quantize` name.
namespace bitloom {

data::Splits open_data(const Recipe& recipe, const std::filesystem::path& data_dir);

/// The network that training starts from: of the zoo with random weights, made for the images of `set`, or an ONNX file as it is, whose
/// quantized parameters become floats that are rounded on their way. Carries the recipe's range, mean and std where it gives them.
Graph initial_graph(const Recipe& recipe, const data::Dataset& set);

/// How its `quantize` section quantizes. @param seed  the recipe's
QuantizeOptions quantize_options(const Recipe::Quantize& section, std::uint64_t seed);

/// As recipes and the command line say it: one of the choices of quantize.calibration.
Calibration parse_calibration(const std::string& name);
WeightRounding parse_rounding(const std::string& name);  ///< quantize.rounding

}  // namespace bitloom
