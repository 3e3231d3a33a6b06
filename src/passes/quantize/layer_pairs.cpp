#include "passes/quantize/layer_pairs.h"

#include "ir/ops/gemm.h"

namespace bitloom {

bool is_layer(const Node& node) {
  if (!node.is<Conv2d>() && !node.is<Gemm>()) return false;
  for (int i = 1; i < static_cast<int>(node.inputs().size()); ++i)
    if (node.input(i) && (!node.input(i)->is_constant() || !node.input(i)->constant().is_float())) return false;
  return node.input(1)->shape().elements() > 0;
}

}  // namespace bitloom
