#pragma once

#include <limits>

#include "ir/graph.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rescaled.h"

/// The integer operators that end an exact computation, made from the Quantize that the float graph has there.
namespace bitloom::lowering {

/// The reals that a Relu or Clip between the exact result and its Quantize lets through.
struct Cut {
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();
  Cut then(const Cut& next) const;
};
/// @param node  a Relu or Clip
Cut cut_of(const Node& node);

/// y = x as `quantize` (a Quantize) says, for an accumulator with these scales.
Requantize requantize_of(const Node& quantize, const Quantization& sum, const Cut& cut);
RescaledAdd rescaled_add_of(const Node& quantize, const Value& a, const Value& b, const Cut& cut);
RescaledMul rescaled_mul_of(const Node& quantize, const Value& a, const Value& b, const Cut& cut);

}  // namespace bitloom::lowering
