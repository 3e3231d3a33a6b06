#include "ir/ops/lrn.h"

#include <algorithm>
#include <cmath>

#include "ir/ops/check.h"

namespace bitloom {

std::span<const OperandInfo> Lrn::operands() const {
  static constexpr OperandInfo kOperands[] = {{"x"}};
  return kOperands;
}

Attributes Lrn::attributes() const {
  return {{"size", std::int64_t{size}}, {"alpha", double{alpha}}, {"beta", double{beta}}, {"bias", double{bias}}};
}

std::vector<TensorType> Lrn::infer(const Node& node) const {
  const Shape& x = ops::float_operand(node, 0).shape;
  ops::require(x.rank() >= 2, node, "input has shape " + to_string(x), "feed it a tensor NxCx...");
  ops::require(size >= 1, node, "size " + std::to_string(size), "use at least 1 channel");
  ops::require(std::isfinite(alpha) && std::isfinite(beta) && std::isfinite(bias), node,
               "alpha, beta or bias is not a number", "use numbers");
  return {{x, ElementType::float32(), {}}};
}

void Lrn::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape& shape = inputs[0]->shape();
  const std::int64_t channels = shape[1], before = (size - 1) / 2, after = size - 1 - before;
  if (shape.elements() == 0) return;
  const std::int64_t inner = shape.elements() / (shape[0] * channels);
  for (std::int64_t n = 0; n < shape[0]; ++n) {
    const float* x = inputs[0]->floats().data() + n * channels * inner;
    float* y = outputs[0].floats().data() + n * channels * inner;
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t i = 0; i < inner; ++i) {
        double squares = 0;
        for (std::int64_t k = std::max<std::int64_t>(c - before, 0); k <= std::min(c + after, channels - 1); ++k)
          squares += double{x[k * inner + i]} * x[k * inner + i];
        y[c * inner + i] =
            static_cast<float>(x[c * inner + i] / std::pow(bias + double{alpha} / size * squares, double{beta}));
      }
  }
}

double Lrn::steps(const Node& node) const {
  return Op::steps(node) * static_cast<double>(std::min<std::int64_t>(size, node.input(0)->shape()[1]));
}

}  // namespace bitloom
