#include <ATen/ops/abs.h>
#include <ATen/ops/add.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/ceil.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/div.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/floor.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/round.h>
#include <ATen/ops/sign.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/trunc.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "ir/ops/multi_threshold.h"
#include "ir/ops/quantization.h"
#include "train/kernels/kernels.h"
#include "train/kernels/simulated_quantization.h"

namespace bitloom::train {
namespace {

/// One number, or one per index of the quantization's axis, in a shape that broadcasts over the tensor.
at::Tensor laid_along(const at::Tensor& numbers, const Quantization& quantization, int rank) {
  if (!quantization.per_channel()) return numbers;
  std::vector<std::int64_t> shape(static_cast<std::size_t>(rank), 1);
  shape[static_cast<std::size_t>(quantization.axis)] = -1;
  return numbers.reshape(shape);
}

at::Tensor scale_tensor(const Quantization& quantization, int rank) { return laid_along(at::tensor(quantization.scales), quantization, rank); }

at::Tensor zero_point_tensor(const Quantization& quantization, int rank) {
  std::vector<float> zeros;
  for (std::size_t i = 0; i < quantization.scales.size(); ++i) zeros.push_back(static_cast<float>(quantization.zero_point_of(i)));
  return laid_along(at::tensor(zeros), quantization, rank);
}

at::Tensor round_to(Rounding rounding, const at::Tensor& x) {
  switch (rounding) {
    case Rounding::kHalfToEven:
      return at::round(x);
    case Rounding::kHalfUp:
      return at::floor(at::add(x, 0.5));
    case Rounding::kFloor:
      return at::floor(x);
    case Rounding::kCeil:
      return at::ceil(x);
    case Rounding::kTowardsZero:
      return at::trunc(x);
    case Rounding::kAwayFromZero:
      return at::mul(at::sign(x), at::ceil(at::abs(x)));
    case Rounding::kHalfAwayFromZero:
      return at::mul(at::sign(x), at::floor(at::add(at::abs(x), 0.5)));
    case Rounding::kHalfTowardsZero:
      return at::mul(at::sign(x), at::ceil(at::sub(at::abs(x), 0.5)));
    case Rounding::kHalfToOdd:
      return at::sub(at::round(at::add(x, 1)), 1);
  }
  return x;
}

/// The values of `exact` with the gradient of `smooth` (straight-through estimator, arXiv:1308.3432).
at::Tensor straight_through(const at::Tensor& smooth, const at::Tensor& exact) { return at::add(smooth, at::sub(exact, smooth).detach()); }

/// Whole numbers in a float tensor. Training sees rounding as the identity and clamping as
/// what it is; the sign of a bipolar value as the identity between -1 and 1 (arXiv:1602.02830, equation 4).
Kernel quantize_to_integers(const Node& node) {
  const Quantize& op = *node.as<Quantize>();
  const int rank = node.input(0)->shape().rank();
  const at::Tensor scale = scale_tensor(op.quantization, rank), zero = zero_point_tensor(op.quantization, rank);
  const auto low = static_cast<double>(op.low()), high = static_cast<double>(op.high());
  const auto whole = [bipolar = op.element.is_bipolar(), rounding = op.rounding](const at::Tensor& x) {
    return bipolar ? at::sub(at::mul(at::ge(x, 0).to(at::kFloat), 2), 1) : round_to(rounding, x);
  };
  return [=, bipolar = op.element.is_bipolar()](Operands in, Mode mode) {
    const at::Tensor x = at::div(in[0], beside(in[0], scale)), offset = beside(x, zero);
    if (mode != Mode::kTrain) return at::clamp(at::add(whole(x), offset), low, high);
    return at::clamp(at::add(straight_through(bipolar ? at::clamp(x, -1, 1) : x, whole(x)), offset), low, high);
  };
}

Kernel dequantize(const Node& node) {
  const Quantization& quantization = *node.input(0)->type().quantization;
  const int rank = node.input(0)->shape().rank();
  return [zero = zero_point_tensor(quantization, rank), scale = scale_tensor(quantization, rank)](Operands in, Mode) {
    return at::mul(at::sub(in[0], beside(in[0], zero)), beside(in[0], scale));
  };
}

QuantizedBlocks blocks_of(const at::Tensor& x, const at::Tensor& scales, const at::Tensor& zeros, double low, double high) {
  const auto count = static_cast<std::size_t>(scales.numel());
  return {x.numel() / scales.numel(), {scales.data_ptr<float>(), count}, {zeros.data_ptr<float>(), count},
          {static_cast<float>(low), static_cast<float>(high)}};
}

/// Quantize and Dequantize in one, with the gradient of `quantize_to_integers`.
struct SimulateQuantization : torch::autograd::Function<SimulateQuantization> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& scales, const at::Tensor& zeros,
                            double low, double high) {
    const at::Tensor y = at::empty_like(x);
    simulate_quantization(x.data_ptr<float>(), blocks_of(x, scales, zeros, low, high), y.data_ptr<float>());
    context->save_for_backward({x, scales, zeros});
    context->saved_data["low"] = low;
    context->saved_data["high"] = high;
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], dx = at::empty_like(x);
    const at::Tensor dy = gradients[0].strides() == x.strides() ? gradients[0] : at::empty_like(x).copy_(gradients[0]);
    const QuantizedBlocks blocks = blocks_of(x, saved[1], saved[2], context->saved_data["low"].toDouble(), context->saved_data["high"].toDouble());
    simulate_quantization_gradient(x.data_ptr<float>(), dy.data_ptr<float>(), blocks, dx.data_ptr<float>());
    return {dx, {}, {}, {}, {}};
  }
};

