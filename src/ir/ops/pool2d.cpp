#include "ir/ops/pool2d.h"

#include <algorithm>
#include <limits>

#include "ir/ops/check.h"

namespace bitloom {
namespace {

constexpr OperandInfo kUnary[] = {{"x"}};

/// What a window covers of one axis of x: `count` positions from `first` on, a dilation apart.
struct Covered {
  std::int64_t first, count;
};

Covered covered(std::int64_t start, int kernel, int dilation, std::int64_t size) {
  const std::int64_t skipped = start < 0 ? (-start + dilation - 1) / dilation : 0;
  const std::int64_t end = start < size ? (size - 1 - start) / dilation + 1 : 0;
  return {start + skipped * dilation, std::max<std::int64_t>(std::min<std::int64_t>(kernel, end) - skipped, 0)};
}

/// The elements of x[n,c] that a window covers: `rows` rows of `columns` elements.
template <class T>
struct Patch {
  const T* first;
  std::int64_t rows, columns, row_step, column_step;
  const T& at(std::int64_t u, std::int64_t v) const { return first[u * row_step + v * column_step]; }
};

/// Writes y[n,c,i,j] = reduce(what the window at (i, j) covers of x[n,c]).
template <class T, class Reduce>
void reduce_windows(const PoolWindow& window, const Tensor& input, Tensor& output, Reduce reduce) {
  const View4<const T> x = view4<T>(input);
  const View4<T> y = view4<T>(output);
  for (std::int64_t n = 0; n < y.n; ++n)
    for (std::int64_t c = 0; c < y.c; ++c)
      for (std::int64_t i = 0; i < y.h; ++i) {
        const Covered rows = covered(i * window.stride_h - window.pad_top, window.kernel_h, window.dilation_h, x.h);
        for (std::int64_t j = 0; j < y.w; ++j) {
          const Covered columns =
              covered(j * window.stride_w - window.pad_left, window.kernel_w, window.dilation_w, x.w);
          const T* first = &x(n, c, rows.first, columns.first);
          y(n, c, i, j) =
              reduce(Patch<T>{first, rows.count, columns.count, window.dilation_h * x.w, window.dilation_w});
        }
      }
}

template <class T>
T largest(const Patch<T>& x) {
  T best = *x.first;
  for (std::int64_t u = 0; u < x.rows; ++u)
    for (std::int64_t v = 0; v < x.columns; ++v)
      if (const T value = x.at(u, v); value > best || value != value) best = value;  // a NaN wins and stays, to be seen
  return best;
}

template <class Sum, class T>
Sum total(const Patch<T>& x) {
  Sum sum = 0;
  for (std::int64_t u = 0; u < x.rows; ++u)
    for (std::int64_t v = 0; v < x.columns; ++v) sum += x.at(u, v);
  return sum;
}

/// Whether every window along one axis covers some of x, where the pads are below the window's extent. Only a dilated
/// window that begins before x can step over it.
bool all_cover(std::int64_t size, int kernel, int stride, int dilation, int before) {
  for (std::int64_t start = -before; start < 0; start += stride)
    if (covered(start, kernel, dilation, size).count == 0) return false;
  return true;
}

}  // namespace

Attributes PoolWindow::attributes() const {
  Attributes list{{"kernel", std::vector<std::int64_t>{kernel_h, kernel_w}},
                  {"strides", std::vector<std::int64_t>{stride_h, stride_w}}};
  if (pad_top || pad_left || pad_bottom || pad_right)
    list.emplace_back("pads", std::vector<std::int64_t>{pad_top, pad_left, pad_bottom, pad_right});
  if (is_dilated()) list.emplace_back("dilations", std::vector<std::int64_t>{dilation_h, dilation_w});
  return list;
}

Shape PoolWindow::output_shape(const Node& node, const Shape& x) const {
  const std::string kernel = std::to_string(kernel_h) + "x" + std::to_string(kernel_w);
  ops::require(x.rank() == 4, node, "input has shape " + to_string(x), "feed it a tensor NxCxHxW");
  ops::require(kernel_h >= 1 && kernel_w >= 1, node, "kernel " + kernel, "use at least 1x1");
  ops::require(stride_h >= 1 && stride_w >= 1, node,
               "strides " + std::to_string(stride_h) + ", " + std::to_string(stride_w), "use at least 1");
  ops::require(dilation_h >= 1 && dilation_w >= 1, node,
               "dilations " + std::to_string(dilation_h) + ", " + std::to_string(dilation_w), "use at least 1");
  ops::require(std::min({pad_top, pad_left, pad_bottom, pad_right}) >= 0, node, "a pad is negative",
               "crop the input instead");
  const std::int64_t extent_h = std::int64_t{dilation_h} * (kernel_h - 1) + 1,
                     extent_w = std::int64_t{dilation_w} * (kernel_w - 1) + 1;
  const int most_h = std::max(pad_top, pad_bottom), most_w = std::max(pad_left, pad_right);
  const std::string extent =
      std::to_string(extent_h) + "x" + std::to_string(extent_w) + (is_dilated() ? " (with dilation)" : "");
  ops::require(
      most_h < extent_h && most_w < extent_w, node,
      "pads " + std::to_string(most_h) + ", " + std::to_string(most_w) + " reach the size of the kernel " + extent,
      "use pads below it, so that every window covers some input");
  const std::int64_t h = x[2] + pad_top + pad_bottom, w = x[3] + pad_left + pad_right;
  ops::require(extent_h <= h && extent_w <= w, node,
               "kernel " + extent + " exceeds the padded input " + std::to_string(h) + "x" + std::to_string(w),
               "use a smaller kernel or more padding");
  ops::require(all_cover(x[2], kernel_h, stride_h, dilation_h, pad_top) &&
                   all_cover(x[3], kernel_w, stride_w, dilation_w, pad_left),
               node, "a window of the dilated kernel " + extent + " covers nothing but padding", "use smaller pads");
  return {x[0], x[1], (h - extent_h) / stride_h + 1, (w - extent_w) / stride_w + 1};
}

double PoolWindow::steps(const Node& node) const {
  const Shape& x = node.input(0)->shape();
  const auto covered_of = [](int kernel, std::int64_t size) { return static_cast<double>(std::clamp<std::int64_t>(size, 1, kernel)); };
  return static_cast<double>(node.output()->shape().elements()) * covered_of(kernel_h, x[2]) * covered_of(kernel_w, x[3]);
}

std::span<const OperandInfo> MaxPool2d::operands() const {
  return kUnary;
}

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

std::span<const OperandInfo> AveragePool2d::operands() const {
  return kUnary;
}

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
  reduce_windows<float>(window, *inputs[0], outputs[0], [&](const Patch<float>& x) {
    const std::int64_t count = count_include_pad ? area : x.rows * x.columns;
    return static_cast<float>(total<double>(x) / static_cast<double>(count));
  });
}

std::span<const OperandInfo> SumPool2d::operands() const {
  return kUnary;
}

std::vector<TensorType> SumPool2d::infer(const Node& node) const {
  const TensorType& x = ops::integer_operand(node, 0);
  ops::require(x.quantization && !x.quantization->per_channel(), node, "input is not quantized per tensor",
               "give it one scale and zero point");
  const float area = static_cast<float>(window.kernel_h) * static_cast<float>(window.kernel_w);
  return {{window.output_shape(node, x.shape), ElementType::int32(),
           Quantization{{x.quantization->scales.front() / area}, 0, -1}}};
}

void SumPool2d::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const std::int64_t zero = inputs[0]->type().quantization->zero_point;
  reduce_windows<std::int32_t>(window, *inputs[0], outputs[0], [&](const Patch<std::int32_t>& x) {
    return ops::stored<std::int32_t>(total<std::int64_t>(x) - zero * x.rows * x.columns, kName);
  });
}

}  // namespace bitloom
