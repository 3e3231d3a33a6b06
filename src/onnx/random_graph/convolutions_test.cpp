#include "ir/ops/conv2d.h"
#include "ir/ops/conv_nd.h"
#include "ir/ops/conv_transpose2d.h"
#include "ir/ops/matmul.h"
#include "onnx/random_graph/generator.h"

namespace bitloom::onnx_format {
namespace {

void add_conv(Generator& g) {
  Conv2d op;
  const std::int64_t channels = g.shape()[1], kernel_h = 1 + g.below(3), kernel_w = 1 + g.below(3);
  op.groups = g.below(3) == 0 ? static_cast<int>(channels) : 1;
  op.stride_h = 1 + g.small(2);
  op.stride_w = 1 + g.small(2);
  op.dilation_h = 1 + g.small(2);
  op.pad_top = 2 + g.small(3);
  op.pad_left = 1 + g.small(3);
  op.pad_bottom = 2 + g.small(3);
  op.pad_right = 1 + g.small(3);
  const std::int64_t outputs = op.groups * (1 + g.below(3));
  Value* w = g.parameter(Shape{outputs, channels / op.groups, kernel_h, kernel_w}, ElementType::int8());
  g.append(op, {w, g.coin() ? g.parameter(Shape{outputs}, ElementType::int32()) : nullptr});
}

void add_conv_transpose(Generator& g) {
  const Shape& x = g.shape();
  ConvTranspose2d op;
  op.groups = g.below(3) == 0 ? static_cast<int>(x[1]) : 1;
  op.stride_h = x[2] < 20 ? 1 + g.small(2) : 1;
  op.dilation_w = 1 + g.small(2);
  op.pad_top = g.small(2);
  op.pad_right = g.small(2);
  op.output_pad_h = g.small(op.stride_h);
  const std::int64_t outputs_per_group = 1 + g.below(2);
  Value* w = g.floats({x[1], outputs_per_group, 2, 2});
  g.append(op, {w, g.coin() ? g.floats({outputs_per_group * op.groups}) : nullptr});
}

/// Over a volume of depth 1, which becomes an image again.
void add_conv_nd(Generator& g) {
  const Shape x = g.shape();
  ConvNd op;
  op.window = WindowNd(3);
  op.window.kernel = {2, 1 + g.small(2), 1};
  op.window.strides = {1, 1 + g.small(2), 1};
  op.window.pads_begin = {1, 1, 0};
  op.window.pads_end = {1, 0, g.small(3)};
  op.window.dilations[2] = 1 + g.small(2);
  op.groups = g.below(3) == 0 ? static_cast<int>(x[1]) : 1;
  const std::int64_t outputs = op.groups * (1 + g.below(2));
  g.reshape({1, x[1], 1, x[2], x[3]});
  Value* w = g.parameter({outputs, x[1] / op.groups, 2, op.window.kernel[1], 1}, ElementType::int8());
  g.append(op, {w, g.coin() ? g.floats({outputs}) : nullptr});
  const Shape y = g.shape();
  g.reshape({1, y[1], y[2] * y[3], y[4]});
}

void add_conv_transpose_nd(Generator& g) {
  const Shape x = g.shape();
  ConvTransposeNd op;
  op.window = WindowNd(3);
  op.window.kernel = {1 + g.small(2), 2, 1};
  op.window.strides = {1, 1, 1 + g.small(2)};
  op.window.pads_end = {0, g.small(2), 0};
  op.output_pads = {0, 0, op.window.strides[2] - 1};
  g.reshape({1, x[1], 1, x[2], x[3]});
  Value* w = g.floats({x[1], 1, op.window.kernel[0], 2, 1});
  g.append(op, {w, g.coin() ? g.floats({1}) : nullptr});
  const Shape y = g.shape();
  g.reshape({1, y[1] * y[2], y[3], y[4]});
}

void add_matmul(Generator& g) { g.append(MatMul{}, {g.floats({g.shape()[3], 1 + g.below(4)})}); }

constexpr Layer kLayers[] = {add_conv, add_conv, add_conv, add_conv_nd, add_conv_transpose, add_conv_transpose_nd, add_matmul};

}  // namespace

LayerFamily convolution_layers() { return kLayers; }

}  // namespace bitloom::onnx_format
