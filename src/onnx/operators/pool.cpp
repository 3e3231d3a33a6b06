#include <algorithm>
#include <numeric>

#include "ir/ops/pool2d.h"
#include "ir/ops/reduce.h"
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

PoolWindow read_pool_window(NodeReader& node, const Shape& x, bool pads_are_counted) {
  Window window = read_window(node, x, nullptr);
  if (node.integer("ceil_mode", 0) != 0) {
    const int below =
        ceil_padding(x[2], window.kernel_h, window.stride_h, window.dilation_h, window.pad_top, window.pad_bottom);
    const int right =
        ceil_padding(x[3], window.kernel_w, window.stride_w, window.dilation_w, window.pad_left, window.pad_right);
    if (pads_are_counted && (below || right))
      node.refuse(
          "ceil_mode = 1 adds a window that reaches beyond the padded input, which count_include_pad = 1 counts only "
          "up to there",
          "export it with ceil_mode = 0 or count_include_pad = 0");
    window.pad_bottom += below;
    window.pad_right += right;
  }
  return {.kernel_h = window.kernel_h,
          .kernel_w = window.kernel_w,
          .stride_h = window.stride_h,
          .stride_w = window.stride_w,
          .pad_top = window.pad_top,
          .pad_left = window.pad_left,
          .pad_bottom = window.pad_bottom,
          .pad_right = window.pad_right,
          .dilation_h = window.dilation_h,
          .dilation_w = window.dilation_w};
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
  MaxPool2d op;
  op.window = read_pool_window(node, x->shape(), /*pads_are_counted=*/false);
  node.integer("storage_order", 0);  // concerns only the second output, which NodeReader refuses
  node.add(op, {x});
}

void write_max_pool(NodeWriter& node) {
  write_pool_window(node, node.op<MaxPool2d>().window);
}

void read_average_pool(NodeReader& node) {
  Value* x = node.input(0);
  AveragePool2d op;
  op.count_include_pad = node.integer("count_include_pad", 0) != 0;
  op.window = read_pool_window(node, x->shape(), op.count_include_pad);
  node.add(op, {x});
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
