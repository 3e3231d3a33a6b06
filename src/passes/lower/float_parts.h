#pragma once

#include <map>
#include <set>

#include "ir/graph.h"
#include "passes/lower/meaning.h"
#include "passes/notes.h"

namespace bitloom::lowering {

/// What stays in float of a network that is quantized in part, and the way there from its integers.
class FloatParts {
 public:
  /// @param target  the integer graph that is being made; `meanings` grows with it
  FloatParts(const Graph& source, Graph& target, const Meanings& meanings);

  /// Whether the node stays in float: a layer with float weights in a graph with quantizers; what is computed from such layers until the next
  /// quantizer, or for nothing but them since the last layer.
  bool keeps(const Node& node) const;

  /// Adds such a node as it is, on the reals of what it reads. Notes layers.
  void add(const Node& node, Notes* notes);

  /// Whether the value of the source is a float in the target.
  bool contains(const Value& value) const { return reals_.contains(&value); }

  /// The real of a value: as it is kept; the network's input; what the integers that mean it stand for, an exact sum's included. Anything else
  /// is computed anew from the reals of its operands.
  Value* real(const Value& value);

 private:
  Value* computed(const Value& value);
  Value* copy(const Node& node);

  Graph& target_;
  const Meanings& meanings_;
  const bool is_quantized_;
  std::set<const Value*> read_in_float_;  ///< by all that read them, as they are or after nodes that stay in float
  std::map<const Value*, Value*> reals_, computed_;
};

}  // namespace bitloom::lowering
