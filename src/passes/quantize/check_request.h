#pragma once

#include "passes/quantize/quantize_model.h"

namespace bitloom {

/// @throws InputError for options out of range or that do not go together, layers that the graph does not have, and graphs that quantize_model does
///         not take: operators without an integer form (named), several inputs or outputs, what is quantized already
/// @param graph  float, its BatchNorms folded
void check_request(const Graph& graph, const QuantizeOptions& options);

/// The same for a network as it is trained, BatchNorms and all: what commands ask before hours of training.
void check_request_before_training(const Graph& graph, const QuantizeOptions& options);

}  // namespace bitloom