/// Whether the numbers of each index of axis 0 lie together, without holes.
bool lies_in_blocks(const at::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && x.is_non_overlapping_and_dense() && x.numel() > 0 &&
         (x.dim() == 0 || x.size(0) == 1 || x.stride(0) * x.size(0) == x.numel());
}

/// Where only a Dequantize reads it, that, too.
Kernel quantize(const Node& node) {
  const Kernel integers = quantize_to_integers(node);
  const std::vector<const Node*> chain = fused_chain(node);
  if (chain.size() == 1) return integers;
  const Quantize& op = *node.as<Quantize>();
  const bool has_blocks = op.rounding == Rounding::kHalfToEven && !op.element.is_bipolar() && (!op.quantization.per_channel() || op.quantization.axis == 0);
  return [=, reals = dequantize(*chain.back()), scales = scale_tensor(op.quantization, 1), zeros = zero_point_tensor(op.quantization, 1),
          low = static_cast<double>(op.low()), high = static_cast<double>(op.high())](Operands in, Mode mode) -> at::Tensor {
    if (has_blocks && lies_in_blocks(in[0])) return SimulateQuantization::apply(in[0], scales, zeros, low, high);
    const at::Tensor q = integers(in, mode);
    return reals({&q, 1}, mode);
  };
}

/// Training sees both roundings as the identity, as in quantize_to_integers.
Kernel trunc(const Node& node) {
  const Trunc& op = *node.as<Trunc>();
  const int rank = node.input(0)->shape().rank();
  const auto low = static_cast<double>(lowest(op.element, op.narrow)), high = static_cast<double>(highest(op.element, op.narrow));
  return [=, scale = scale_tensor(op.input, rank), zero = zero_point_tensor(op.input, rank), rounding = op.rounding,
          step = std::ldexp(1.0, op.shift)](Operands in, Mode mode) {
    const at::Tensor x = at::add(at::div(in[0], beside(in[0], scale)), beside(in[0], zero));
    const at::Tensor whole = round_to(rounding, at::div(at::round(x), step));
    return at::clamp(mode == Mode::kTrain ? straight_through(at::div(x, step), whole) : whole, low, high);
  };
}

/// Training sees a line from the first of a channel's thresholds to its last, which goes through the middle of every step where they are evenly
/// spaced; of a single threshold, one of the slope of what q stands for.
Kernel multi_threshold(const Node& node) {
  const MultiThreshold& op = *node.as<MultiThreshold>();
  if (!node.input(0)->type().element.is_float)
    throw InputError(node.where(), "compares integers, which the LibTorch executor does not", "give it the network before lowering");
  std::vector<std::int64_t> along(static_cast<std::size_t>(node.input(0)->shape().rank()), 1);
  along[static_cast<std::size_t>(op.axis)] = node.input(1)->shape()[0];
  const std::int64_t steps = node.input(1)->shape()[1];
  const double scale = op.quantization.scales.front();
  return [=, bipolar = op.element.is_bipolar(), bias = op.bias](Operands in, Mode mode) {
    const at::Tensor &x = in[0], &thresholds = in[1];
    at::Tensor reached = at::zeros_like(x);
    for (std::int64_t t = 0; t < steps; ++t) reached = at::add(reached, at::ge(x, thresholds.select(1, t).reshape(along)));
    const auto integer = [&](const at::Tensor& count) { return bipolar ? at::sub(at::mul(count, 2), 1) : at::add(count, bias); };
    if (mode != Mode::kTrain) return integer(reached);
    const at::Tensor first = at::amin(thresholds, 1).reshape(along), last = at::amax(thresholds, 1).reshape(along);
    const double single = bipolar ? 2 * scale : scale;  // between its two values
    const at::Tensor step = at::where(at::gt(last, first), at::div(at::sub(last, first), std::max<double>(1, static_cast<double>(steps - 1))), single);
    const at::Tensor line = at::clamp(at::add(at::div(at::sub(x, first), step), 0.5), 0, static_cast<double>(steps));
    return integer(straight_through(line, reached));
  };
}

constexpr KernelEntry kKernels[] = {
    {Dequantize::kName, dequantize},
    {MultiThreshold::kName, multi_threshold},
    {Quantize::kName, quantize},
    {Trunc::kName, trunc},
};

}  // namespace

KernelFamily quantization_kernels() { return kKernels; }

}  // namespace bitloom::train
