#include "ir/ops/matmul.h"

#include <algorithm>

#include "ir/ops/check.h"
#include "ir/ops/integer_arithmetic.h"

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

double multiply_add(double sum, float a, float b) { return sum + double{a} * b; }
std::int64_t multiply_add(std::int64_t sum, std::int64_t a, std::int64_t b) { return ops::wrapping_add(sum, ops::wrapping_multiply(a, b)); }

template <class T>
T stored(double sum, ElementType) {
  return static_cast<T>(sum);
}
template <class T>
T stored(std::int64_t sum, ElementType element) {
  return static_cast<T>(ops::wrapped(sum, element));
}

/// `Sum` is double or std::int64_t.
template <class T, class Sum>
void multiply(const Tensor& a_tensor, const Tensor& b_tensor, Tensor& output) {
  const Product product(a_tensor.shape(), b_tensor.shape());
  const Shape batch = batch_shape(product);
  const std::int64_t rows = product.rows(), inner = product.inner(), columns = product.columns(), matrices = batch.elements();
  std::vector<Sum> sums(static_cast<std::size_t>(columns));
  for (std::int64_t m = 0; m < matrices; ++m) {
    const T* a = a_tensor.values<T>().data() + matrix_of(product, product.a, batch, m) * rows * inner;
    const T* b = b_tensor.values<T>().data() + matrix_of(product, product.b, batch, m) * inner * columns;
    T* y = output.values<T>().data() + m * rows * columns;
    for (std::int64_t i = 0; i < rows; ++i) {
      std::ranges::fill(sums, Sum{0});
      for (std::int64_t k = 0; k < inner; ++k)
        for (std::int64_t j = 0; j < columns; ++j) {
          Sum& sum = sums[static_cast<std::size_t>(j)];
          sum = multiply_add(sum, a[i * inner + k], b[k * columns + j]);
        }
      std::ranges::transform(sums, y + i * columns, [&](Sum sum) { return stored<T>(sum, output.type().element); });
    }
  }
}

}  // namespace

std::span<const OperandInfo> MatMul::operands() const {
  static constexpr OperandInfo kOperands[] = {{"a", OperandRole::kParameter}, {"b", OperandRole::kParameter}};
  return kOperands;
}

std::vector<TensorType> MatMul::infer(const Node& node) const {
  const ElementType a = ops::plain_operand(node, 0).element, b = ops::plain_operand(node, 1).element;
  ops::require(a == b, node, "operands are " + to_string(a) + " and " + to_string(b), "cast one of them");
  ops::require(a.is_float || a == ElementType::int32() || a == ElementType::int64(), node, "operands are " + to_string(a),
               "cast them to int32, or to float32");
  return {{ops::matrix_product_shape(node), a, {}}};
}

void MatMul::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  if (inputs[0]->is_float())
    multiply<float, double>(*inputs[0], *inputs[1], outputs[0]);
  else if (inputs[0]->is_int64())
    multiply<std::int64_t, std::int64_t>(*inputs[0], *inputs[1], outputs[0]);
  else
    multiply<std::int32_t, std::int64_t>(*inputs[0], *inputs[1], outputs[0]);
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

Shape ops::matrix_product_shape(const Node& node) {
  const Shape &a = operand(node, 0).shape, &b = operand(node, 1).shape;
  require(a.rank() >= 1 && b.rank() >= 1, node, "an operand is a scalar", "multiply by it element by element");
  const Product product(a, b);
  bool agrees = product.inner() == product.b[product.b.rank() - 2];
  for (int axis = 0; axis < product.batch_rank; ++axis) {
    const std::int64_t of_a = product.batch(product.a, axis), of_b = product.batch(product.b, axis);
    agrees = agrees && (of_a == of_b || of_a == 1 || of_b == 1);
  }
  require(agrees, node, "matrices " + to_string(a) + " and " + to_string(b) + " have no product", "make a's columns as many as b's rows");
  std::vector<std::int64_t> dims = batch_shape(product).dims();
  if (a.rank() > 1) dims.push_back(product.rows());
  if (b.rank() > 1) dims.push_back(product.columns());
  return Shape(std::move(dims));
}

}  // namespace bitloom
