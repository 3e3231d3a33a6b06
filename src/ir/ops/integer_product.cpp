#include "ir/ops/integer_product.h"

#include <algorithm>

#include "ir/ops/broadcast.h"
#include "ir/ops/check.h"
#include "ir/ops/matmul.h"

namespace bitloom {
namespace {

using ops::require;

constexpr int kFirstZeroPoint = 2;  // operand: factor i has its zero point at kFirstZeroPoint + i

void check_factors(const Node& node) {
  for (int i = 0; i < 2; ++i) {
    const ElementType element = ops::integer_operand(node, i).element;
    require(element.bits <= 8, node, "a factor is " + to_string(element), "use integers of at most 8 bits");
    const TensorType* zero_point = ops::optional_operand(node, kFirstZeroPoint + i);
    require(!zero_point || zero_point->element == element, node,
            "a zero point is " + (zero_point ? to_string(zero_point->element) : "") + " beside a factor of " + to_string(element),
            "give both the same type");
  }
}

/// Whether a zero point of shape `given` is repeated along the axes of a factor of shape `factor`, and adds none.
bool fits(const Shape& given, const Shape& factor) {
  if (given.rank() > factor.rank()) return false;
  for (int i = 1; i <= given.rank(); ++i)
    if (given[given.rank() - i] != 1 && given[given.rank() - i] != factor[factor.rank() - i]) return false;
  return true;
}

/// x - zero_point as int32.
Tensor centred(const Tensor& x, const Tensor* zero_point) {
  Tensor result(TensorType{x.shape(), ElementType::int32(), Quantization{{1}, 0, -1}});
  const auto from = x.integers();
  const auto to = result.integers();
  if (!zero_point) {
    std::ranges::copy(from, to.begin());
    return result;
  }
  const auto zeros = zero_point->integers();
  ops::for_broadcast<2>(x.shape(), {x.shape(), zero_point->shape()},
                        [&](std::size_t i, const auto& at) { to[i] = from[at[0]] - zeros[at[1]]; });
  return result;
}

const Tensor* optional_input(std::span<const Tensor* const> inputs, std::size_t i) { return i < inputs.size() ? inputs[i] : nullptr; }

/// Images do not stack where a zero point is computed from them: each has its own.
bool zero_points_stay(const Node& node) {
  for (int i = kFirstZeroPoint; i < static_cast<int>(node.inputs().size()); ++i)
    if (node.input(i) && ops::changes_with_the_image(*node.input(i))) return false;
  return true;
}

}  // namespace

std::span<const OperandInfo> MatMulInteger::operands() const {
  static constexpr OperandInfo kOperands[] = {{"a"},
                                              {"b", OperandRole::kParameter},
                                              {"a_zero_point", OperandRole::kData, /*optional=*/true},
                                              {"b_zero_point", OperandRole::kData, /*optional=*/true}};
  return kOperands;
}

std::vector<TensorType> MatMulInteger::infer(const Node& node) const {
  check_factors(node);
  for (int i = 0; i < 2; ++i)
    if (const TensorType* zero_point = ops::optional_operand(node, kFirstZeroPoint + i))
      require(fits(zero_point->shape, node.input(i)->shape()), node,
              "a zero point of shape " + to_string(zero_point->shape) + " for a matrix " + to_string(node.input(i)->shape()),
              "give one number, one per row of a (Mx1), or one per column of b");
  return {{ops::matrix_product_shape(node), ElementType::int32(), {}}};
}

void MatMulInteger::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Tensor a = centred(*inputs[0], optional_input(inputs, 2)), b = centred(*inputs[1], optional_input(inputs, 3));
  const Tensor* factors[] = {&a, &b};
  MatMul{}.evaluate(factors, outputs);
}

bool MatMulInteger::stacks_images(const Node& node) const { return zero_points_stay(node) && MatMul{}.stacks_images(node); }

std::int64_t MatMulInteger::macs(const Node& node) const { return MatMul{}.macs(node); }

std::span<const OperandInfo> ConvInteger::operands() const {
  static constexpr OperandInfo kOperands[] = {{"x"},
                                              {"weights", OperandRole::kParameter},
                                              {"x_zero_point", OperandRole::kData, /*optional=*/true},
                                              {"w_zero_point", OperandRole::kData, /*optional=*/true}};
  return kOperands;
}

std::vector<TensorType> ConvInteger::infer(const Node& node) const {
  check_factors(node);
  const TensorType *zx = ops::optional_operand(node, 2), *zw = ops::optional_operand(node, 3);
  require(!zx || zx->shape.elements() == 1, node, "x_zero_point has shape " + (zx ? to_string(zx->shape) : ""), "give one number");
  const Shape shape = geometry.output_shape(node);
  require(!zw || zw->shape.elements() == 1 || zw->shape == Shape{shape[1]}, node,
          "w_zero_point has shape " + (zw ? to_string(zw->shape) : "") + " for " + std::to_string(shape[1]) + " output channels",
          "give one number, or one per output channel");
  return {{shape, ElementType::int32(), {}}};
}

void ConvInteger::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const auto laid_along_axis_0 = [](const Tensor* zero_point) {
    Tensor zeros = *zero_point;
    zeros.reshape({zeros.elements(), 1, 1, 1});
    return zeros;
  };
  const Tensor* zero_point = optional_input(inputs, 3);
  const Tensor zeros = zero_point ? laid_along_axis_0(zero_point) : Tensor();
  const Tensor x = centred(*inputs[0], optional_input(inputs, 2)), w = centred(*inputs[1], zero_point ? &zeros : nullptr);
  const Tensor* factors[] = {&x, &w};
  geometry.evaluate(factors, outputs);
}

bool ConvInteger::stacks_images(const Node& node) const { return zero_points_stay(node); }

}  // namespace bitloom
