#include "passes/quantize/fake_quantize.h"

#include <algorithm>
#include <memory>

#include "ir/ops/quantization.h"
#include "passes/insertion.h"

namespace bitloom {
namespace {

Tensor evaluate(const Op& op, const Tensor& x, TensorType type) {
  const Tensor* inputs[] = {&x};
  Tensor outputs[] = {Tensor(std::move(type))};
  op.evaluate(inputs, outputs);
  return std::move(outputs[0]);
}

bool is_parameter(const Value& value) {
  return std::ranges::any_of(value.consumers(), [&](const Node* node) {
    for (std::size_t i = 0; i < node->inputs().size(); ++i)
      if (node->inputs()[i] == &value && node->op().operands()[i].role == OperandRole::kParameter) return true;
    return false;
  });
}

bool is_quantized_parameter(const Value& constant) {
  if (constant.type().element.is_float || !constant.type().quantization || constant.consumers().empty()) return false;
  const auto is_dequantize = [](const Node* node) { return node->is<Dequantize>(); };
  return std::ranges::all_of(constant.consumers(), is_dequantize) &&
         std::ranges::any_of(constant.consumers(), [](const Node* node) { return is_parameter(*node->output()); });
}

Quantize quantizer_of(const Tensor& integers) {
  Quantize op;
  op.element = integers.type().element;
  op.quantization = *integers.type().quantization;
  if (op.element.bits == 1) return op;
  const auto [low, high] = std::ranges::minmax(integers.integers());
  op.narrow = low >= lowest(op.element, true) && high <= highest(op.element, true);
  return op;
}

}  // namespace

int fake_quantize_parameters(Graph& graph) {
  int count = 0;
  for (Value* constant : graph.constants()) {
    if (!is_quantized_parameter(*constant)) continue;
    const Quantize op = quantizer_of(constant->constant());
    const std::vector<Node*> dequantizes = constant->consumers();
    Node* before = first_consumer(graph, *constant);
    constant->set_constant(evaluate(Dequantize{}, constant->constant(), {constant->shape(), ElementType::float32(), {}}));
    Value* integers = graph.insert_node(before, constant->name() + ".quantize", std::make_unique<Quantize>(op), {constant})->output();
    for (Node* dequantize : dequantizes) graph.set_input(dequantize, 0, integers);
    ++count;
  }
  return count;
}

int freeze_quantized_parameters(Graph& graph) {
  int count = 0;
  for (Node* node : graph.nodes_of<Quantize>()) {
    Value* constant = node->input(0);
    if (!constant->is_constant()) continue;
    Tensor integers = evaluate(node->op(), constant->constant(), node->output()->type());
    if (constant->consumers().size() == 1) {
      graph.replace_all_uses(node->output(), constant);
      constant->set_constant(std::move(integers));  // which the node reads, too, until it is erased below
    } else {
      graph.replace_all_uses(node->output(), graph.add_constant(constant->name() + ".integers", std::move(integers)));
    }
    ++count;
  }
  graph.erase_dead_nodes();
  return count;
}

}  // namespace bitloom
