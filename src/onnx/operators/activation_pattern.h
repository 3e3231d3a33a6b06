#pragma once

#include <memory>

#include "ir/graph.h"

namespace bitloom::onnx_format {

/// An activation function that a file spells out in simpler operators: op(x).
struct Activation {
  std::unique_ptr<Op> op;  ///< null: none was recognized
  Value* x = nullptr;
};

/// The activation that `scale` * `a` * `b` is (b may be null). Exporters to opsets without these operators write them like that, with the
/// factors in any order:
///   HardSwish   x * HardSigmoid(x) with slope 1/6       1/6 * x * Clip(x + 3, 0, 6)
///   Mish        x * Tanh(Softplus(x))
///   Gelu        1/2 * x * (1 + Erf(x / sqrt(2)))        1/2 * x * (1 + Tanh(sqrt(2/pi) * (x + 0.044715 * x^3)))
/// The nodes that spelled it out are left alone; those that nothing else reads die.
Activation recognize_activation(Value* a, Value* b, double scale = 1);

}  // namespace bitloom::onnx_format
