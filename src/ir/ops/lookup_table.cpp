#include "ir/ops/check.h"
#include "ir/ops/quantization.h"

namespace bitloom {
namespace {

constexpr OperandInfo kUnary[] = {{"x"}};
constexpr int kMaxBits = 16;

}  // namespace

std::span<const OperandInfo> LookupTable::operands() const { return kUnary; }

Attributes LookupTable::attributes() const { return {{"entries", static_cast<std::int64_t>(table.size())}}; }

std::vector<TensorType> LookupTable::infer(const Node& node) const {
  const TensorType& x = ops::integer_operand(node, 0);
  ops::require(x.element.bits <= kMaxBits, node, "input is " + to_string(x.element), "requantize it to at most 16 bits");
  ops::require(table.size() == std::size_t{1} << x.element.bits, node,
               std::to_string(table.size()) + " entries for an input " + to_string(x.element),
               "give " + std::to_string(std::size_t{1} << x.element.bits));
  for (const std::int32_t entry : table)
    ops::require(entry >= element.min() && entry <= element.max(), node,
                 "entry " + std::to_string(entry) + " lies outside " + to_string(element), "clamp the table to the output type");
  ops::check_quantization(node, quantization, element, x.shape);
  return {{x.shape, element, quantization}};
}

void LookupTable::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const auto x = inputs[0]->integers();
  const auto y = outputs[0].integers();
  const std::int64_t least = inputs[0]->type().element.min();
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = table[static_cast<std::size_t>(x[i] - least)];
}

}  // namespace bitloom
