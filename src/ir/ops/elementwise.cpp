#include "ir/ops/elementwise.h"

#include <algorithm>
#include <cmath>

#include "ir/ops/check.h"

namespace bitloom {
namespace {

constexpr OperandInfo kUnary[] = {{"x"}};
constexpr OperandInfo kBinary[] = {{"a"}, {"b"}};

TensorType float_like(const Node& node) { return {ops::float_operand(node, 0).shape, ElementType::float32(), {}}; }

}  // namespace

std::span<const OperandInfo> Relu::operands() const { return kUnary; }

std::vector<TensorType> Relu::infer(const Node& node) const {
  const TensorType& x = ops::operand(node, 0);
  ops::require(x.element.bits <= 32, node, "operand 'x' is " + to_string(x.element), "feed it floats or quantized values");
  return {x};
}

void Relu::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Tensor& x = *inputs[0];
  if (x.is_float()) {
    // The comparison is false for NaN, which so passes through instead of turning into a number.
    std::transform(x.floats().begin(), x.floats().end(), outputs[0].floats().begin(), [](float v) { return v < 0 ? 0.0f : v; });
  } else {
    const std::int32_t zero = x.type().quantization ? x.type().quantization->zero_point : 0;
    std::transform(x.integers().begin(), x.integers().end(), outputs[0].integers().begin(),
                   [zero](std::int32_t v) { return std::max(v, zero); });
  }
}

std::span<const OperandInfo> Tanh::operands() const { return kUnary; }
std::vector<TensorType> Tanh::infer(const Node& node) const { return {float_like(node)}; }
float Tanh::apply(float x) { return static_cast<float>(std::tanh(double{x})); }
void Tanh::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  std::transform(inputs[0]->floats().begin(), inputs[0]->floats().end(), outputs[0].floats().begin(), apply);
}

std::span<const OperandInfo> Sigmoid::operands() const { return kUnary; }
std::vector<TensorType> Sigmoid::infer(const Node& node) const { return {float_like(node)}; }
float Sigmoid::apply(float x) { return static_cast<float>(1 / (1 + std::exp(-double{x}))); }
void Sigmoid::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  std::transform(inputs[0]->floats().begin(), inputs[0]->floats().end(), outputs[0].floats().begin(), apply);
}

std::span<const OperandInfo> Add::operands() const { return kBinary; }

std::vector<TensorType> Add::infer(const Node& node) const {
  const Shape &a = ops::float_operand(node, 0).shape, &b = ops::float_operand(node, 1).shape;
  ops::require(a == b, node, "adds " + to_string(a) + " and " + to_string(b), "give both the same shape; there is no broadcasting");
  return {float_like(node)};
}

void Add::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  std::transform(inputs[0]->floats().begin(), inputs[0]->floats().end(), inputs[1]->floats().begin(), outputs[0].floats().begin(),
                 [](float a, float b) { return a + b; });
}

}  // namespace bitloom
