#include <fmt/format.h>

#include <algorithm>

#include "ir/ops/conv2d.h"
#include "ir/ops/conv_nd.h"
#include "ir/ops/conv_transpose2d.h"
#include "onnx/operators/operators.h"
#include "onnx/operators/window.h"

namespace bitloom::onnx_format {

Conv2d read_conv_attributes(NodeReader& node, const Shape& x, const Shape& w) {
  Conv2d op;
  place(image_window(node, read_window(node, x, &w)), op);
  op.groups = read_groups(node, w[0]);
  return op;
}

Value* convolution(NodeReader& node, Value* x, Value* w, Value* bias, const std::string& suffix) {
  if (!has_many_axes(x->shape())) {
    const Conv2d op = read_conv_attributes(node, x->shape(), w->shape());
    return add_windowed(node, suffix, op, {as_image(node, x, "input"), as_image(node, w, "weights"), bias}, is_line(x->shape()));
  }
  ConvNd op;
  op.window = read_window(node, x->shape(), &w->shape());
  op.groups = read_groups(node, w->shape()[0]);
  return node.add_step(suffix, op, {x, w, bias});
}

namespace {

void read_conv(NodeReader& node) {
  Value *x = node.input(0), *w = node.input(1);
  node.define_output(0, convolution(node, x, w, node.optional_input(2), ""));
}

/// Pads and output pad of one axis that make the output `wanted` long, where without them it would be `full` long. The
/// odd one of the pads goes to the end with SAME_UPPER and to the beginning otherwise; where even no pad is too much,
/// the output grows at its end.
struct Fit {
  int begin = 0, end = 0, grown = 0;
};

Fit fit(NodeReader& node, std::int64_t full, std::int64_t wanted, bool upper) {
  constexpr std::int64_t kMost = 65536;
  if (wanted < std::max<std::int64_t>(full - kMost, 1) || wanted > full + kMost)
    node.refuse(fmt::format("output_shape {} where the kernel and strides make {}", wanted, full),
                "ask for a size near that");
  const std::int64_t total = full - wanted;
  const auto pads = static_cast<int>(std::max<std::int64_t>(total, 0)), less = pads / 2;
  return {upper ? less : pads - less, upper ? pads - less : less, static_cast<int>(std::max<std::int64_t>(-total, 0))};
}

/// The window over a transposed convolution's result, and what is added behind it.
struct TransposedWindow {
  WindowNd window;
  std::vector<int> output_pads;
};

/// Resolves auto_pad and output_shape, which take the place of pads.
TransposedWindow read_transposed_window(NodeReader& node, const Shape& x, const Shape& w) {
  TransposedWindow placed{read_kernel(node, x, &w), node.geometry("output_padding", x.rank() - 2, 0)};
  auto& [window, output_pads] = placed;
  read_pads(node, window);
  output_pads.resize(static_cast<std::size_t>(window.axes()));
  const std::string auto_pad = node.text("auto_pad", "NOTSET");
  const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
  if (!same && auto_pad != "NOTSET" && auto_pad != "VALID")
    node.refuse("auto_pad holds an unknown mode", "supported: NOTSET, VALID, SAME_UPPER, SAME_LOWER");
  const std::vector<std::int64_t> wanted = node.integers("output_shape");
  if (wanted.empty() && !same) return placed;
  if (!wanted.empty() && wanted.size() != output_pads.size())
    node.refuse(fmt::format("output_shape has {} entries, not {}", wanted.size(), window.axes()), "give one for each axis of the image");
  for (int axis = 0; axis < window.axes(); ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    const std::int64_t full = window.strides[a] * (x[axis + 2] - 1) + window.extent(axis) + output_pads[a];
    const Fit fitted = fit(node, full, wanted.empty() ? x[axis + 2] * window.strides[a] : wanted[a], auto_pad == "SAME_UPPER");
    window.pads_begin[a] = fitted.begin;
    window.pads_end[a] = fitted.end;
    output_pads[a] += fitted.grown;
  }
  return placed;
}

void read_conv_transpose(NodeReader& node) {
  Value *x = node.input(0), *w = node.input(1), *b = node.optional_input(2);
  const auto [window, output_pads] = read_transposed_window(node, x->shape(), w->shape());
  const int groups = read_groups(node, x->shape()[1]);
  if (has_many_axes(x->shape())) {
    ConvTransposeNd op;
    op.window = window;
    op.output_pads = output_pads;
    op.groups = groups;
    return node.add(op, {x, w, b});
  }
  ConvTranspose2d op;
  place(image_window(node, window), op);
  op.groups = groups;
  op.output_pad_h = is_line(x->shape()) ? 0 : output_pads[0];
  op.output_pad_w = output_pads.back();
  node.define_output(0, add_windowed(node, "", op, {as_image(node, x, "input"), as_image(node, w, "weights"), b}, is_line(x->shape())));
}

void write_conv(NodeWriter& node) { write_conv_attributes(node, node.op<Conv2d>()); }

void write_conv_transpose(NodeWriter& node) {
  const auto& op = node.op<ConvTranspose2d>();
  write_conv_attributes(node, op);
  node.integers("output_padding", {op.output_pad_h, op.output_pad_w});
}

template <class Conv>
void write_conv_nd(NodeWriter& node) {
  const Conv& op = node.op<Conv>();
  write_window(node, op.window);
  node.integers("dilations", wide(op.window.dilations));
  node.integer("group", op.groups);
}

void write_conv_transpose_nd(NodeWriter& node) {
  write_conv_nd<ConvTransposeNd>(node);
  node.integers("output_padding", wide(node.op<ConvTransposeNd>().output_pads));
}

constexpr Operator kOperators[] = {
    {"Conv", 2, 3, Conv2d::kName, read_conv, write_conv},
    {"Conv", 2, 3, ConvNd::kName, read_conv, write_conv_nd<ConvNd>},
    {"ConvTranspose", 2, 3, ConvTranspose2d::kName, read_conv_transpose, write_conv_transpose},
    {"ConvTranspose", 2, 3, ConvTransposeNd::kName, read_conv_transpose, write_conv_transpose_nd},
};

}  // namespace

OperatorFamily conv_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
