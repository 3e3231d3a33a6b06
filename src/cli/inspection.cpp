#include "cli/inspection.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "ir/ops/conv2d.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "passes/fold/fold_batch_norm.h"
#include "passes/lower/integer_form.h"
#include "passes/lower/lower.h"
#include "passes/lower/value_range.h"

namespace bitloom::cli {
namespace {

/// The constant that an operand is, also when it stands behind Quantize and Dequantize; null for data.
const Value* parameter_of(const Node& node, int i) {
  if (node.op().operands()[static_cast<std::size_t>(i)].role != OperandRole::kParameter) return nullptr;
  const Value* value = node.input(i);
  while (value && value->producer() && (value->producer()->is<Quantize>() || value->producer()->is<Dequantize>()))
    value = value->producer()->input(0);
  return value && value->is_constant() ? value : nullptr;
}

std::string window_text(std::int64_t kernel_h, std::int64_t kernel_w, int stride_h, int stride_w) {
  std::string text = fmt::format("{}x{}", kernel_h, kernel_w);
  if (stride_h != stride_w) return text + fmt::format(" stride {}x{}", stride_h, stride_w);
  return stride_h == 1 ? text : text + fmt::format(" stride {}", stride_h);
}

std::string window_text(const PoolWindow& window) {
  return window_text(window.kernel_h, window.kernel_w, window.stride_h, window.stride_w);
}

std::string geometry_of(const Node& node) {
  if (const auto* conv = node.as<Conv2d>()) {
    const Shape& w = node.input(1)->shape();
    const std::string text = window_text(w[2], w[3], conv->stride_h, conv->stride_w);
    return conv->groups == 1 ? text : text + fmt::format(" groups {}", conv->groups);
  }
  if (const auto* pool = node.as<MaxPool2d>()) return window_text(pool->window);
  if (const auto* pool = node.as<AveragePool2d>()) return window_text(pool->window);
  if (const auto* pool = node.as<SumPool2d>()) return window_text(pool->window);
  return {};
}

/// Bits of the narrowest two's complement that holds both ends.
int signed_bits(const IntegerRange& range) {
  const auto magnitude = static_cast<std::uint64_t>(std::max(range.high, -(range.low + 1)));
  return static_cast<int>(std::bit_width(magnitude)) + 1;
}

}  // namespace

LayerInfo describe_layer(const Node& node) {
  LayerInfo layer;
  layer.name = node.name();
  layer.op = node.op().name();
  layer.geometry = geometry_of(node);
  layer.output = node.output()->shape();
  layer.macs = node.macs();
  layer.element = node.output()->type().element;
  for (int i = 0; i < static_cast<int>(node.inputs().size()); ++i)
    if (const Value* parameter = parameter_of(node, i)) {
      layer.parameters += parameter->shape().elements();
      if (i == 1) layer.weight_bits = parameter->type().element.bits;
    }
  const bool is_sum = node.is<Conv2d>() || node.is<Gemm>() || node.is<SumPool2d>();
  if (is_sum && !layer.element.is_float) layer.accumulator_bits = signed_bits(value_range(*node.output()));
  return layer;
}

Inspection inspect(const Graph& model, const Graph* integer_graph) {
  Inspection inspection;
  inspection.quantized = !model.nodes_of<Quantize>().empty();
  Graph folded = model.clone();
  fold_batch_norm(folded);
  inspection.stays_float = nodes_without_integer_form(folded);
  const Graph& shown = integer_graph ? *integer_graph : model;
  for (const Node* node : shown.nodes())
    if (!node->is<Quantize>() && !node->is<Dequantize>()) inspection.layers.push_back(describe_layer(*node));
  inspection.parameters = shown.parameters();
  inspection.macs = shown.macs();
  inspection.bytes = parameter_bytes(shown);
  return inspection;
}

}  // namespace bitloom::cli
