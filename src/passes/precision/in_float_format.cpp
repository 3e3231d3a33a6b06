#include "passes/precision/in_float_format.h"

#include "base/error.h"
#include "ir/ops/dynamic_quantize.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/integer_product.h"
#include "ir/ops/quantization.h"
#include "ir/ops/slice.h"
#include "passes/fold/fold_batch_norm.h"
#include "passes/insertion.h"
#include "passes/lower/integer_form.h"

namespace bitloom {
namespace {

/// Operators whose results are elements of what they read.
bool makes_no_values(const Node& node) {
  return moves_elements(node) || node.is<Relu>() || node.is<Concat>();
}

}  // namespace

const Node* first_quantized_node(const Graph& graph) {
  for (const Node* node : graph.nodes())
    if (node->is<Quantize>() || node->is<Dequantize>() || node->is<DynamicQuantize>() || node->is<ConvInteger>() || node->is<MatMulInteger>()) return node;
  return nullptr;
}

Graph in_float_format(const Graph& float_graph, FloatFormat format) {
  if (const Node* node = first_quantized_node(float_graph)) throw InputError(node->where(), "the network is quantized", "give the float network");
  Graph graph = float_graph.clone();
  if (format == FloatFormat::kFloat32) return graph;
  fold_batch_norm(graph);
  for (Value* constant : graph.constants()) {
    if (!constant->type().element.is_float) continue;
    Tensor rounded = constant->constant();
    for (float& x : rounded.floats()) x = rounded_to(x, format);
    constant->set_constant(std::move(rounded));
  }
  Cast cast;
  cast.format = format;
  std::vector<Value*> values = graph.inputs();
  for (const Node* node : graph.nodes())
    if (!makes_no_values(*node)) values.insert(values.end(), node->outputs().begin(), node->outputs().end());
  for (Value* value : values)
    if (value->type().element.is_float) insert_behind(graph, value, value->name() + ".rounded", cast.clone());
  return graph;
}

FloatFormat float_format_of(std::string_view name) {
  for (const FloatFormat format : {FloatFormat::kFloat32, FloatFormat::kFloat16, FloatFormat::kBfloat16})
    if (to_string(format) == name) return format;
  throw InputError(std::string(name), "is no format of floats", "use float32, float16 or bfloat16");
}

}  // namespace bitloom
