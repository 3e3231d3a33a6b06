#pragma once

#include <limits>
#include <span>

#include "ir/graph.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rescaled.h"

/// The integer operators that end an exact computation, made from the Quantize that the float graph has there.
namespace bitloom::lowering {

/// The reals that a Relu or Clip between the exact result and its Quantize lets through.
struct Cut {
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();
  Cut then(const Cut& next) const;
  bool is_none() const { return low == -std::numeric_limits<float>::infinity() && high == std::numeric_limits<float>::infinity(); }
};
/// @param node  a Relu or Clip
Cut cut_of(const Node& node);

/// `element` as it is, but for int32, to which nothing is clamped: that becomes the narrowest type that holds low .. high.
ElementType narrowed(ElementType element, std::int64_t low, std::int64_t high);

/// y = x as `quantize` (a Quantize) says, for an accumulator with these scales: one, or one per channel.
Requantize requantize_of(const Node& quantize, std::span<const float> scales, const Cut& cut);
RescaledAdd rescaled_add_of(const Node& quantize, const Value& a, const Value& b, const Cut& cut);
RescaledMul rescaled_mul_of(const Node& quantize, const Value& a, const Value& b, const Cut& cut);

/// What has the sign of the sum or product: -1 where that is less than 0, exactly, and else 0.
RescaledAdd sign_of_add(const Node& add, const Value& a, const Value& b);
RescaledMul sign_of_mul();

/// The sum or product itself, neither rounded nor cut, for what is no Quantize. @throws InputError for a sum of two scales, which has none
RescaledAdd exact_add_of(const Node& add, const Value& a, const Value& b);
RescaledMul exact_mul_of(const Node& mul, const Value& a, const Value& b);

}  // namespace bitloom::lowering
