#include "ir/ops/pool2d.h"

#include <algorithm>
#include <limits>

#include "ir/ops/check.h"

namespace bitloom {
namespace {

constexpr OperandInfo kUnary[] = {{"x"}};

/// Writes y[n,c,i,j] = reduce(positions of x[n,c] that the window at (i, j) covers), where `reduce` gets the top left of them and their
/// number of rows and columns; a row of x is x.w elements long.
template <class T, class Reduce>
void reduce_windows(const PoolWindow& window, const Tensor& input, Tensor& output, Reduce reduce) {
  const View4<const T> x = view4<T>(input);
  const View4<T> y = view4<T>(output);
  for (std::int64_t n = 0; n < y.n; ++n)
    for (std::int64_t c = 0; c < y.c; ++c)
      for (std::int64_t i = 0; i < y.h; ++i) {
        const std::int64_t top = i * window.stride_h - window.pad_top;
        const std::int64_t first_row = std::max<std::int64_t>(top, 0), rows = std::min(top + window.kernel_h, x.h) - first_row;
        for (std::int64_t j = 0; j < y.w; ++j) {
          const std::int64_t left = j * window.stride_w - window.pad_left;
          const std::int64_t first_column = std::max<std::int64_t>(left, 0), columns = std::min(left + window.kernel_w, x.w) - first_column;
          y(n, c, i, j) = reduce(&x(n, c, first_row, first_column), rows, columns, x.w);
        }
      }
}

template <class T>
T largest(const T* x, std::int64_t rows, std::int64_t columns, std::int64_t pitch) {
  T best = *x;
  for (std::int64_t u = 0; u < rows; ++u)
    for (std::int64_t v = 0; v < columns; ++v)
      if (const T value = x[u * pitch + v]; value > best || value != value) best = value;  // a NaN wins and stays, to be seen
  return best;
}

template <class T, class Sum>
Sum total(const T* x, std::int64_t rows, std::int64_t columns, std::int64_t pitch) {
  Sum sum = 0;
  for (std::int64_t u = 0; u < rows; ++u)
    for (std::int64_t v = 0; v < columns; ++v) sum += x[u * pitch + v];
  return sum;
}

}  // namespace

Attributes PoolWindow::attributes() const {
  Attributes list{{"kernel", std::vector<std::int64_t>{kernel_h, kernel_w}}, {"strides", std::vector<std::int64_t>{stride_h, stride_w}}};
  if (pad_top || pad_left || pad_bottom || pad_right)
    list.emplace_back("pads", std::vector<std::int64_t>{pad_top, pad_left, pad_bottom, pad_right});
  return list;
}

Shape PoolWindow::output_shape(const Node& node, const Shape& x) const {
  const std::string kernel = std::to_string(kernel_h) + "x" + std::to_string(kernel_w);
  ops::require(x.rank() == 4, node, "input has shape " + to_string(x), "feed it a tensor NxCxHxW");
  ops::require(kernel_h >= 1 && kernel_w >= 1, node, "kernel " + kernel, "use at least 1x1");
  ops::require(stride_h >= 1 && stride_w >= 1, node, "strides " + std::to_string(stride_h) + ", " + std::to_string(stride_w),
               "use at least 1");
  const auto [least_h, most_h] = std::minmax(pad_top, pad_bottom);
  const auto [least_w, most_w] = std::minmax(pad_left, pad_right);
  ops::require(std::min(least_h, least_w) >= 0, node, "a pad is negative", "crop the input instead");
  ops::require(most_h < kernel_h && most_w < kernel_w, node,
               "pads " + std::to_string(most_h) + ", " + std::to_string(most_w) + " reach the size of the kernel " + kernel,
               "use pads below it, so that every window covers some input");
  const std::int64_t h = x[2] + pad_top + pad_bottom, w = x[3] + pad_left + pad_right;
  ops::require(kernel_h <= h && kernel_w <= w, node,
               "kernel " + kernel + " exceeds the padded input " + std::to_string(h) + "x" + std::to_string(w),
               "use a smaller kernel or more padding");
  return {x[0], x[1], (h - kernel_h) / stride_h + 1, (w - kernel_w) / stride_w + 1};
}

std::span<const OperandInfo> MaxPool2d::operands() const { return kUnary; }

std::vector<TensorType> MaxPool2d::infer(const Node& node) const {
  TensorType type = ops::operand(node, 0);
  ops::require(type.element.bits <= 32, node, "operand 'x' is " + to_string(type.element), "feed it floats or quantized values");
  type.shape = window.output_shape(node, type.shape);
  return {std::move(type)};
}

void MaxPool2d::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  if (inputs[0]->is_float())
    reduce_windows<float>(window, *inputs[0], outputs[0], largest<float>);
  else
    reduce_windows<std::int32_t>(window, *inputs[0], outputs[0], largest<std::int32_t>);
}

std::span<const OperandInfo> AveragePool2d::operands() const { return kUnary; }

Attributes AveragePool2d::attributes() const {
  Attributes list = window.attributes();
  if (count_include_pad) list.emplace_back("count_include_pad", std::int64_t{1});
  return list;
}

std::vector<TensorType> AveragePool2d::infer(const Node& node) const {
  const TensorType& x = ops::float_operand(node, 0);
  return {{window.output_shape(node, x.shape), ElementType::float32(), {}}};
}

void AveragePool2d::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const std::int64_t area = std::int64_t{window.kernel_h} * window.kernel_w;
  reduce_windows<float>(window, *inputs[0], outputs[0], [&](const float* x, std::int64_t rows, std::int64_t columns, std::int64_t pitch) {
    const std::int64_t count = count_include_pad ? area : rows * columns;
    return static_cast<float>(total<float, double>(x, rows, columns, pitch) / static_cast<double>(count));
  });
}

std::span<const OperandInfo> SumPool2d::operands() const { return kUnary; }

std::vector<TensorType> SumPool2d::infer(const Node& node) const {
  const TensorType& x = ops::integer_operand(node, 0);
  ops::require(x.quantization && !x.quantization->per_channel(), node, "input is not quantized per tensor",
               "give it one scale and zero point");
  const float area = static_cast<float>(window.kernel_h) * static_cast<float>(window.kernel_w);
  return {{window.output_shape(node, x.shape), ElementType::int32(), Quantization{{x.quantization->scales.front() / area}, 0, -1}}};
}

void SumPool2d::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const std::int64_t zero = inputs[0]->type().quantization->zero_point;
  reduce_windows<std::int32_t>(
      window, *inputs[0], outputs[0], [&](const std::int32_t* x, std::int64_t rows, std::int64_t columns, std::int64_t pitch) {
        const std::int64_t sum = total<std::int32_t, std::int64_t>(x, rows, columns, pitch) - zero * rows * columns;
        return ops::stored<std::int32_t>(sum, kName);
      });
}

}  // namespace bitloom
