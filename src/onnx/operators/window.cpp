#include "onnx/operators/window.h"

#include <fmt/format.h>

#include <algorithm>

namespace bitloom::onnx_format {
namespace {

constexpr std::int64_t kLargestKernel = 65536;

struct Padding {
  int begin = 0, end = 0;
};

/// An attribute with one entry per axis of the image, into `list` where it is there.
void read_extent(NodeReader& node, const std::string& name, std::vector<int>& list) {
  const std::vector<int> given = node.geometry(name, static_cast<int>(list.size()), 1);
  if (!given.empty()) list = given;
}

/// ONNX's SAME: as many outputs as ceil(input / stride); the odd one of the padding goes to the end (upper) or the
/// beginning (lower).
Padding same_padding(std::int64_t input, std::int64_t extent, int stride, bool upper) {
  const std::int64_t outputs = (input + stride - 1) / stride;
  const auto total = static_cast<int>(std::clamp<std::int64_t>((outputs - 1) * stride + extent - input, 0, 2 * kLargestKernel));
  return upper ? Padding{total / 2, total - total / 2} : Padding{total - total / 2, total / 2};
}

/// Resolves auto_pad, which takes the place of pads.
void read_auto_pad(NodeReader& node, const Shape& x, WindowNd& window) {
  const std::string auto_pad = node.text("auto_pad", "NOTSET");
  if (auto_pad == "NOTSET") return;
  const auto is_given = [](const std::vector<int>& pads) { return std::ranges::any_of(pads, [](int pad) { return pad != 0; }); };
  if (is_given(window.pads_begin) || is_given(window.pads_end)) node.refuse("both pads and auto_pad are given", "give one of them");
  if (auto_pad == "VALID") return;
  if (auto_pad != "SAME_UPPER" && auto_pad != "SAME_LOWER")
    node.refuse("auto_pad holds an unknown mode", "supported: NOTSET, VALID, SAME_UPPER, SAME_LOWER");
  for (int axis = 0; axis < window.axes(); ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    const Padding pads = same_padding(x[axis + 2], window.extent(axis), window.strides[a], auto_pad == "SAME_UPPER");
    window.pads_begin[a] = pads.begin;
    window.pads_end[a] = pads.end;
  }
}

}  // namespace

WindowNd read_kernel(NodeReader& node, const Shape& x, const Shape* weights) {
  if (x.rank() < 3 || (weights && weights->rank() != x.rank()))
    node.refuse("its input has shape " + to_string(x), "feed it an image NxCx..., and weights of as many axes");
  WindowNd window(x.rank() - 2);
  read_extent(node, "kernel_shape", window.kernel);
  if (weights) {
    std::vector<int> sizes;
    for (const std::int64_t size : ops::image_axes(*weights)) {
      if (size > kLargestKernel) node.refuse("weights have shape " + to_string(*weights), "use a smaller kernel");
      sizes.push_back(static_cast<int>(size));
    }
    if (node.has_attribute("kernel_shape") && window.kernel != sizes)
      node.refuse(fmt::format("kernel_shape {} beside weights {}", fmt::join(window.kernel, "x"), to_string(*weights)),
                  "make the two agree");
    window.kernel = sizes;
  } else if (!node.has_attribute("kernel_shape")) {
    node.refuse("kernel_shape is missing", "the file is damaged; export it again");
  }
  read_extent(node, "strides", window.strides);
  read_extent(node, "dilations", window.dilations);
  return window;
}

void read_pads(NodeReader& node, WindowNd& window) {
  const std::vector<int> pads = node.geometry("pads", 2 * window.axes(), 0);  // ONNX order: all beginnings, then all ends
  if (pads.empty()) return;
  window.pads_begin.assign(pads.begin(), pads.begin() + window.axes());
  window.pads_end.assign(pads.begin() + window.axes(), pads.end());
}

WindowNd read_window(NodeReader& node, const Shape& x, const Shape* weights) {
  WindowNd window = read_kernel(node, x, weights);
  read_pads(node, window);
  read_auto_pad(node, x, window);
  return window;
}

int read_groups(NodeReader& node, std::int64_t channels) {
  const std::int64_t groups = node.integer("group", 1);
  if (groups < 1 || groups > channels) node.refuse("group = " + std::to_string(groups), "use a divisor of the channels");
  return static_cast<int>(groups);
}

Window image_window(const NodeReader& node, const WindowNd& window) {
  if (window.axes() > 2) node.refuse(fmt::format("images of {} axes", window.axes()), "only images of two axes, or of one, are supported");
  const std::size_t w = static_cast<std::size_t>(window.axes()) - 1;
  Window image{.kernel_w = window.kernel[w], .stride_w = window.strides[w]};
  image.pad_left = window.pads_begin[w];
  image.pad_right = window.pads_end[w];
  image.dilation_w = window.dilations[w];
  if (window.axes() == 1) return image;
  image.kernel_h = window.kernel[0];
  image.stride_h = window.strides[0];
  image.pad_top = window.pads_begin[0];
  image.pad_bottom = window.pads_end[0];
  image.dilation_h = window.dilations[0];
  return image;
}

Value* as_image(NodeReader& node, Value* x, const std::string& suffix) {
  const Shape& shape = x->shape();
  if (!is_line(shape)) return x;
  Reshape op;
  op.shape = {shape[0], shape[1], 1, shape[2]};
  return node.add_step(suffix, op, {x});
}

void write_window(NodeWriter& node, const Window& window) {
  node.integers("kernel_shape", {window.kernel_h, window.kernel_w});
  node.integers("strides", {window.stride_h, window.stride_w});
  node.integers("pads", {window.pad_top, window.pad_left, window.pad_bottom, window.pad_right});
}

void write_window(NodeWriter& node, const WindowNd& window) {
  node.integers("kernel_shape", wide(window.kernel));
  node.integers("strides", wide(window.strides));
  std::vector<std::int64_t> pads = wide(window.pads_begin);
  pads.insert(pads.end(), window.pads_end.begin(), window.pads_end.end());
  node.integers("pads", pads);
}

}  // namespace bitloom::onnx_format
