#include "passes/lower/integer_form.h"

#include "base/error.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rescaled_add.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/softmax.h"

namespace bitloom {
namespace {

template <class... Ops>
bool is_any(const Node& node) {
  return (node.is<Ops>() || ...);
}

bool divides_by_position(const AveragePool2d& pool) {
  const PoolWindow& w = pool.window;
  return !pool.count_include_pad && (w.pad_top || w.pad_left || w.pad_bottom || w.pad_right);
}

}  // namespace

const Node* final_softmax(const Graph& graph) {
  const Node* last = graph.outputs().size() == 1 ? graph.outputs().front()->producer() : nullptr;
  return last && last->is<Softmax>() && last->output()->consumers().empty() ? last : nullptr;
}

void require_integer_form(const Node& node) {
  const auto refuse = [&](const char* reason, const char* fix) {
    throw InputError(node.where(), std::string("has no integer form: ") + reason, fix);
  };
  if (is_any<Add, Conv2d, Gemm, Relu, Tanh, Sigmoid, MaxPool2d, Flatten, Quantize, Dequantize>(node)) return;
  if (const auto* pool = node.as<AveragePool2d>()) {
    if (divides_by_position(*pool))
      refuse("with padding and count_include_pad = 0 it divides by another count at the border", "set count_include_pad = 1 or pads to 0");
    return;
  }
  if (node.is<Softmax>()) {
    if (&node != final_softmax(node.graph())) refuse("only a Softmax that ends the network can be left out", "end the network with it");
    return;
  }
  if (node.is<BatchNorm>())
    refuse("it has not been folded into a Conv2d or Gemm",
           "run fold_batch_norm first, or move it directly behind a layer that nothing else reads");
  if (is_any<LookupTable, Requantize, RescaledAdd, SumPool2d>(node))
    refuse("this operator belongs to integer graphs", "start from the float or QDQ graph");
  refuse("no rule turns this operator into integers yet", "export the network without it");
}

}  // namespace bitloom
