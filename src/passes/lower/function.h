#pragma once

#include <functional>
#include <span>

#include "ir/graph.h"
#include "ir/ops/quantization.h"

/// Functions of one element, as they stand between the Dequantize of a narrow integer and the Quantize of the result: tables.
namespace bitloom::lowering {

/// Reals to reals, element by element; empty: the identity.
using Function = std::function<Tensor(const Tensor& x)>;

/// What `node` makes of its operands, each of which is a function of the same tensor or, where `operands[i]` is empty and input i is a
/// constant, a number.
Function function_of(const Node& node, std::vector<Function> operands);

/// Whether the quantizer takes all elements alike, so that one table can stand for it.
bool is_tabular(const Node& quantizer);

/// Whether the quantizer gives x back as it is.
bool is_unchanged(const Value& x, const Function& function, const Node& quantizer);

/// The simulated computation Dequantize, function, quantizer on every value of x's type.
/// @param quantizer  a Quantize, a Trunc, or a MultiThreshold of one row
/// @throws InputError where x has more values than a table, or x or the result is quantized per channel
LookupTable tabulate(const Value& x, const Function& function, const Node& quantizer);

/// Tables of int32, to which nothing was clamped, get the narrowest type that holds the entries of all.
void narrow_type(std::span<LookupTable> tables);

/// One operator on one tensor.
Tensor evaluate(const Op& op, const Tensor& x, TensorType type);

}  // namespace bitloom::lowering
