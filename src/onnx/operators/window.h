#pragma once

#include "ir/ops/conv2d.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/window_nd.h"
#include "onnx/node_reader.h"
#include "onnx/node_writer.h"

/// What ONNX's convolutions and pools share: a window that moves over an image of any number of axes. Over a line [N,C,L], which is an
/// image of height 1, and over an image [N,C,H,W] it becomes an operator of two axes, over others one of many.
namespace bitloom::onnx_format {

/// A window over two axes.
struct Window {
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int dilation_h = 1, dilation_w = 1;
};

inline bool is_line(const Shape& x) { return x.rank() == 3; }
/// Whether operators of two axes do not reach.
inline bool has_many_axes(const Shape& x) { return x.rank() > 4; }

/// Reads kernel_shape, strides and dilations.
/// @param weights  a convolution's, whose size kernel_shape must repeat where it is given; null for a pool, which must give it
WindowNd read_kernel(NodeReader& node, const Shape& x, const Shape* weights);
/// Reads pads; all 0 where there are none.
void read_pads(NodeReader& node, WindowNd& window);
/// Both, or auto_pad in place of pads, which is resolved for images like `x`.
WindowNd read_window(NodeReader& node, const Shape& x, const Shape* weights);
int read_groups(NodeReader& node, std::int64_t channels);

/// A window over a line or an image. @throws InputError for more axes
Window image_window(const NodeReader& node, const WindowNd& window);

/// Takes over what the operators have in common with a window: all but its kernel, which a convolution's weights say.
template <class T>
void place(const Window& window, T& op) {
  op.stride_h = window.stride_h;
  op.stride_w = window.stride_w;
  op.pad_top = window.pad_top;
  op.pad_left = window.pad_left;
  op.pad_bottom = window.pad_bottom;
  op.pad_right = window.pad_right;
  op.dilation_h = window.dilation_h;
  op.dilation_w = window.dilation_w;
}

/// `x` as an image: a line [N,C,L] becomes [N,C,1,L]. @param suffix  of the Reshape that this may take
Value* as_image(NodeReader& node, Value* x, const std::string& suffix);

/// Adds the step NAME.suffix ("": the node itself), which computes an image, and makes it a line again if the node's input was one.
template <class T>
Value* add_windowed(NodeReader& node, const std::string& suffix, T op, std::vector<Value*> inputs, bool is_line) {
  if (!is_line) return node.add_step(suffix, std::move(op), std::move(inputs));
  Value* image = node.add_step("image", std::move(op), std::move(inputs));
  Reshape line;
  line.shape = {image->shape()[0], image->shape()[1], image->shape()[3]};
  return node.add_step(suffix, line, {image});
}

/// A convolution's attributes, for images like `x` of one or two axes and weights like `w`.
Conv2d read_conv_attributes(NodeReader& node, const Shape& x, const Shape& w);
/// The convolution that the node's attributes describe, as the step NAME.suffix ("": the node itself). `bias` may be null.
Value* convolution(NodeReader& node, Value* x, Value* w, Value* bias, const std::string& suffix);

/// Write all but dilations, which pools have only where they are asked for.
void write_window(NodeWriter& node, const Window& window);
void write_window(NodeWriter& node, const WindowNd& window);

inline std::vector<std::int64_t> wide(const std::vector<int>& list) { return {list.begin(), list.end()}; }

/// Writes a convolution's attributes; its weights are the second operand.
template <class Conv>
void write_conv_attributes(NodeWriter& node, const Conv& op) {
  const Shape& w = node.node().input(1)->shape();
  Window window{.kernel_h = static_cast<int>(w[2]), .kernel_w = static_cast<int>(w[3])};
  window.stride_h = op.stride_h;
  window.stride_w = op.stride_w;
  window.pad_top = op.pad_top;
  window.pad_left = op.pad_left;
  window.pad_bottom = op.pad_bottom;
  window.pad_right = op.pad_right;
  write_window(node, window);
  node.integers("dilations", {op.dilation_h, op.dilation_w});
  node.integer("group", op.groups);
}

}  // namespace bitloom::onnx_format
