#include "train/operators.h"

#include <ATen/ops/add.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/div.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/round.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/shape_ops.h"
#include "train/parameters.h"

namespace bitloom::train {
namespace {

using Operands = std::span<const at::Tensor>;

struct Padding {
  int top, left, bottom, right;
  bool symmetric() const { return top == bottom && left == right; }
  bool none() const { return symmetric() && top == 0 && left == 0; }
};

at::Tensor pad(const at::Tensor& x, const Padding& p, double value) {
  return p.none() ? x : at::constant_pad_nd(x, {p.left, p.right, p.top, p.bottom}, value);
}

Kernel conv2d(const Node& node) {
  const Conv2d& op = *node.as<Conv2d>();
  const Padding all{op.pad_top, op.pad_left, op.pad_bottom, op.pad_right};
  const bool inside = all.symmetric();  // LibTorch pads both sides alike; other pads are laid around x first
  const std::vector<std::int64_t> strides{op.stride_h, op.stride_w}, dilations{op.dilation_h, op.dilation_w};
  const std::vector<std::int64_t> pads = inside ? std::vector<std::int64_t>{all.top, all.left} : std::vector<std::int64_t>{0, 0};
  return [=, groups = op.groups](Operands in, Mode) {
    const at::Tensor bias = in.size() > 2 ? in[2] : at::Tensor();
    return at::conv2d(inside ? in[0] : pad(in[0], all, 0), in[1], bias, strides, pads, dilations, groups);
  };
}

Kernel gemm(const Node&) {
  return [](Operands in, Mode) { return at::linear(in[0], in[1], in.size() > 2 ? in[2] : at::Tensor()); };
}

/// In training: normalizes by the batch's own mean and variance and moves the running ones towards them (the variance with n - 1 in the
/// divisor, as LibTorch does).
Kernel batch_norm(const Node& node) {
  const BatchNorm& op = *node.as<BatchNorm>();
  return [epsilon = op.epsilon, share_of_new = 1.0 - double{op.momentum}](Operands in, Mode mode) {
    return at::batch_norm(in[0], in[1], in[2], in[3], in[4], mode == Mode::kTrain, share_of_new, epsilon, /*cudnn_enabled=*/false);
  };
}

/// True when `x` is written by its producer for this consumer alone and the producer's own gradient does not need it.
bool may_overwrite(const Node& node) {
  const Node* producer = node.producer(0);
  if (!producer || producer->single_consumer() != &node) return false;
  return producer->is<Conv2d>() || producer->is<BatchNorm>() || producer->is<Gemm>() || producer->is<Add>() || producer->is<MaxPool2d>() ||
         producer->is<AveragePool2d>();
}

Kernel relu(const Node& node) {
  if (!may_overwrite(node)) return [](Operands in, Mode) { return at::relu(in[0]); };
  return [](Operands in, Mode) {
    at::Tensor x = in[0];
    return at::relu_(x);
  };
}

Kernel max_pool2d(const Node& node) {
  const PoolWindow& window = node.as<MaxPool2d>()->window;
  const Padding all{window.pad_top, window.pad_left, window.pad_bottom, window.pad_right};
  // LibTorch takes pads up to half the kernel; wider or one-sided ones are laid around x first, as values that never win.
  const bool inside = all.symmetric() && 2 * all.top <= window.kernel_h && 2 * all.left <= window.kernel_w;
  const std::vector<std::int64_t> kernel{window.kernel_h, window.kernel_w}, strides{window.stride_h, window.stride_w};
  const std::vector<std::int64_t> pads = inside ? std::vector<std::int64_t>{all.top, all.left} : std::vector<std::int64_t>{0, 0};
  return [=](Operands in, Mode) {
    return at::max_pool2d(inside ? in[0] : pad(in[0], all, -std::numeric_limits<double>::infinity()), kernel, strides, pads);
  };
}

Kernel average_pool2d(const Node& node) {
  const AveragePool2d& op = *node.as<AveragePool2d>();
  const PoolWindow& window = op.window;
  const Padding all{window.pad_top, window.pad_left, window.pad_bottom, window.pad_right};
  const std::vector<std::int64_t> kernel{window.kernel_h, window.kernel_w}, strides{window.stride_h, window.stride_w};
  const auto mean = [=](const at::Tensor& x) { return at::avg_pool2d(pad(x, all, 0), kernel, strides); };
  if (all.none() || op.count_include_pad) return [=](Operands in, Mode) { return mean(in[0]); };
  const Shape& x = node.input(0)->shape();
  const at::Tensor share_inside = mean(at::ones({1, 1, x[2], x[3]}));  // of each window's positions
  return [=](Operands in, Mode) { return at::div(mean(in[0]), share_inside); };
}

Kernel flatten(const Node& node) {
  if (flattens_in_place(node)) return [](Operands in, Mode) { return in[0].permute({0, 2, 3, 1}).flatten(1); };
  return [](Operands in, Mode) { return in[0].flatten(1); };
}

/// One scale, or one per index of an axis, in a shape that broadcasts over the tensor.
at::Tensor scale_tensor(const Quantization& quantization, int rank) {
  const at::Tensor scales = at::tensor(quantization.scales);
  if (!quantization.per_channel()) return scales;
  std::vector<std::int64_t> shape(static_cast<std::size_t>(rank), 1);
  shape[static_cast<std::size_t>(quantization.axis)] = -1;
  return scales.reshape(shape);
}

/// Whole numbers in a float tensor. Training sees rounding as the identity (straight-through estimator, arXiv:1308.3432) and clamping as
/// what it is.
Kernel quantize(const Node& node) {
  const Quantize& op = *node.as<Quantize>();
  const auto low = static_cast<double>(op.element.min() - op.quantization.zero_point);
  const auto high = static_cast<double>(op.element.max() - op.quantization.zero_point);
  const at::Tensor scale = scale_tensor(op.quantization, node.input(0)->shape().rank());
  return [=, zero_point = op.quantization.zero_point](Operands in, Mode mode) {
    const at::Tensor x = at::div(in[0], scale);
    const at::Tensor rounded = mode == Mode::kTrain ? at::add(x, at::sub(at::round(x), x).detach()) : at::round(x);
    return at::add(at::clamp(rounded, low, high), zero_point);
  };
}

Kernel dequantize(const Node& node) {
  const Quantization& quantization = *node.input(0)->type().quantization;
  return [zero_point = quantization.zero_point, scale = scale_tensor(quantization, node.input(0)->shape().rank())](Operands in, Mode) {
    return at::mul(at::sub(in[0], zero_point), scale);
  };
}

struct Entry {
  std::string_view op;
  Kernel (*prepare)(const Node& node);
};

const Entry kOperators[] = {
    {Add::kName, [](const Node&) -> Kernel { return [](Operands in, Mode) { return at::add(in[0], in[1]); }; }},
    {AveragePool2d::kName, average_pool2d},
    {BatchNorm::kName, batch_norm},
    {Conv2d::kName, conv2d},
    {Dequantize::kName, dequantize},
    {Flatten::kName, flatten},
    {Gemm::kName, gemm},
    {MaxPool2d::kName, max_pool2d},
    {Quantize::kName, quantize},
    {Relu::kName, relu},
    {Sigmoid::kName, [](const Node&) -> Kernel { return [](Operands in, Mode) { return at::sigmoid(in[0]); }; }},
    {Softmax::kName, [](const Node&) -> Kernel { return [](Operands in, Mode) { return at::softmax(in[0], -1); }; }},
    {Tanh::kName, [](const Node&) -> Kernel { return [](Operands in, Mode) { return at::tanh(in[0]); }; }},
};

}  // namespace

Kernel make_kernel(const Node& node) {
  for (const Entry& entry : kOperators)
    if (entry.op == node.op().name()) return entry.prepare(node);
  std::vector<std::string> names;
  for (const Entry& entry : kOperators) names.emplace_back(entry.op);
  throw InputError(node.where(), "the LibTorch executor runs float and QDQ networks, which have no such operator",
                   "give it the network before lowering; it knows " + join(names, ", "));
}

at::Tensor to_torch(const Tensor& tensor) {
  at::Tensor result = at::empty(tensor.shape().dims(), at::kFloat);
  float* out = result.data_ptr<float>();
  if (tensor.is_float())
    std::copy(tensor.floats().begin(), tensor.floats().end(), out);
  else
    std::transform(tensor.integers().begin(), tensor.integers().end(), out, [](std::int32_t q) { return static_cast<float>(q); });
  return tensor.shape().rank() == 4 ? result.contiguous(at::MemoryFormat::ChannelsLast) : result;
}

Tensor from_torch(const at::Tensor& tensor, const TensorType& type) {
  const at::Tensor rows = tensor.contiguous();
  const std::span values(rows.data_ptr<float>(), static_cast<std::size_t>(rows.numel()));
  const Shape shape(rows.sizes().vec());
  if (type.element.is_float) return Tensor(shape, std::vector<float>(values.begin(), values.end()));
  std::vector<std::int32_t> integers(values.size());
  std::transform(values.begin(), values.end(), integers.begin(), [](float q) { return static_cast<std::int32_t>(q); });
  return Tensor(TensorType{shape, type.element, type.quantization}, std::move(integers));
}

}  // namespace bitloom::train
