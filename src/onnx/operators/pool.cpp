#include <algorithm>
#include <numeric>

#include "ir/ops/pool2d.h"
#include "ir/ops/reduce.h"
#include "ir/ops/slice.h"
#include "onnx/operators/operators.h"
#include "onnx/operators/window.h"

namespace bitloom::onnx_format {
namespace {

/// What ceil_mode adds to the padding at the end of an axis: room for one more window, if it begins inside the input or
/// the padding before it. (A window that would begin in the padding behind the input is left out, as PyTorch and ONNX
/// Runtime do.)
int ceil_padding(std::int64_t size, int kernel, int stride, int dilation, int before, int after) {
  const std::int64_t room = size + before + after - (std::int64_t{kernel - 1} * dilation + 1);
  if (room < 0 || room % stride == 0) return 0;
  const std::int64_t start = (room / stride + 1) * stride - before;
  return start < size ? static_cast<int>(stride - room % stride) : 0;
}

/// A pool's window, and the further pads of the windows that ceil_mode adds where they reach beyond the padded input.
struct PlacedWindow {
  PoolWindow window;
  int ceil_bottom = 0, ceil_right = 0;
};

PlacedWindow read_pool_window(NodeReader& node, const Shape& x) {
  const Window window = read_window(node, x, nullptr);
  PlacedWindow placed{{.kernel_h = window.kernel_h,
                       .kernel_w = window.kernel_w,
                       .stride_h = window.stride_h,
                       .stride_w = window.stride_w,
                       .pad_top = window.pad_top,
                       .pad_left = window.pad_left,
                       .pad_bottom = window.pad_bottom,
                       .pad_right = window.pad_right,
                       .dilation_h = window.dilation_h,
                       .dilation_w = window.dilation_w}};
  if (node.integer("ceil_mode", 0) == 0) return placed;
  if (x.rank() == 4)
    placed.ceil_bottom = ceil_padding(x[2], window.kernel_h, window.stride_h, window.dilation_h, window.pad_top, window.pad_bottom);
  placed.ceil_right =
      ceil_padding(x[x.rank() - 1], window.kernel_w, window.stride_w, window.dilation_w, window.pad_left, window.pad_right);
  return placed;
}

void write_pool_window(NodeWriter& node, const PoolWindow& window) {
  write_window(node, {.kernel_h = window.kernel_h,
                      .kernel_w = window.kernel_w,
                      .stride_h = window.stride_h,
                      .stride_w = window.stride_w,
                      .pad_top = window.pad_top,
                      .pad_left = window.pad_left,
                      .pad_bottom = window.pad_bottom,
                      .pad_right = window.pad_right});
  if (window.is_dilated()) node.integers("dilations", {window.dilation_h, window.dilation_w});
}

void read_max_pool(NodeReader& node) {
  Value* x = node.input(0);
  const PlacedWindow placed = read_pool_window(node, x->shape());
  MaxPool2d op;
  op.window = placed.window;
  op.window.pad_bottom += placed.ceil_bottom;
  op.window.pad_right += placed.ceil_right;
  node.integer("storage_order", 0);  // concerns only the second output, which NodeReader refuses
  add_windowed(node, op, {as_image(node, x, "input")}, x->shape().rank() == 3);
}

void write_max_pool(NodeWriter& node) {
  write_pool_window(node, node.op<MaxPool2d>().window);
}

/// With count_include_pad the pads count, but not what ceil_mode adds behind them: so they are laid around the image first.
void read_average_pool(NodeReader& node) {
  Value* x = node.input(0);
  const bool is_line = x->shape().rank() == 3;
  const PlacedWindow placed = read_pool_window(node, x->shape());
  AveragePool2d op;
  op.window = placed.window;
  op.count_include_pad = node.integer("count_include_pad", 0) != 0;
  PoolWindow& w = op.window;
  Value* image = as_image(node, x, "input");
  if (op.count_include_pad && (placed.ceil_bottom || placed.ceil_right)) {
    Pad pad;
    pad.before = {0, 0, w.pad_top, w.pad_left};
    pad.after = {0, 0, w.pad_bottom, w.pad_right};
    image = node.add_step("padded", pad, {image});
    w.pad_top = w.pad_left = w.pad_bottom = w.pad_right = 0;
    op.count_include_pad = false;
  }
  w.pad_bottom += placed.ceil_bottom;
  w.pad_right += placed.ceil_right;
  add_windowed(node, op, {image}, is_line);
}

void write_average_pool(NodeWriter& node) {
  const AveragePool2d& op = node.op<AveragePool2d>();
  constexpr std::int64_t kFirstWithDilations = 19;
  if (op.window.is_dilated()) node.require_opset(kFirstWithDilations);
  write_pool_window(node, op.window);
  node.integer("count_include_pad", op.count_include_pad);
}

/// A pool whose one window is the whole image, which quantization and hardware know; a reduction where it is not an
/// image.
template <class Pool, class Reduction>
void read_global_pool(NodeReader& node) {
  constexpr std::int64_t kLargestKernel = 65536;
  Value* x = node.input(0);
  const Shape& shape = x->shape();
  if (shape.rank() < 3) node.refuse("its input has shape " + to_string(shape), "feed it a tensor NxCx...");
  if (shape.rank() == 4 && std::max(shape[2], shape[3]) <= kLargestKernel && shape.elements() > 0) {
    Pool op;
    op.window.kernel_h = static_cast<int>(shape[2]);
    op.window.kernel_w = static_cast<int>(shape[3]);
    return node.add(op, {x});
  }
  Reduction op;
  op.axes.resize(static_cast<std::size_t>(shape.rank() - 2));
  std::iota(op.axes.begin(), op.axes.end(), 2);
  node.add(op, {x});
}

constexpr bool kTakesIntegers = true;
constexpr Operator kOperators[] = {
    {"AveragePool", 1, 1, AveragePool2d::kName, read_average_pool, write_average_pool},
    {"GlobalAveragePool", 1, 1, "", read_global_pool<AveragePool2d, ReduceMean>, nullptr},
    {"GlobalMaxPool", 1, 1, "", read_global_pool<MaxPool2d, ReduceMax>, nullptr},
    {"MaxPool", 1, 1, MaxPool2d::kName, read_max_pool, write_max_pool, kTakesIntegers},
};

}  // namespace

OperatorFamily pool_operators() {
  return kOperators;
}

}  // namespace bitloom::onnx_format
