#include "ir/ops/matmul.h"

#include <algorithm>

#include "ir/ops/check.h"

namespace bitloom {
namespace {

/// The shapes of a product as matrices: operands of rank 1 have got their second axis.
struct Product {
  Shape a, b;
  int batch_rank;  ///< axes before the last two in y

  Product(const Shape& given_a, const Shape& given_b) {
    std::vector<std::int64_t> rows = given_a.dims(), columns = given_b.dims();
    if (rows.size() == 1) rows.insert(rows.begin(), 1);
    if (columns.size() == 1) columns.push_back(1);
    a = Shape(std::move(rows)), b = Shape(std::move(columns));
    batch_rank = std::max(a.rank(), b.rank()) - 2;
  }

  std::int64_t rows() const { return a[a.rank() - 2]; }
  std::int64_t inner() const { return a[a.rank() - 1]; }
  std::int64_t columns() const { return b[b.rank() - 1]; }

  /// Length of batch axis `axis` of y in one operand; 1 where it has no such axis.
  std::int64_t batch(const Shape& operand, int axis) const {
    const int own = axis - (batch_rank + 2 - operand.rank());
    return own < 0 ? 1 : operand[own];
  }
};

/// Index of the matrix of `operand` that the matrix of y at index `at` is computed from.
std::int64_t matrix_of(const Product& product, const Shape& operand, const Shape& batch, std::int64_t at) {
  std::int64_t index = 0, step = 1;
  for (int axis = product.batch_rank - 1; axis >= 0; --axis) {
    const std::int64_t length = product.batch(operand, axis);
    if (length != 1) index += at % batch[axis] * step;
    step *= length;
    at /= batch[axis];
  }
  return index;
}

Shape batch_shape(const Product& product) {
  std::vector<std::int64_t> dims;
  for (int axis = 0; axis < product.batch_rank; ++axis) {
    const std::int64_t of_a = product.batch(product.a, axis), of_b = product.batch(product.b, axis);
    dims.push_back(of_a == 1 ? of_b : of_a);
  }
  return Shape(std::move(dims));
}

}  // namespace

std::span<const OperandInfo> MatMul::operands() const {
  static constexpr OperandInfo kOperands[] = {{"a", OperandRole::kParameter}, {"b", OperandRole::kParameter}};
  return kOperands;
}

std::vector<TensorType> MatMul::infer(const Node& node) const {
  const Shape &a = ops::float_operand(node, 0).shape, &b = ops::float_operand(node, 1).shape;
  ops::require(a.rank() >= 1 && b.rank() >= 1, node, "an operand is a scalar", "multiply by it element by element");
  const Product product(a, b);
  bool agrees = product.inner() == product.b[product.b.rank() - 2];
  for (int axis = 0; axis < product.batch_rank; ++axis) {
    const std::int64_t of_a = product.batch(product.a, axis), of_b = product.batch(product.b, axis);
    agrees = agrees && (of_a == of_b || of_a == 1 || of_b == 1);
  }
  ops::require(agrees, node, "matrices " + to_string(a) + " and " + to_string(b) + " have no product",
               "make a's columns as many as b's rows");
  std::vector<std::int64_t> dims = batch_shape(product).dims();
  if (a.rank() > 1) dims.push_back(product.rows());
  if (b.rank() > 1) dims.push_back(product.columns());
  return {{Shape(std::move(dims)), ElementType::float32(), {}}};
}

void MatMul::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Product product(inputs[0]->shape(), inputs[1]->shape());
  const Shape batch = batch_shape(product);
  const std::int64_t rows = product.rows(), inner = product.inner(), columns = product.columns(),
                     matrices = batch.elements();
  std::vector<double> sums(static_cast<std::size_t>(columns));
  for (std::int64_t m = 0; m < matrices; ++m) {
    const float* a = inputs[0]->floats().data() + matrix_of(product, product.a, batch, m) * rows * inner;
    const float* b = inputs[1]->floats().data() + matrix_of(product, product.b, batch, m) * inner * columns;
    float* y = outputs[0].floats().data() + m * rows * columns;
    for (std::int64_t i = 0; i < rows; ++i) {
      std::ranges::fill(sums, 0);
      for (std::int64_t k = 0; k < inner; ++k)
        for (std::int64_t j = 0; j < columns; ++j)
          sums[static_cast<std::size_t>(j)] += double{a[i * inner + k]} * b[k * columns + j];
      std::ranges::transform(sums, y + i * columns, [](double sum) { return static_cast<float>(sum); });
    }
  }
}

/// Each operand that differs from image to image must bring its axis 0 to y's axis 0 as it is.
bool MatMul::stacks_images(const Node& node) const {
  const Product product(node.input(0)->shape(), node.input(1)->shape());
  const Shape& y = node.output()->shape();
  const auto carries = [&](const Value& operand, int least_rank) {
    const Shape& shape = operand.shape();
    return !ops::changes_with_the_image(operand) ||
           (shape.rank() >= least_rank && shape.rank() == product.batch_rank + 2 && shape[0] == y[0]);
  };
  return carries(*node.input(0), 2) && carries(*node.input(1), 3);
}

std::int64_t MatMul::macs(const Node& node) const {
  const Product product(node.input(0)->shape(), node.input(1)->shape());
  return batch_shape(product).elements() * product.rows() * product.inner() * product.columns();
}

}  // namespace bitloom
