#include "ir/ops/conv2d.h"
#include "onnx/operators/operators.h"
#include "onnx/operators/window.h"

namespace bitloom::onnx_format {

Conv2d read_conv_attributes(NodeReader& node, const Shape& x, const Shape& w) {
  const Window window = read_window(node, x, &w);
  Conv2d op;
  op.stride_h = window.stride_h;
  op.stride_w = window.stride_w;
  op.pad_top = window.pad_top;
  op.pad_left = window.pad_left;
  op.pad_bottom = window.pad_bottom;
  op.pad_right = window.pad_right;
  op.dilation_h = window.dilation_h;
  op.dilation_w = window.dilation_w;
  const std::int64_t groups = node.integer("group", 1);
  if (groups < 1 || groups > w[0]) node.refuse("group = " + std::to_string(groups), "use a divisor of the output channels");
  op.groups = static_cast<int>(groups);
  return op;
}

namespace {

void read_conv(NodeReader& node) {
  Value *x = node.input(0), *w = node.input(1), *b = node.optional_input(2);
  node.add(read_conv_attributes(node, x->shape(), w->shape()), {x, w, b});
}

void write_conv(NodeWriter& node) {
  const Conv2d& op = node.op<Conv2d>();
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

constexpr Operator kOperators[] = {
    {"Conv", 2, 3, Conv2d::kName, read_conv, write_conv},
};

}  // namespace

OperatorFamily conv_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
