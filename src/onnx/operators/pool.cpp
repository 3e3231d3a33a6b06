#include "ir/ops/pool2d.h"
#include "onnx/operators/operators.h"
#include "onnx/operators/window.h"

namespace bitloom::onnx_format {
namespace {

PoolWindow read_pool_window(NodeReader& node, const Shape& x) {
  const Window window = read_window(node, x, nullptr);
  if (window.dilation_h != 1 || window.dilation_w != 1) node.refuse("dilations are not supported", "only 1, 1");
  if (node.integer("ceil_mode", 0) != 0) {
    const auto left_over = [](std::int64_t padded, int kernel, int stride) { return (padded - kernel) % stride != 0; };
    if (left_over(x[2] + window.pad_top + window.pad_bottom, window.kernel_h, window.stride_h) ||
        left_over(x[3] + window.pad_left + window.pad_right, window.kernel_w, window.stride_w))
      node.refuse("ceil_mode = 1 adds a window that reaches beyond the padded input", "export it with ceil_mode = 0");
  }
  return {.kernel_h = window.kernel_h,
          .kernel_w = window.kernel_w,
          .stride_h = window.stride_h,
          .stride_w = window.stride_w,
          .pad_top = window.pad_top,
          .pad_left = window.pad_left,
          .pad_bottom = window.pad_bottom,
          .pad_right = window.pad_right};
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
}

void read_max_pool(NodeReader& node) {
  Value* x = node.input(0);
  MaxPool2d op;
  op.window = read_pool_window(node, x->shape());
  node.integer("storage_order", 0);  // concerns only the second output, which NodeReader refuses
  node.add(op, {x});
}

void write_max_pool(NodeWriter& node) {
  write_pool_window(node, node.op<MaxPool2d>().window);
}

void read_average_pool(NodeReader& node) {
  Value* x = node.input(0);
  AveragePool2d op;
  op.window = read_pool_window(node, x->shape());
  op.count_include_pad = node.integer("count_include_pad", 0) != 0;
  node.add(op, {x});
}

void write_average_pool(NodeWriter& node) {
  write_pool_window(node, node.op<AveragePool2d>().window);
  node.integer("count_include_pad", node.op<AveragePool2d>().count_include_pad);
}

constexpr bool kTakesIntegers = true;
constexpr Operator kOperators[] = {
    {"AveragePool", 1, 1, AveragePool2d::kName, read_average_pool, write_average_pool},
    {"MaxPool", 1, 1, MaxPool2d::kName, read_max_pool, write_max_pool, kTakesIntegers},
};

}  // namespace

OperatorFamily pool_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
