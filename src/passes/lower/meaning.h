#pragma once

#include <map>
#include <vector>

#include "ir/graph.h"
#include "ir/ops/slice.h"
#include "passes/lower/function.h"
#include "passes/lower/narrowing.h"

namespace bitloom::lowering {

/// What a value of the QDQ graph is in the integer graph: the integers that stand for it, and what is still to be done to them when the
/// next Quantize comes.
struct Meaning {
  std::vector<Value*> integers;   ///< one; two of a pair; every part of a join
  const Node* joined = nullptr;   ///< the Add, Mul or Concat that they await
  bool is_sum = false;            ///< an exact accumulator, awaiting Requantize
  std::vector<float> scales = {}; ///< of a sum: one, or one per channel
  Cut cut = {};                   ///< of a sum or a pair: what a Relu or Clip behind it lets through
  Function function = {};         ///< of narrow integers, to be applied to what they stand for

  bool is_plain() const { return !joined && !is_sum && !function; }  ///< nothing is left to be done
  bool is_function() const { return !is_sum && (!joined || joined->is<Concat>()); }
};

/// An accumulator; `cut` stands behind it.
inline Meaning exact_sum(Value* sum, const Cut& cut = {}) {
  return {.integers = {sum}, .is_sum = true, .scales = sum->type().quantization->scales, .cut = cut};
}

using Meanings = std::map<const Value*, Meaning>;

}  // namespace bitloom::lowering
