#pragma once

#include <functional>

#include "ir/graph.h"
#include "ir/ops/quantization.h"

/// Functions of one element, as they stand between the Dequantize of a narrow integer and the Quantize of the result: tables.
namespace bitloom::lowering {

/// Reals to reals, element by element; empty: the identity.
using Function = std::function<Tensor(const Tensor& x)>;

/// What `node` makes of its operands, each of which is a function of the same tensor or, where `operands[i]` is empty and input i is a
/// constant, a number.
Function function_of(const Node& node, std::vector<Function> operands);

/// The simulated computation Dequantize, function, Quantize on every value of the type.
LookupTable tabulate(const TensorType& x, const Function& function, const Quantize& quantize);

/// One operator on one tensor.
Tensor evaluate(const Op& op, const Tensor& x, TensorType type);

}  // namespace bitloom::lowering
