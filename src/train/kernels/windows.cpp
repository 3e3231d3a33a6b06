#include <ATen/ops/add.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/div.h>
#include <ATen/ops/full.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sub.h>

#include <functional>
#include <limits>
#include <vector>

#include "ir/ops/conv2d.h"
#include "ir/ops/conv_transpose2d.h"
#include "ir/ops/integer_product.h"
#include "ir/ops/pool2d.h"
#include "train/kernels/kernels.h"

namespace bitloom::train {
namespace {

struct Padding {
  int top, left, bottom, right;
  bool symmetric() const { return top == bottom && left == right; }
  bool none() const { return symmetric() && top == 0 && left == 0; }
};

at::Tensor pad(const at::Tensor& x, const Padding& p, double value) {
  return p.none() ? x : at::constant_pad_nd(x, {p.left, p.right, p.top, p.bottom}, value);
}

/// x, weights, bias (undefined: none) -> y
using Convolution = std::function<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&)>;

Convolution convolution(const Conv2d& op) {
  const Padding all{op.pad_top, op.pad_left, op.pad_bottom, op.pad_right};
  const bool inside = all.symmetric();  // LibTorch pads both sides alike; other pads are laid around x first
  const std::vector<std::int64_t> strides{op.stride_h, op.stride_w}, dilations{op.dilation_h, op.dilation_w};
  const std::vector<std::int64_t> pads =
      inside ? std::vector<std::int64_t>{all.top, all.left} : std::vector<std::int64_t>{0, 0};
  return [=, groups = op.groups](const at::Tensor& x, const at::Tensor& w, const at::Tensor& bias) {
    return at::conv2d(inside ? x : pad(x, all, 0), w, bias, strides, pads, dilations, groups);
  };
}

Kernel conv2d(const Node& node) {
  return [run = convolution(*node.as<Conv2d>())](Operands in, Mode) { return run(in[0], in[1], in.size() > 2 ? in[2] : at::Tensor()); };
}

/// What is left of operand i once its zero point, operand i + 2, is taken away; `along` is the zero point's shape beside it.
at::Tensor centred(Operands in, std::size_t i, at::IntArrayRef along) {
  const bool has_zero_point = i + 2 < in.size() && in[i + 2].defined();
  return has_zero_point ? at::sub(in[i], in[i + 2].reshape(along)) : in[i];
}

/// Integers are whole numbers in float tensors here, so sums are exact up to 2^24.
Kernel conv_integer(const Node& node) {
  return [run = convolution(node.as<ConvInteger>()->geometry)](Operands in, Mode) {
    return run(centred(in, 0, {1, 1, 1, 1}), centred(in, 1, {-1, 1, 1, 1}), at::Tensor());
  };
}

/// LibTorch crops both sides alike, and adds less than a stride at the end; else the whole result is cropped or
/// extended, before the bias.
Kernel conv_transpose2d(const Node& node) {
  const ConvTranspose2d& op = *node.as<ConvTranspose2d>();
  const Padding all{op.pad_top, op.pad_left, op.pad_bottom, op.pad_right};
  const std::vector<std::int64_t> strides{op.stride_h, op.stride_w}, dilations{op.dilation_h, op.dilation_w};
  if (all.symmetric() && op.output_pad_h < op.stride_h && op.output_pad_w < op.stride_w) {
    const std::vector<std::int64_t> pads{all.top, all.left}, output_pads{op.output_pad_h, op.output_pad_w};
    return [=, groups = op.groups](Operands in, Mode) {
      return at::conv_transpose2d(in[0], in[1], in.size() > 2 ? in[2] : at::Tensor(), strides, pads, output_pads,
                                  groups, dilations);
    };
  }
  const Padding crop{-all.top, -all.left, op.output_pad_h - all.bottom, op.output_pad_w - all.right};
  return [=, groups = op.groups](Operands in, Mode) {
    const at::Tensor whole =
        at::conv_transpose2d(in[0], in[1], at::Tensor(), strides, {0, 0}, {0, 0}, groups, dilations);
    const at::Tensor y = pad(whole, crop, 0);
    return in.size() > 2 ? at::add(y, in[2].reshape({1, -1, 1, 1})) : y;
  };
}

Kernel max_pool2d(const Node& node) {
  const PoolWindow& window = node.as<MaxPool2d>()->window;
  const Padding all{window.pad_top, window.pad_left, window.pad_bottom, window.pad_right};
  // LibTorch takes pads up to half the kernel, dilated or not; wider or one-sided ones are laid around x first, as
  // values that never win.
  const bool inside = all.symmetric() && 2 * all.top <= window.kernel_h && 2 * all.left <= window.kernel_w;
  const std::vector<std::int64_t> kernel{window.kernel_h, window.kernel_w}, strides{window.stride_h, window.stride_w};
  const std::vector<std::int64_t> dilations{window.dilation_h, window.dilation_w};
  const std::vector<std::int64_t> pads =
      inside ? std::vector<std::int64_t>{all.top, all.left} : std::vector<std::int64_t>{0, 0};
  return [=](Operands in, Mode) {
    return at::max_pool2d(inside ? in[0] : pad(in[0], all, -std::numeric_limits<double>::infinity()), kernel, strides,
                          pads, dilations);
  };
}

Kernel average_pool2d(const Node& node) {
  const AveragePool2d& op = *node.as<AveragePool2d>();
  const PoolWindow& window = op.window;
  const Padding all{window.pad_top, window.pad_left, window.pad_bottom, window.pad_right};
  const std::vector<std::int64_t> kernel{window.kernel_h, window.kernel_w}, strides{window.stride_h, window.stride_w};
  const std::vector<std::int64_t> dilations{window.dilation_h, window.dilation_w};
  const auto mean = [=, is_dilated = window.is_dilated()](const at::Tensor& x) {
    if (!is_dilated) return at::avg_pool2d(pad(x, all, 0), kernel, strides);
    // LibTorch has no dilated average pool; it is a convolution of each channel by itself.
    const at::Tensor share =
        beside(x, at::full({x.size(1), 1, kernel[0], kernel[1]}, 1.0 / static_cast<double>(kernel[0] * kernel[1])));
    return at::conv2d(pad(x, all, 0), share, at::Tensor(), strides, at::IntArrayRef{0, 0}, dilations, x.size(1));
  };
  if (all.none() || op.count_include_pad) return [=](Operands in, Mode) { return mean(in[0]); };
  const Shape& x = node.input(0)->shape();
  const at::Tensor share_inside = mean(at::ones({1, 1, x[2], x[3]}));  // of each window's positions
  return [=](Operands in, Mode) { return at::div(mean(in[0]), beside(in[0], share_inside)); };
}

constexpr KernelEntry kKernels[] = {
    {AveragePool2d::kName, average_pool2d},
    {Conv2d::kName, conv2d},
    {ConvInteger::kName, conv_integer},
    {ConvTranspose2d::kName, conv_transpose2d},
    {MaxPool2d::kName, max_pool2d},
};

}  // namespace

KernelFamily window_kernels() {
  return kKernels;
}

}  // namespace bitloom::train
