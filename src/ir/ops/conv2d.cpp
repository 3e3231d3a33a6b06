#include "ir/ops/conv2d.h"

#include <algorithm>

#include "ir/ops/check.h"

namespace bitloom {
namespace {

using ops::require;

/// Length of the padded input and of the output along one spatial axis.
std::int64_t output_length(const Node& node, const char* axis, std::int64_t input, std::int64_t kernel, int stride, int dilation,
                           std::int64_t padding) {
  const std::int64_t extent = dilation * (kernel - 1) + 1;
  require(extent <= input + padding, node,
          std::string("kernel ") + axis + " " + std::to_string(extent) + " (with dilation) exceeds the padded input's " +
              std::to_string(input + padding),
          "use a smaller kernel or more padding");
  return (input + padding - extent) / stride + 1;
}

struct Range {
  std::int64_t begin, end;
};

/// The i in [0, count) whose position i * stride + offset lies inside [0, size).
Range inside(std::int64_t count, std::int64_t stride, std::int64_t offset, std::int64_t size) {
  const std::int64_t begin = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const std::int64_t end = offset >= size ? 0 : std::min(count, (size - 1 - offset) / stride + 1);
  return {std::min(begin, end), end};
}

/// One output plane at a time, one weight after the other, in the order of the formula; a weight visits only the outputs whose input
/// lies inside x. `Sum` is double or std::int64_t.
template <class T, class Sum>
void convolve(const Conv2d& op, View4<const T> x, const Tensor& weights, const T* bias, Sum zero, View4<T> y) {
  const View4<const T> w = view4<T>(weights);
  std::vector<Sum> plane(static_cast<std::size_t>(y.h * y.w));
  for (std::int64_t n = 0; n < y.n; ++n)
    for (std::int64_t o = 0; o < y.c; ++o) {
      std::fill(plane.begin(), plane.end(), bias ? Sum{bias[o]} : Sum{0});
      const std::int64_t first_channel = o / (y.c / op.groups) * w.c;
      for (std::int64_t c = 0; c < w.c; ++c)
        for (std::int64_t u = 0; u < w.h; ++u)
          for (std::int64_t v = 0; v < w.w; ++v) {
            const std::int64_t top = u * op.dilation_h - op.pad_top, left = v * op.dilation_w - op.pad_left;
            const Range rows = inside(y.h, op.stride_h, top, x.h), columns = inside(y.w, op.stride_w, left, x.w);
            if (columns.begin == columns.end) continue;  // x may have no columns at all, only pads
            const Sum weight{ops::distance_from_zero(w(o, c, u, v), weights, o)};
            for (std::int64_t i = rows.begin; i < rows.end; ++i) {
              const T* row = &x(n, first_channel + c, i * op.stride_h + top, 0);
              Sum* sum = plane.data() + i * y.w;
              for (std::int64_t j = columns.begin; j < columns.end; ++j) sum[j] += (Sum{row[j * op.stride_w + left]} - zero) * weight;
            }
          }
      T* out = &y(n, o, 0, 0);
      for (std::size_t p = 0; p < plane.size(); ++p) out[p] = ops::stored<T>(plane[p], Conv2d::kName);
    }
}

}  // namespace

std::span<const OperandInfo> Conv2d::operands() const {
  static constexpr OperandInfo kOperands[] = {
      {"x"}, {"weights", OperandRole::kParameter}, {"bias", OperandRole::kParameter, /*optional=*/true}};
  return kOperands;
}

Attributes Conv2d::attributes() const {
  Attributes list;
  if (stride_h != 1 || stride_w != 1) list.emplace_back("strides", std::vector<std::int64_t>{stride_h, stride_w});
  if (pad_top || pad_left || pad_bottom || pad_right)
    list.emplace_back("pads", std::vector<std::int64_t>{pad_top, pad_left, pad_bottom, pad_right});
  if (dilation_h != 1 || dilation_w != 1) list.emplace_back("dilations", std::vector<std::int64_t>{dilation_h, dilation_w});
  if (groups != 1) list.emplace_back("groups", std::int64_t{groups});
  return list;
}

Shape Conv2d::output_shape(const Node& node) const {
  const TensorType &x = ops::operand(node, 0), &w = ops::operand(node, 1);
  require(x.shape.rank() == 4, node, "input has shape " + to_string(x.shape), "feed it a tensor NxCxHxW");
  require(w.shape.rank() == 4, node, "weights have shape " + to_string(w.shape), "give weights OxIxKHxKW");
  require(stride_h >= 1 && stride_w >= 1, node, "strides " + std::to_string(stride_h) + ", " + std::to_string(stride_w), "use at least 1");
  require(dilation_h >= 1 && dilation_w >= 1, node, "dilations " + std::to_string(dilation_h) + ", " + std::to_string(dilation_w),
          "use at least 1");
  require(std::min({pad_top, pad_left, pad_bottom, pad_right}) >= 0, node, "a pad is negative", "crop the input instead");
  require(groups >= 1 && w.shape[0] % groups == 0, node,
          std::to_string(w.shape[0]) + " output channels do not split into " + std::to_string(groups) + " groups", "use a divisor");
  require(x.shape[1] == w.shape[1] * groups, node,
          "input has " + std::to_string(x.shape[1]) + " channels, weights " + to_string(w.shape) + " in " + std::to_string(groups) +
              " groups take " + std::to_string(w.shape[1] * groups),
          "make the two agree");
  const std::int64_t h = output_length(node, "height", x.shape[2], w.shape[2], stride_h, dilation_h, pad_top + pad_bottom);
  const std::int64_t width = output_length(node, "width", x.shape[3], w.shape[3], stride_w, dilation_w, pad_left + pad_right);
  return {x.shape[0], w.shape[0], h, width};
}

std::vector<TensorType> Conv2d::infer(const Node& node) const { return {ops::weighted_sum_type(node, output_shape(node))}; }

void Conv2d::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Tensor &x = *inputs[0], &w = *inputs[1];
  const Tensor* bias = inputs.size() > 2 ? inputs[2] : nullptr;
  if (x.is_float()) {
    convolve<float, double>(*this, view4<float>(x), w, bias ? bias->floats().data() : nullptr, 0, view4<float>(outputs[0]));
  } else {
    convolve<std::int32_t, std::int64_t>(*this, view4<std::int32_t>(x), w, bias ? bias->integers().data() : nullptr,
                                         x.type().quantization->zero_point, view4<std::int32_t>(outputs[0]));
  }
}

std::int64_t Conv2d::macs(const Node& node) const {
  const Shape& w = node.input(1)->shape();
  return node.output()->shape().elements() * w[1] * w[2] * w[3];
}

}  // namespace bitloom
