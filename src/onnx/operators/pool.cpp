#include "onnx/operators/pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "ir/ops/elementwise.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/pool_nd.h"
#include "ir/ops/reduce.h"
#include "ir/ops/slice.h"
#include "onnx/operators/operators.h"
#include "onnx/operators/window.h"

namespace bitloom::onnx_format {
namespace {

/// What ceil_mode adds to the padding at the end of an axis: room for one more window, if it begins inside the input or
/// the padding before it. (A window that would begin in the padding behind the input is left out, as PyTorch and ONNX
/// Runtime do.)
int ceil_padding(const WindowNd& window, int axis, std::int64_t size) {
  const auto a = static_cast<std::size_t>(axis);
  const int stride = window.strides[a];
  const std::int64_t room = size + window.pads(axis) - window.extent(axis);
  if (room < 0 || room % stride == 0) return 0;
  const std::int64_t start = (room / stride + 1) * stride - window.pads_begin[a];
  return start < size ? static_cast<int>(stride - room % stride) : 0;
}

/// A pool's window, and the further pads of the windows that ceil_mode adds where they reach beyond the padded input.
struct PlacedWindow {
  WindowNd window;
  std::vector<int> ceil;

  bool has_ceil() const {
    return std::ranges::any_of(ceil, [](int pad) { return pad != 0; });
  }
  WindowNd with_ceil() const {
    WindowNd all = window;
    for (std::size_t a = 0; a < ceil.size(); ++a) all.pads_end[a] += ceil[a];
    return all;
  }
};

PlacedWindow read_pool_window(NodeReader& node, const Shape& x) {
  PlacedWindow placed{read_window(node, x, nullptr), {}};
  const bool ceil = node.integer("ceil_mode", 0) != 0;
  for (int axis = 0; axis < placed.window.axes(); ++axis) placed.ceil.push_back(ceil ? ceil_padding(placed.window, axis, x[axis + 2]) : 0);
  return placed;
}

PoolWindow pool_window(const NodeReader& node, const WindowNd& window) {
  const Window image = image_window(node, window);
  PoolWindow result{.kernel_h = image.kernel_h, .kernel_w = image.kernel_w};
  place(image, result);
  return result;
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

void write_pool_window(NodeWriter& node, const WindowNd& window) {
  write_window(node, window);
  if (window.is_dilated()) node.integers("dilations", wide(window.dilations));
}

void read_max_pool(NodeReader& node) {
  Value* x = node.input(0);
  const WindowNd window = read_pool_window(node, x->shape()).with_ceil();
  const bool column_major = node.integer("storage_order", 0) != 0;
  if (has_many_axes(x->shape()) || node.has_output(1)) {
    MaxPoolNd op;
    op.window = window;
    op.indices = node.has_output(1);
    op.column_major = op.indices && column_major;
    return node.add(op, {x});
  }
  MaxPool2d op;
  op.window = pool_window(node, window);
  node.define_output(0, add_windowed(node, "", op, {as_image(node, x, "input")}, is_line(x->shape())));
}

void write_max_pool(NodeWriter& node) { write_pool_window(node, node.op<MaxPool2d>().window); }

void write_max_pool_nd(NodeWriter& node) {
  write_pool_window(node, node.op<MaxPoolNd>().window);
  node.integer("storage_order", node.op<MaxPoolNd>().column_major);
}

void read_average_pool(NodeReader& node) { node.define_output(0, average_pool(node, node.input(0), "")); }

void require_opset_of_dilations(NodeWriter& node, bool is_dilated) {
  constexpr std::int64_t kFirstWithDilations = 19;
  if (is_dilated) node.require_opset(kFirstWithDilations);
}

template <class Pool>
void write_average_pool(NodeWriter& node) {
  const Pool& op = node.op<Pool>();
  require_opset_of_dilations(node, op.window.is_dilated());
  write_pool_window(node, op.window);
  node.integer("count_include_pad", op.count_include_pad);
}

/// The mean of each window of `x` as the step NAME.suffix ("": the node itself).
Value* mean_over(NodeReader& node, Value* x, const WindowNd& window, bool count_include_pad, const std::string& suffix) {
  if (has_many_axes(x->shape())) {
    AveragePoolNd op;
    op.window = window;
    op.count_include_pad = count_include_pad;
    return node.add_step(suffix, op, {x});
  }
  AveragePool2d op;
  op.window = pool_window(node, window);
  op.count_include_pad = count_include_pad;
  return add_windowed(node, suffix, op, {as_image(node, x, "input")}, is_line(x->shape()));
}

/// (sum of |x|^p over the window)^(1/p): the mean of the powers, pads as zeros among them, is that sum over the size of the kernel.
void read_lp_pool(NodeReader& node) {
  Value* x = node.input(0);
  const auto p = static_cast<float>(node.opset() < 2 ? node.real("p", 2) : node.integer("p", 2));
  if (!(p >= 1)) node.refuse(fmt::format("p = {}", p), "use at least 1");
  const WindowNd window = read_pool_window(node, x->shape()).with_ceil();
  float size = 1;
  for (const int length : window.kernel) size *= static_cast<float>(length);
  const auto number = [&](const std::string& suffix, float value) {
    return node.add_constant(suffix, Tensor(Shape{}, std::vector<float>{value}));
  };
  Value* powers = node.add_step("powers", Pow{}, {node.add_step("sizes", Abs{}, {x}), number("p", p)});
  Value* mean = mean_over(node, powers, window, /*count_include_pad=*/true, "mean");
  node.add(Pow{}, {node.add_step("sum", Mul{}, {mean, number("kernel_size", size)}), number("root", 1 / p)});
}

/// A pool whose one window is the whole image, which quantization and hardware know; a reduction where it is not an
/// image.
template <class Pool, class Reduction>
Value* global_pool(NodeReader& node, Value* x, const std::string& suffix) {
  constexpr std::int64_t kLargestKernel = 65536;
  const Shape& shape = x->shape();
  if (shape.rank() < 3) node.refuse("its input has shape " + to_string(shape), "feed it a tensor NxCx...");
  if (shape.rank() == 4 && std::max(shape[2], shape[3]) <= kLargestKernel && shape.elements() > 0) {
    Pool op;
    op.window.kernel_h = static_cast<int>(shape[2]);
    op.window.kernel_w = static_cast<int>(shape[3]);
    return node.add_step(suffix, op, {x});
  }
  Reduction op;
  op.axes.resize(static_cast<std::size_t>(shape.rank() - 2));
  std::iota(op.axes.begin(), op.axes.end(), 2);
  return node.add_step(suffix, op, {x});
}

void read_global_average_pool(NodeReader& node) { node.define_output(0, global_average_pool(node, node.input(0), "")); }
void read_global_max_pool(NodeReader& node) { node.define_output(0, global_pool<MaxPool2d, ReduceMax>(node, node.input(0), "")); }

constexpr bool kTakesIntegers = true;
constexpr Operator kOperators[] = {
    {"AveragePool", 1, 1, AveragePool2d::kName, read_average_pool, write_average_pool<AveragePool2d>},
    {"AveragePool", 1, 1, AveragePoolNd::kName, read_average_pool, write_average_pool<AveragePoolNd>},
    {"GlobalAveragePool", 1, 1, "", read_global_average_pool, nullptr},
    {"GlobalMaxPool", 1, 1, "", read_global_max_pool, nullptr},
    {"LpPool", 1, 1, "", read_lp_pool, nullptr},
    {"MaxPool", 1, 1, MaxPool2d::kName, read_max_pool, write_max_pool, kTakesIntegers},
    {"MaxPool", 1, 1, MaxPoolNd::kName, read_max_pool, write_max_pool_nd, kTakesIntegers},
};

}  // namespace

/// With count_include_pad the pads count, but not what ceil_mode adds behind them: so they are laid around the image first.
Value* average_pool(NodeReader& node, Value* x, const std::string& suffix) {
  const PlacedWindow placed = read_pool_window(node, x->shape());
  WindowNd window = placed.with_ceil();
  bool count_include_pad = node.integer("count_include_pad", 0) != 0;
  if (count_include_pad && placed.has_ceil()) {
    Pad pad;
    pad.before = pad.after = {0, 0};
    pad.before.insert(pad.before.end(), window.pads_begin.begin(), window.pads_begin.end());
    pad.after.insert(pad.after.end(), placed.window.pads_end.begin(), placed.window.pads_end.end());
    x = node.add_step("padded", pad, {x});
    std::ranges::fill(window.pads_begin, 0);
    window.pads_end = placed.ceil;
    count_include_pad = false;
  }
  return mean_over(node, x, window, count_include_pad, suffix);
}

Value* global_average_pool(NodeReader& node, Value* x, const std::string& suffix) {
  return global_pool<AveragePool2d, ReduceMean>(node, x, suffix);
}

OperatorFamily pool_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
