#pragma once

#include "passes/lower/meaning.h"

namespace bitloom::lowering {

/// Adds what makes the integers of a Quantize, a Trunc or a MultiThreshold: of an exact sum a Requantize or thresholds, of a pair a RescaledAdd or
/// RescaledMul, of narrow integers tables, one for each part of a Concat, or thresholds; nothing where they stay as they are.
/// @param quantizer  of the QDQ graph
/// @param x          what it reads
/// @return the integers in `target`
Value* add_quantizer(Graph& target, const Node& quantizer, const Meaning& x);

}  // namespace bitloom::lowering
