#include <fmt/format.h>

#include <algorithm>

#include "ir/ops/conv2d.h"
#include "ir/ops/conv_transpose2d.h"
#include "onnx/operators/operators.h"
#include "onnx/operators/window.h"

namespace bitloom::onnx_format {
namespace {

/// Takes over what the convolutions have in common with a window: all but its kernel, which their weights say.
template <class Conv>
void place(const Window& window, Conv& op) {
  op.stride_h = window.stride_h;
  op.stride_w = window.stride_w;
  op.pad_top = window.pad_top;
  op.pad_left = window.pad_left;
  op.pad_bottom = window.pad_bottom;
  op.pad_right = window.pad_right;
  op.dilation_h = window.dilation_h;
  op.dilation_w = window.dilation_w;
}

int read_groups(NodeReader& node, std::int64_t channels) {
  const std::int64_t groups = node.integer("group", 1);
  if (groups < 1 || groups > channels)
    node.refuse("group = " + std::to_string(groups), "use a divisor of the channels");
  return static_cast<int>(groups);
}

}  // namespace

Conv2d read_conv_attributes(NodeReader& node, const Shape& x, const Shape& w) {
  Conv2d op;
  place(read_window(node, x, &w), op);
  op.groups = read_groups(node, w[0]);
  return op;
}

namespace {

void read_conv(NodeReader& node) {
  Value *x = node.input(0), *w = node.input(1), *b = node.optional_input(2);
  const Conv2d op = read_conv_attributes(node, x->shape(), w->shape());
  add_windowed(node, op, {as_image(node, x, "input"), as_image(node, w, "weights"), b}, x->shape().rank() == 3);
}

/// Pads and output pad of one axis that make the output `wanted` long, where without them it would be `full` long. The
/// odd one of the pads goes to the end with SAME_UPPER and to the beginning otherwise; where even no pad is too much,
/// the output grows at its end.
struct Fit {
  int begin = 0, end = 0, grown = 0;
};

Fit fit(NodeReader& node, std::int64_t full, std::int64_t wanted, bool upper) {
  constexpr std::int64_t kMost = 65536;
  const std::int64_t total = full - wanted;
  if (wanted < 1 || total < -kMost || total > kMost)
    node.refuse(fmt::format("output_shape {} where the kernel and strides make {}", wanted, full),
                "ask for a size near that");
  const auto pads = static_cast<int>(std::max<std::int64_t>(total, 0)), less = pads / 2;
  return {upper ? less : pads - less, upper ? pads - less : less, static_cast<int>(std::max<std::int64_t>(-total, 0))};
}

void read_conv_transpose(NodeReader& node) {
  Value *x = node.input(0), *w = node.input(1), *b = node.optional_input(2);
  const bool is_line = x->shape().rank() == 3;
  Window window = read_kernel(node, x->shape(), &w->shape());
  read_pads(node, x->shape(), window);
  x = as_image(node, x, "input");
  ConvTranspose2d op;
  op.groups = read_groups(node, x->shape()[1]);
  const int axes = is_line ? 1 : 2;
  if (const std::vector<int> output_pads = node.geometry("output_padding", axes, 0); !output_pads.empty()) {
    op.output_pad_h = is_line ? 0 : output_pads[0];
    op.output_pad_w = output_pads.back();
  }
  const std::string auto_pad = node.text("auto_pad", "NOTSET");
  const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
  if (!same && auto_pad != "NOTSET" && auto_pad != "VALID")
    node.refuse("auto_pad holds an unknown mode", "supported: NOTSET, VALID, SAME_UPPER, SAME_LOWER");
  const std::int64_t h = x->shape()[2], width = x->shape()[3];
  std::vector<std::int64_t> wanted = node.integers("output_shape");
  if (wanted.empty() && same) wanted = {h * window.stride_h, width * window.stride_w};
  if (!wanted.empty()) {
    if (is_line && wanted.size() == 1) wanted.insert(wanted.begin(), 1);
    if (wanted.size() != 2)
      node.refuse(fmt::format("output_shape has {} entries, not {}", wanted.size(), axes), "give one for each axis of the image");
    const auto full = [](std::int64_t size, int stride, int dilation, int kernel, int output_pad) {
      return stride * (size - 1) + std::int64_t{dilation} * (kernel - 1) + 1 + output_pad;
    };
    const bool upper = auto_pad == "SAME_UPPER";
    const Fit rows =
        fit(node, full(h, window.stride_h, window.dilation_h, window.kernel_h, op.output_pad_h), wanted[0], upper);
    const Fit columns =
        fit(node, full(width, window.stride_w, window.dilation_w, window.kernel_w, op.output_pad_w), wanted[1], upper);
    window.pad_top = rows.begin, window.pad_bottom = rows.end, op.output_pad_h += rows.grown;
    window.pad_left = columns.begin, window.pad_right = columns.end, op.output_pad_w += columns.grown;
  }
  place(window, op);
  add_windowed(node, op, {x, as_image(node, w, "weights"), b}, is_line);
}

template <class Conv>
void write_conv_window(NodeWriter& node) {
  const Conv& op = node.op<Conv>();
  const Shape& w = node.node().input(1)->shape();
  write_window(node, {.kernel_h = static_cast<int>(w[2]),
                      .kernel_w = static_cast<int>(w[3]),
                      .stride_h = op.stride_h,
                      .stride_w = op.stride_w,
                      .pad_top = op.pad_top,
                      .pad_left = op.pad_left,
                      .pad_bottom = op.pad_bottom,
                      .pad_right = op.pad_right});
  node.integers("dilations", {op.dilation_h, op.dilation_w});
  node.integer("group", op.groups);
}

void write_conv_transpose(NodeWriter& node) {
  write_conv_window<ConvTranspose2d>(node);
  node.integers("output_padding", {node.op<ConvTranspose2d>().output_pad_h, node.op<ConvTranspose2d>().output_pad_w});
}

constexpr Operator kOperators[] = {
    {"Conv", 2, 3, Conv2d::kName, read_conv, write_conv_window<Conv2d>},
    {"ConvTranspose", 2, 3, ConvTranspose2d::kName, read_conv_transpose, write_conv_transpose},
};

}  // namespace

OperatorFamily conv_operators() {
  return kOperators;
}

}  // namespace bitloom::onnx_format
