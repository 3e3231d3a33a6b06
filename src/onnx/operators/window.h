#pragma once

#include "ir/ops/conv2d.h"
#include "ir/ops/rearrange.h"
#include "onnx/node_reader.h"
#include "onnx/node_writer.h"

namespace bitloom::onnx_format {

/// What ONNX's convolution and pooling share: a window that moves over the image. Over a line [N,C,L], which is an image of height 1, too.
struct Window {
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int dilation_h = 1, dilation_w = 1;
};

/// `x` as an image: a line [N,C,L] becomes [N,C,1,L]. @param suffix  of the Reshape that this may take
Value* as_image(NodeReader& node, Value* x, const std::string& suffix);

/// Adds the node's last step, which computes an image, and makes it a line again if the node's input was one.
template <class T>
void add_windowed(NodeReader& node, T op, std::vector<Value*> inputs, bool is_line) {
  if (!is_line) return node.add(std::move(op), std::move(inputs));
  Value* image = node.add_step("image", std::move(op), std::move(inputs));
  Reshape line;
  line.shape = {image->shape()[0], image->shape()[1], image->shape()[3]};
  node.add(line, {image});
}

/// Reads kernel_shape, strides and dilations.
/// @param weights  a convolution's, whose size kernel_shape must repeat where it is given; null for a pool, which must give it
Window read_kernel(NodeReader& node, const Shape& x, const Shape* weights);
/// Reads pads; all 0 where there are none.
void read_pads(NodeReader& node, const Shape& x, Window& window);

/// Both, or auto_pad in place of pads, which is resolved for images like `x`.
Window read_window(NodeReader& node, const Shape& x, const Shape* weights);

/// A convolution's attributes, for images like `x` and weights like `w`.
Conv2d read_conv_attributes(NodeReader& node, const Shape& x, const Shape& w);

/// Writes all but dilations, which pools have only where they are asked for.
void write_window(NodeWriter& node, const Window& window);

}  // namespace bitloom::onnx_format
