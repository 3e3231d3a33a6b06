#pragma once

#include "passes/quantize/quantize_model.h"

namespace bitloom {

/// @throws InputError for options out of range or that do not go together, layers that the graph does not have, and graphs that quantize_model does
///         not take: operators without an integer form (named), several inputs or outputs, what is quantized already
void check_request(const Graph& graph, const QuantizeOptions& options);

}  // namespace bitloom
