#include "ir/ops/conv_transpose2d.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/ops/check.h"

namespace bitloom {
namespace {

using ops::require;

std::int64_t output_length(const Node& node, const char* axis, std::int64_t input, std::int64_t kernel, int stride,
                           int dilation, int output_pad, std::int64_t pads) {
  const std::int64_t full = stride * (input - 1) + dilation * (kernel - 1) + 1 + output_pad;
  require(full > pads, node, fmt::format("pads of {} {} leave nothing of {}", axis, pads, full), "use smaller pads");
  return full - pads;
}

}  // namespace

std::span<const OperandInfo> ConvTranspose2d::operands() const {
  static constexpr OperandInfo kOperands[] = {
      {"x"}, {"weights", OperandRole::kParameter}, {"bias", OperandRole::kParameter, /*optional=*/true}};
  return kOperands;
}

Attributes ConvTranspose2d::attributes() const {
  using List = std::vector<std::int64_t>;
  Attributes list;
  if (stride_h != 1 || stride_w != 1) list.emplace_back("strides", List{stride_h, stride_w});
  if (pad_top || pad_left || pad_bottom || pad_right)
    list.emplace_back("pads", List{pad_top, pad_left, pad_bottom, pad_right});
  if (output_pad_h || output_pad_w) list.emplace_back("output_pads", List{output_pad_h, output_pad_w});
  if (dilation_h != 1 || dilation_w != 1) list.emplace_back("dilations", List{dilation_h, dilation_w});
  if (groups != 1) list.emplace_back("groups", std::int64_t{groups});
  return list;
}

std::vector<TensorType> ConvTranspose2d::infer(const Node& node) const {
  const Shape &x = ops::float_operand(node, 0, 4).shape, &w = ops::float_operand(node, 1, 4).shape;
  require(std::min({x[2], x[3], w[2], w[3]}) >= 1, node,
          fmt::format("input {} or weights {} are empty", to_string(x), to_string(w)),
          "give both at least one element");
  require(stride_h >= 1 && stride_w >= 1, node, fmt::format("strides {}, {}", stride_h, stride_w), "use at least 1");
  require(dilation_h >= 1 && dilation_w >= 1, node, fmt::format("dilations {}, {}", dilation_h, dilation_w),
          "use at least 1");
  require(std::min({pad_top, pad_left, pad_bottom, pad_right}) >= 0, node, "a pad is negative",
          "use output pads instead");
  require(std::min(output_pad_h, output_pad_w) >= 0, node,
          fmt::format("output pads {}, {}", output_pad_h, output_pad_w), "use pads to crop");
  require(groups >= 1 && x[1] % groups == 0, node,
          fmt::format("{} input channels do not split into {} groups", x[1], groups), "use a divisor");
  require(x[1] == w[0], node, fmt::format("input has {} channels, weights {} take {}", x[1], to_string(w), w[0]),
          "make the two agree");
  const std::int64_t outputs = w[1] * groups;
  if (ops::optional_operand(node, 2)) {
    const Shape& bias = ops::float_operand(node, 2).shape;
    require(bias == Shape{outputs}, node, fmt::format("bias has shape {} for {} outputs", to_string(bias), outputs),
            "give one bias per output");
  }
  const std::int64_t h =
      output_length(node, "height", x[2], w[2], stride_h, dilation_h, output_pad_h, std::int64_t{pad_top} + pad_bottom);
  const std::int64_t width =
      output_length(node, "width", x[3], w[3], stride_w, dilation_w, output_pad_w, std::int64_t{pad_left} + pad_right);
  return {{{x[0], outputs, h, width}, ElementType::float32(), {}}};
}

void ConvTranspose2d::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const View4<const float> x = view4<float>(*inputs[0]), w = view4<float>(*inputs[1]);
  const View4<float> y = view4<float>(outputs[0]);
  const Tensor* bias = inputs.size() > 2 ? inputs[2] : nullptr;
  const std::int64_t inputs_per_group = x.c / groups;
  std::vector<double> plane(static_cast<std::size_t>(y.h * y.w));
  for (std::int64_t n = 0; n < y.n; ++n)
    for (std::int64_t o = 0; o < y.c; ++o) {
      std::ranges::fill(plane, bias ? bias->floats()[static_cast<std::size_t>(o)] : 0.0);
      const std::int64_t group = o / w.c;
      for (std::int64_t c = group * inputs_per_group; c < (group + 1) * inputs_per_group; ++c)
        for (std::int64_t u = 0; u < w.h; ++u)
          for (std::int64_t t = 0; t < w.w; ++t) {
            const double weight = w(c, o % w.c, u, t);
            for (std::int64_t h = 0; h < x.h; ++h) {
              const std::int64_t i = h * stride_h + u * dilation_h - pad_top;
              if (i < 0 || i >= y.h) continue;
              for (std::int64_t v = 0; v < x.w; ++v) {
                const std::int64_t j = v * stride_w + t * dilation_w - pad_left;
                if (j >= 0 && j < y.w) plane[static_cast<std::size_t>(i * y.w + j)] += x(n, c, h, v) * weight;
              }
            }
          }
      for (std::size_t p = 0; p < plane.size(); ++p) (&y(n, o, 0, 0))[p] = static_cast<float>(plane[p]);
    }
}

std::int64_t ConvTranspose2d::macs(const Node& node) const {
  const Shape& w = node.input(1)->shape();
  return node.input(0)->shape().elements() * w[1] * w[2] * w[3];
}

}  // namespace bitloom
