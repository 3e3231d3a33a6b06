#include "ir/ops/conv_nd.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/ops/check.h"

namespace bitloom {
namespace {

using ops::require;

std::span<const OperandInfo> convolution_operands() {
  static constexpr OperandInfo kOperands[] = {
      {"x"}, {"weights", OperandRole::kParameter}, {"bias", OperandRole::kParameter, /*optional=*/true}};
  return kOperands;
}

std::int64_t product(std::span<const std::int64_t> sizes) {
  std::int64_t result = 1;
  for (const std::int64_t size : sizes) result *= size;
  return result;
}

/// What both convolutions ask of their operands.
void check_operands(const Node& node, const WindowNd& window, int groups, std::int64_t outputs) {
  const Shape &x = ops::float_operand(node, 0).shape, &w = ops::float_operand(node, 1).shape;
  window.check(node, x);
  const bool agrees = w.rank() == x.rank() && std::ranges::equal(ops::image_axes(w), window.kernel);
  require(agrees, node, fmt::format("weights {} beside a kernel [{}]", to_string(w), fmt::join(window.kernel, ", ")), "make the two agree");
  require(groups >= 1 && outputs % groups == 0 && x[1] % groups == 0, node,
          fmt::format("{} input and {} output channels do not split into {} groups", x[1], outputs, groups), "use a divisor of both");
  require(x.elements() > 0, node, fmt::format("input has shape {}", to_string(x)), "give every axis at least one element");
  if (!ops::optional_operand(node, 2)) return;
  const Shape& bias = ops::float_operand(node, 2).shape;
  require(bias == Shape{outputs}, node, fmt::format("bias has shape {} for {} outputs", to_string(bias), outputs),
          "give one bias per output");
}

TensorType image_type(std::int64_t images, std::int64_t channels, const std::vector<std::int64_t>& axes) {
  std::vector<std::int64_t> dims{images, channels};
  dims.insert(dims.end(), axes.begin(), axes.end());
  return {Shape(std::move(dims)), ElementType::float32(), {}};
}

Attributes convolution_attributes(const WindowNd& window, int groups) {
  Attributes list = window.attributes();
  if (groups != 1) list.emplace_back("groups", std::int64_t{groups});
  return list;
}

double bias_of(std::span<const Tensor* const> inputs, std::int64_t output) {
  return inputs.size() > 2 ? double{inputs[2]->floats()[static_cast<std::size_t>(output)]} : 0.0;
}

}  // namespace

std::span<const OperandInfo> ConvNd::operands() const { return convolution_operands(); }
Attributes ConvNd::attributes() const { return convolution_attributes(window, groups); }

std::vector<TensorType> ConvNd::infer(const Node& node) const {
  const Shape &x = ops::float_operand(node, 0).shape, &w = ops::float_operand(node, 1).shape;
  require(w.rank() >= 2, node, "weights have shape " + to_string(w), "give weights OxIxK...");
  check_operands(node, window, groups, w[0]);
  require(x[1] == w[1] * groups, node,
          fmt::format("input has {} channels, weights {} in {} groups take {}", x[1], to_string(w), groups, w[1] * groups),
          "make the two agree");
  return {image_type(x[0], w[0], window.positions(node, x))};
}

void ConvNd::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape &x = inputs[0]->shape(), &w = inputs[1]->shape(), &y = outputs[0].shape();
  const auto sizes = ops::image_axes(x), positions = ops::image_axes(y);
  const std::int64_t x_plane = product(sizes), y_plane = product(positions), taps_in_kernel = product(ops::image_axes(w));
  const float *xs = inputs[0]->floats().data(), *ws = inputs[1]->floats().data();
  float* ys = outputs[0].floats().data();
  std::vector<std::int64_t> position(positions.size());
  std::int64_t at = 0;
  do {
    const std::vector<ops::Tap> taps = ops::taps(window, position, sizes);
    for (std::int64_t n = 0; n < y[0]; ++n)
      for (std::int64_t o = 0; o < y[1]; ++o) {
        const std::int64_t first_channel = o / (y[1] / groups) * w[1];
        double sum = bias_of(inputs, o);
        for (std::int64_t c = 0; c < w[1]; ++c) {
          const float* image = xs + (n * x[1] + first_channel + c) * x_plane;
          const float* kernel = ws + (o * w[1] + c) * taps_in_kernel;
          for (const ops::Tap& tap : taps) sum += double{kernel[tap.kernel]} * image[tap.image];
        }
        ys[(n * y[1] + o) * y_plane + at] = static_cast<float>(sum);
      }
    ++at;
  } while (ops::next_index(position, positions));
}

