#include "ir/ops/gemm.h"

#include "ir/ops/check.h"

namespace bitloom {
namespace {

using ops::require;

template <class T, class Sum>
void multiply(const Tensor& x, const Tensor& w, const Tensor* bias, Sum zero, Tensor& y) {
  const std::int64_t rows = x.shape()[0], inputs = x.shape()[1], outputs = w.shape()[0];
  const T *x_data = x.values<T>().data(), *w_data = w.values<T>().data(), *b = bias ? bias->values<T>().data() : nullptr;
  T* out = y.values<T>().data();
  for (std::int64_t n = 0; n < rows; ++n)
    for (std::int64_t m = 0; m < outputs; ++m) {
      const T *a = x_data + n * inputs, *weights = w_data + m * inputs;
      Sum sum = b ? Sum{b[m]} : Sum{0};
      for (std::int64_t k = 0; k < inputs; ++k) sum += (Sum{a[k]} - zero) * Sum{ops::distance_from_zero(weights[k], w, m)};
      out[n * outputs + m] = ops::stored<T>(sum, Gemm::kName);
    }
}

}  // namespace

std::span<const OperandInfo> Gemm::operands() const {
  static constexpr OperandInfo kOperands[] = {
      {"x"}, {"weights", OperandRole::kParameter}, {"bias", OperandRole::kParameter, /*optional=*/true}};
  return kOperands;
}

std::vector<TensorType> Gemm::infer(const Node& node) const {
  const TensorType &x = ops::operand(node, 0), &w = ops::operand(node, 1);
  require(x.shape.rank() == 2, node, "input has shape " + to_string(x.shape), "put a Flatten before it");
  require(w.shape.rank() == 2, node, "weights have shape " + to_string(w.shape), "give weights OUTxIN");
  require(x.shape[1] == w.shape[1], node,
          "input has " + std::to_string(x.shape[1]) + " features, weights " + to_string(w.shape) + " take " + std::to_string(w.shape[1]),
          "make the two agree");
  return {ops::weighted_sum_type(node, {x.shape[0], w.shape[0]})};
}

void Gemm::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Tensor* bias = inputs.size() > 2 ? inputs[2] : nullptr;
  if (inputs[0]->is_float())
    multiply<float, double>(*inputs[0], *inputs[1], bias, 0, outputs[0]);
  else
    multiply<std::int32_t, std::int64_t>(*inputs[0], *inputs[1], bias, inputs[0]->type().quantization->zero_point, outputs[0]);
}

/// An image is one row, but where a Reshape has made more of it, as is a constant x.
std::int64_t Gemm::macs(const Node& node) const { return node.input(0)->shape()[0] * node.input(1)->shape().elements(); }

}  // namespace bitloom
