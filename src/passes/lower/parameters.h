#pragma once

#include <map>
#include <string>

#include "ir/graph.h"

namespace bitloom::lowering {

/// The integers of layers' parameters: constants behind Quantize and Dequantize, in any number.
class Parameters {
 public:
  /// @param target  the integer graph that is being made
  explicit Parameters(Graph& target) : target_(target) {}

  /// Keeps what a Quantize or Dequantize of a parameter stands for. False where the node is none.
  bool add(const Node& node);

  bool contains(const Value& value) const { return parameters_.contains(&value); }

  /// The constant in `target` of a layer's operand. @throws InputError where that is not quantized
  Value* integers(const Node& layer, int operand) const;

 private:
  struct Parameter {
    std::string name;
    Tensor tensor;
  };

  Graph& target_;
  std::map<const Value*, Parameter> parameters_;
};

}  // namespace bitloom::lowering
