#include <cmath>

#include "ir/ops/multi_threshold.h"
#include "ir/ops/shape_ops.h"
#include "passes/lower/integer_form.h"
#include "passes/lower/lower.h"
#include "passes/random_network.h"
#include "passes/test_networks.h"

namespace bitloom::test_networks {
namespace {

/// The Dequantize of the node's operand, before what keeps its integers; null if there is none.
const Node* dequantize_of(const Node& node, int i) {
  const Node* from = node.producer(i);
  while (from && (from->is<Relu>() || moves_elements(*from))) from = from->producer(0);
  return from && from->is<Dequantize>() ? from : nullptr;
}

float scale_behind(const Node& node, int i) {
  return dequantize_of(node, i)->input(0)->type().quantization->scales.front();
}

/// A scale in which the reals before the quantizer are counted.
float input_scale(const Node& source, float output_scale, RandomStream& random) {
  if (!dequantize_of(source, 0)) return std::ldexp(output_scale, -between(random, 0, 3));
  const float scale = scale_behind(source, 0);
  if (const auto* pool = source.as<AveragePool2d>()) return scale / static_cast<float>(pool->window.kernel_h * pool->window.kernel_w);
  if (source.is<Add>()) return scale;
  const bool multiplies = source.is<Conv2d>() || source.is<Gemm>() || source.is<Mul>();
  if (multiplies && dequantize_of(source, 1)) return scale * scale_behind(source, 1);
  return std::ldexp(output_scale, -between(random, 0, 3));
}

/// The mean becomes a sum again, as Brevitas writes it.
float undo_division(Graph& graph, Node& quantize, const Node& pool) {
  const PoolWindow& w = pool.as<AveragePool2d>()->window;
  const auto area = static_cast<float>(w.kernel_h * w.kernel_w);
  Value* number = graph.add_constant("area", Tensor({1}, {area}));
  graph.set_input(&quantize, 0, graph.insert_node(&quantize, "sum", std::make_unique<Mul>(), {quantize.input(0), number})->output());
  return scale_behind(pool, 0);
}

void make_trunc(Graph& graph, Node& node, RandomStream& random) {
  const Quantize old = *node.as<Quantize>();
  const Node& source = source_of(node);
  Trunc op;
  const float output_scale = old.quantization.scales.front();
  const bool sums = source.is<AveragePool2d>() && dequantize_of(source, 0) && between(random, 0, 1);
  const float scale = sums ? undo_division(graph, node, source) : input_scale(source, output_scale, random);
  op.shift = static_cast<int>(std::clamp(std::nearbyint(std::log2(output_scale / scale)) + (sums ? 4.0f : 0.0f), 0.0f, 31.0f));
  const bool has_zero = between(random, 0, 1) && std::abs(std::ldexp(old.quantization.zero_point, op.shift)) < 0x1p30;
  op.element = between(random, 0, 3) ? old.element : ElementType::int32();
  op.quantization = {{output_scale}, has_zero ? old.quantization.zero_point : 0, -1};
  op.input = {{scale}, op.quantization.zero_point << op.shift, -1};
  op.rounding = static_cast<Rounding>(between(random, 0, 8));
  op.narrow = op.element == old.element && between(random, 0, 3) == 0;
  graph.replace_op(&node, std::make_unique<Trunc>(op));
}

void make_thresholds(Graph& graph, Node& node, RandomStream& random) {
  const Quantize old = *node.as<Quantize>();
  const float scale = old.quantization.scales.front();
  const bool is_sign = between(random, 0, 7) == 0;
  MultiThreshold op;
  op.element = is_sign ? ElementType::bipolar() : old.element;
  op.bias = is_sign ? 0 : static_cast<std::int32_t>(old.element.min());
  op.quantization = is_sign ? Quantization{{scale}, 0, -1} : old.quantization;
  const std::int64_t rows = between(random, 0, 1) ? 1 : node.input(0)->shape()[1];
  const int count = is_sign ? 1 : between(random, 1, static_cast<int>(std::min<std::int64_t>(old.element.max() - old.element.min(), 31)));
  std::vector<float> thresholds;
  for (std::int64_t i = 0; i < rows * count; ++i) {
    const float steps = static_cast<float>(between(random, -2 * count, 2 * count));
    // What a sum may be exactly, half way between two results, or anything.
    const float kinds[] = {steps * input_scale(source_of(node), scale, random), (steps + 0.5f) * scale,
                           static_cast<float>(random.normal())};
    thresholds.push_back(kinds[between(random, 0, 2)]);
  }
  graph.replace_op(&node, std::make_unique<MultiThreshold>(op));
  graph.set_input(&node, 1, graph.add_constant("thresholds", Tensor({rows, count}, std::move(thresholds))));
}

}  // namespace

const Node& source_of(const Node& quantizer) {
  const Node* node = quantizer.producer(0);
  while (node->is<Relu>() || node->is<Clip>() || moves_elements(*node)) node = node->producer(0);
  return *node;
}

Graph with_other_quantizers(const Graph& qdq, RandomStream& random) {
  Graph accepted = qdq.clone();
  for (std::size_t i = 0; i < qdq.nodes_of<Quantize>().size(); ++i) {
    Graph graph = accepted.clone();
    const std::string name = qdq.nodes_of<Quantize>()[i]->name();
    Node* node = nullptr;
    for (Node* candidate : graph.nodes())
      if (candidate->name() == name) node = candidate;
    if (!node->producer(0) || between(random, 0, 2) == 0) continue;
    if (between(random, 0, 1))
      make_trunc(graph, *node, random);
    else
      make_thresholds(graph, *node, random);
    try {
      graph.infer_types();
      lower(graph);
    } catch (const InputError&) {
      continue;  // has no integer form; `lower` says so, which other tests see to
    }
    accepted = std::move(graph);
  }
  verify(accepted);
  return accepted;
}

}  // namespace bitloom::test_networks