std::int64_t ConvNd::macs(const Node& node) const {
  const Shape& w = node.input(1)->shape();
  return node.output()->shape().elements() * w[1] * product(ops::image_axes(w));
}

std::span<const OperandInfo> ConvTransposeNd::operands() const { return convolution_operands(); }

Attributes ConvTransposeNd::attributes() const {
  Attributes list = convolution_attributes(window, groups);
  if (std::ranges::any_of(output_pads, [](int pad) { return pad != 0; }))
    list.emplace_back("output_pads", std::vector<std::int64_t>(output_pads.begin(), output_pads.end()));
  return list;
}

std::vector<TensorType> ConvTransposeNd::infer(const Node& node) const {
  const Shape &x = ops::float_operand(node, 0).shape, &w = ops::float_operand(node, 1).shape;
  require(w.rank() >= 2, node, "weights have shape " + to_string(w), "give weights IxOxK...");
  check_operands(node, window, groups, w[1] * groups);
  require(x[1] == w[0], node, fmt::format("input has {} channels, weights {} take {}", x[1], to_string(w), w[0]), "make the two agree");
  const bool has_pads = output_pads.size() == window.kernel.size() && std::ranges::min(output_pads) >= 0;
  require(has_pads, node, fmt::format("output pads [{}]", fmt::join(output_pads, ", ")), "give one for each axis, 0 or more");
  std::vector<std::int64_t> axes;
  for (int axis = 0; axis < window.axes(); ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    const std::int64_t full = window.strides[a] * (x[axis + 2] - 1) + window.extent(axis) + output_pads[a];
    require(full > window.pads(axis), node, fmt::format("pads of axis {} leave nothing of {}", axis + 2, full), "use smaller pads");
    axes.push_back(full - window.pads(axis));
  }
  return {image_type(x[0], w[1] * groups, axes)};
}

void ConvTransposeNd::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape &x = inputs[0]->shape(), &w = inputs[1]->shape(), &y = outputs[0].shape();
  const auto sizes = ops::image_axes(y), positions = ops::image_axes(x);
  const std::int64_t x_plane = product(positions), y_plane = product(sizes), taps_in_kernel = product(ops::image_axes(w));
  const float *xs = inputs[0]->floats().data(), *ws = inputs[1]->floats().data();
  std::vector<double> sums(static_cast<std::size_t>(y.elements()));
  for (std::int64_t plane = 0; plane < y[0] * y[1]; ++plane)
    std::fill_n(sums.begin() + plane * y_plane, y_plane, bias_of(inputs, plane % y[1]));
  const std::int64_t inputs_per_group = x[1] / groups;
  std::vector<std::int64_t> position(positions.size());
  std::int64_t at = 0;
  do {
    const std::vector<ops::Tap> taps = ops::taps(window, position, sizes);  // of the window over y
    for (std::int64_t n = 0; n < y[0]; ++n)
      for (std::int64_t c = 0; c < x[1]; ++c)
        for (std::int64_t m = 0; m < w[1]; ++m) {
          const double value = xs[(n * x[1] + c) * x_plane + at];
          double* image = sums.data() + (n * y[1] + c / inputs_per_group * w[1] + m) * y_plane;
          const float* kernel = ws + (c * w[1] + m) * taps_in_kernel;
          for (const ops::Tap& tap : taps) image[tap.image] += value * kernel[tap.kernel];
        }
    ++at;
  } while (ops::next_index(position, positions));
  std::ranges::transform(sums, outputs[0].floats().begin(), [](double sum) { return static_cast<float>(sum); });
}

std::int64_t ConvTransposeNd::macs(const Node& node) const {
  const Shape& w = node.input(1)->shape();
  return node.input(0)->shape().elements() * w[1] * product(ops::image_axes(w));
}

}  // namespace bitloom
