#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace bitloom {

/// What becomes of a node of a float or QDQ graph among integers. `quantize_model` and `lower` both go by it.
enum class IntegerForm {
  kSum,        ///< an exact accumulator, which a Requantize narrows: Conv2d, Gemm, AveragePool2d
  kPair,       ///< of two tensors, exact and rounded once: Add, Mul
  kJoin,       ///< Concat, whose parts take the scale of the whole
  kMove,       ///< moves elements, or picks the largest: the same on integers
  kCut,        ///< Relu, Clip: the range of what it follows, where that is exact; else a function
  kFunction,   ///< of each element by itself: a table; of a sum only another scale, see scales_by_number
  kQuantizer,  ///< Quantize, Trunc, MultiThreshold, which make integers of reals, and Dequantize
  kNothing,    ///< the Softmax that ends the network
};

/// @throws InputError, naming the node, the reason and what would help, if `node` has no integer form
IntegerForm integer_form(const Node& node);

/// Why nodes of the graph would stay float: the messages of `integer_form`, in order; empty when there are none.
std::vector<std::string> nodes_without_integer_form(const Graph& graph);

/// The final Softmax, when the graph ends in one; null otherwise. It orders the classes as its input does, so integers do without it.
const Node* final_softmax(const Graph& graph);

/// Whether every element of the node's output is one of its first operand's (or what a Pad lays around them): on reals as on integers.
bool moves_elements(const Node& node);

/// Whether the node is a Mul or Div of one operand by a positive number, which changes the scale of an exact sum and not its integers.
bool scales_by_number(const Node& node);

/// Whether operand `i` is one number that is given, not computed: part of a function of the other operand.
bool is_scalar_constant(const Node& node, int i);

}  // namespace bitloom
