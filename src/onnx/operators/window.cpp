#include "onnx/operators/window.h"

#include <fmt/format.h>

#include <algorithm>

namespace bitloom::onnx_format {
namespace {

struct Padding {
  int begin = 0, end = 0;
};

bool is_line(const Shape& shape) { return shape.rank() == 3; }
std::int64_t height(const Shape& shape) { return is_line(shape) ? 1 : shape[2]; }
std::int64_t width(const Shape& shape) { return shape[shape.rank() - 1]; }

/// An attribute with one entry per spatial axis, as height and width. Empty when it is absent.
std::vector<int> read_extent(NodeReader& node, const std::string& name, const Shape& x) {
  std::vector<int> extent = node.geometry(name, x.rank() - 2, 1);
  if (is_line(x) && !extent.empty()) extent.insert(extent.begin(), 1);
  return extent;
}

/// ONNX's SAME: as many outputs as ceil(input / stride); the odd one of the padding goes to the end (upper) or the
/// beginning (lower).
Padding same_padding(std::int64_t input, int kernel, int stride, int dilation, bool upper) {
  const std::int64_t outputs = (input + stride - 1) / stride;
  const std::int64_t extent = std::int64_t{kernel - 1} * dilation + 1;
  const auto total = static_cast<int>(std::clamp<std::int64_t>((outputs - 1) * stride + extent - input, 0, 2 * 65536));
  return upper ? Padding{total / 2, total - total / 2} : Padding{total - total / 2, total / 2};
}

/// Resolves auto_pad, which takes the place of pads.
void read_auto_pad(NodeReader& node, const Shape& x, Window& window) {
  const std::string auto_pad = node.text("auto_pad", "NOTSET");
  if (auto_pad == "NOTSET") return;
  if (window.pad_top || window.pad_left || window.pad_bottom || window.pad_right)
    node.refuse("both pads and auto_pad are given", "give one of them");
  if (auto_pad == "VALID") return;
  if (auto_pad != "SAME_UPPER" && auto_pad != "SAME_LOWER")
    node.refuse("auto_pad holds an unknown mode", "supported: NOTSET, VALID, SAME_UPPER, SAME_LOWER");
  const bool upper = auto_pad == "SAME_UPPER";
  const Padding rows = same_padding(height(x), window.kernel_h, window.stride_h, window.dilation_h, upper);
  const Padding columns = same_padding(width(x), window.kernel_w, window.stride_w, window.dilation_w, upper);
  window.pad_top = rows.begin;
  window.pad_bottom = rows.end;
  window.pad_left = columns.begin;
  window.pad_right = columns.end;
}

}  // namespace

Value* as_image(NodeReader& node, Value* x, const std::string& suffix) {
  const Shape& shape = x->shape();
  if (!is_line(shape)) return x;
  Reshape op;
  op.shape = {shape[0], shape[1], 1, shape[2]};
  return node.add_step(suffix, op, {x});
}

void read_pads(NodeReader& node, const Shape& x, Window& window) {
  std::vector<int> pads = node.geometry("pads", 2 * (x.rank() - 2), 0);  // ONNX order: top, left, bottom, right
  if (pads.empty()) return;
  if (is_line(x)) pads = {0, pads[0], 0, pads[1]};
  window.pad_top = pads[0];
  window.pad_left = pads[1];
  window.pad_bottom = pads[2];
  window.pad_right = pads[3];
}

Window read_kernel(NodeReader& node, const Shape& x, const Shape* weights) {
  if (x.rank() < 3 || x.rank() > 4 || (weights && weights->rank() != x.rank()))
    node.refuse("its input is not an image NxCxHxW", "only images of two dimensions, or of one, are supported");
  Window window;
  const std::vector<int> kernel = read_extent(node, "kernel_shape", x);
  if (weights) {
    if (!kernel.empty() && (kernel[0] != height(*weights) || kernel[1] != width(*weights)))
      node.refuse(fmt::format("kernel_shape {}x{} beside weights {}", kernel[0], kernel[1], to_string(*weights)), "make the two agree");
    if (std::max(height(*weights), width(*weights)) > 65536)
      node.refuse("weights have shape " + to_string(*weights), "use a smaller kernel");
    window.kernel_h = static_cast<int>(height(*weights));
    window.kernel_w = static_cast<int>(width(*weights));
  } else {
    if (kernel.empty()) node.refuse("kernel_shape is missing", "the file is damaged; export it again");
    window.kernel_h = kernel[0];
    window.kernel_w = kernel[1];
  }
  if (const std::vector<int> strides = read_extent(node, "strides", x); !strides.empty()) {
    window.stride_h = strides[0];
    window.stride_w = strides[1];
  }
  if (const std::vector<int> dilations = read_extent(node, "dilations", x); !dilations.empty()) {
    window.dilation_h = dilations[0];
    window.dilation_w = dilations[1];
  }
  return window;
}

Window read_window(NodeReader& node, const Shape& x, const Shape* weights) {
  Window window = read_kernel(node, x, weights);
  read_pads(node, x, window);
  read_auto_pad(node, x, window);
  return window;
}

void write_window(NodeWriter& node, const Window& window) {
  node.integers("kernel_shape", {window.kernel_h, window.kernel_w});
  node.integers("strides", {window.stride_h, window.stride_w});
  node.integers("pads", {window.pad_top, window.pad_left, window.pad_bottom, window.pad_right});
}

}  // namespace bitloom::onnx_format
