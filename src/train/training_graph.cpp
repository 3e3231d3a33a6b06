#include "train/training_graph.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/error.h"
#include "ir/ops/check.h"
#include "ir/ops/fake_quantize.h"
#include "ir/ops/integer_product.h"
#include "ir/ops/quantization.h"
#include "ir/ops/softmax.h"
#include "train/parameters.h"
#include "train/precision.h"

namespace bitloom::train {
namespace {

/// The value before its quantizers.
const Value& unquantized(const Value& value) {
  const Node* node = value.producer();
  return node && (node->is<Quantize>() || node->is<Dequantize>() || node->is<FakeQuantize>()) ? unquantized(*node->input(0)) : value;
}

/// @throws InputError for parameters that training would leave as they are: integers, or what is computed of them
void check_trains(const Node& node) {
  constexpr const char* kFix = "train the float network, or one whose weights stand directly behind a DequantizeLinear or Quant";
  if (node.is<MatMulInteger>() || node.is<ConvInteger>())
    throw InputError(node.where(), "multiplies integers as they are, through which nothing trains", kFix);
  for (std::size_t i = 0; i < node.inputs().size(); ++i) {
    const Value* value = node.inputs()[i];
    if (!value || node.op().operands()[i].role != OperandRole::kParameter || ops::changes_with_the_image(*value)) continue;
    const Value& source = unquantized(*value);
    if (!source.is_constant() || !source.type().element.is_float)
      throw InputError(node.where(), fmt::format("its parameter '{}' is made of integers, which do not train", value->name()), kFix);
  }
}

}  // namespace

Graph training_graph(const Graph& graph) {
  if (graph.inputs().size() != 1 || graph.outputs().size() != 1)
    throw InputError(graph.name(), fmt::format("{} inputs and {} outputs", graph.inputs().size(), graph.outputs().size()),
                     "training takes networks from one image to one row of classes");
  Graph result = graph.clone();
  const Node* last = result.outputs().front()->producer();
  if (last && last->is<Softmax>()) {
    result.set_outputs({last->input(0)});
    result.erase_dead_nodes();
  }
  for (const Node* node : result.nodes()) check_trains(*node);
  if (Parameters(result).trainable.empty())
    throw InputError(graph.name(), "no parameters to train", "give it a Conv or Gemm with constant weights");
  return result;
}

void check_precision(const Graph& graph, const Recipe::Train& options) {
  if (precision_of(options.precision) == Precision::kFloat32) return;
  if (!graph.nodes_of<Quantize>().empty() || !graph.nodes_of<FakeQuantize>().empty())
    throw InputError("'precision' in 'train'", "bfloat16 would round the values that the network's quantizers choose", "set it to float32");
  if (options.device == "cpu" && !has_bfloat16_arithmetic())
    std::fputs("note: this processor has no bfloat16 arithmetic; train.precision float32 is quicker here\n", stderr);
}

}  // namespace bitloom::train
