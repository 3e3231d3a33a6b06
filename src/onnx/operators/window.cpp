#include "onnx/operators/window.h"

#include <fmt/format.h>

#include <algorithm>

namespace bitloom::onnx_format {
namespace {

struct Padding {
  int begin = 0, end = 0;
};

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
  const Padding rows = same_padding(x[2], window.kernel_h, window.stride_h, window.dilation_h, upper);
  const Padding columns = same_padding(x[3], window.kernel_w, window.stride_w, window.dilation_w, upper);
  window.pad_top = rows.begin;
  window.pad_bottom = rows.end;
  window.pad_left = columns.begin;
  window.pad_right = columns.end;
}

}  // namespace

void read_pads(NodeReader& node, Window& window) {
  const std::vector<int> pads = node.geometry("pads", 4, 0);  // ONNX order: top, left, bottom, right
  if (pads.empty()) return;
  window.pad_top = pads[0];
  window.pad_left = pads[1];
  window.pad_bottom = pads[2];
  window.pad_right = pads[3];
}

Window read_kernel(NodeReader& node, const Shape& x, const Shape* weights) {
  if (x.rank() != 4 || (weights && weights->rank() != 4))
    node.refuse("its input is not an image NxCxHxW", "only two-dimensional images are supported");
  Window window;
  const std::vector<int> kernel = node.geometry("kernel_shape", 2, 1);
  if (weights) {
    if (!kernel.empty() && (kernel[0] != (*weights)[2] || kernel[1] != (*weights)[3]))
      node.refuse(fmt::format("kernel_shape {}x{} beside weights {}", kernel[0], kernel[1], to_string(*weights)),
                  "make the two agree");
    if (std::max((*weights)[2], (*weights)[3]) > 65536)
      node.refuse("weights have shape " + to_string(*weights), "use a smaller kernel");
    window.kernel_h = static_cast<int>((*weights)[2]);
    window.kernel_w = static_cast<int>((*weights)[3]);
  } else {
    if (kernel.empty()) node.refuse("kernel_shape is missing", "the file is damaged; export it again");
    window.kernel_h = kernel[0];
    window.kernel_w = kernel[1];
  }
  if (const std::vector<int> strides = node.geometry("strides", 2, 1); !strides.empty()) {
    window.stride_h = strides[0];
    window.stride_w = strides[1];
  }
  if (const std::vector<int> dilations = node.geometry("dilations", 2, 1); !dilations.empty()) {
    window.dilation_h = dilations[0];
    window.dilation_w = dilations[1];
  }
  return window;
}

Window read_window(NodeReader& node, const Shape& x, const Shape* weights) {
  Window window = read_kernel(node, x, weights);
  read_pads(node, window);
  read_auto_pad(node, x, window);
  return window;
}

void write_window(NodeWriter& node, const Window& window) {
  node.integers("kernel_shape", {window.kernel_h, window.kernel_w});
  node.integers("strides", {window.stride_h, window.stride_w});
  node.integers("pads", {window.pad_top, window.pad_left, window.pad_bottom, window.pad_right});
}

}  // namespace bitloom::onnx_format
