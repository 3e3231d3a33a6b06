#include <ATen/ops/abs.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/argmin.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/div.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/instance_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/log.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/prod.h>
#include <ATen/ops/scatter.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/square.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/var_mean.h>
#include <ATen/ops/zeros_like.h>

#include <tuple>
#include <vector>

#include "ir/ops/gemm.h"
#include "ir/ops/integer_product.h"
#include "ir/ops/layer_norm.h"
#include "ir/ops/lrn.h"
#include "ir/ops/matmul.h"
#include "ir/ops/reduce.h"
#include "ir/ops/selection.h"
#include "ir/ops/softmax.h"
#include "train/kernels/kernels.h"

namespace bitloom::train {
namespace {

using Axes = std::vector<std::int64_t>;

Kernel gemm(const Node&) {
  return [](Operands in, Mode) { return at::linear(in[0], in[1], in.size() > 2 ? in[2] : at::Tensor()); };
}

Kernel layer_norm(const Node& node) {
  return [shape = node.input(1)->shape().dims(), epsilon = node.as<LayerNorm>()->epsilon](Operands in, Mode) {
    return at::layer_norm(in[0], shape, in[1], in.size() > 2 ? in[2] : at::Tensor(), epsilon, /*cudnn_enable=*/false);
  };
}

Kernel instance_norm(const Node& node) {
  return [epsilon = node.as<InstanceNorm>()->epsilon](Operands in, Mode) {
    return at::instance_norm(in[0], in[1], in[2], {}, {}, /*use_input_stats=*/true, /*momentum=*/0, epsilon,
                             /*cudnn_enabled=*/false);
  };
}

Kernel mean_variance_norm(const Node& node) {
  const std::vector<int>& given = node.as<MeanVarianceNorm>()->axes;
  return [axes = Axes(given.begin(), given.end())](Operands in, Mode) {
    const auto [variance, mean] = at::var_mean(in[0], axes, /*unbiased=*/false, /*keepdim=*/true);
    return at::div(at::sub(in[0], mean), at::sqrt(variance).add(1e-9));
  };
}

/// The mean of squares over neighbouring channels is an average pool over images of channels x positions.
Kernel lrn(const Node& node) {
  const Lrn& op = *node.as<Lrn>();
  return [size = std::int64_t{op.size}, alpha = op.alpha, beta = op.beta, bias = op.bias](Operands in, Mode) {
    const at::Tensor squares = at::square(in[0]).reshape({in[0].size(0), 1, in[0].size(1), -1});
    const std::int64_t before = (size - 1) / 2;
    const at::Tensor mean =
        at::avg_pool2d(at::constant_pad_nd(squares, {0, 0, before, size - 1 - before}), {size, 1}, {1, 1});
    return at::div(in[0], at::pow(mean.mul(alpha).add(bias), beta).reshape(in[0].sizes()));
  };
}

/// A reduction over axes, by LibTorch's function of the same arguments.
using ReduceFunction = at::Tensor (*)(const at::Tensor& x, at::IntArrayRef axes, bool keep_dims);

template <class T, ReduceFunction kReduce>
constexpr KernelEntry reduction() {
  return {T::kName, [](const Node& node) -> Kernel {
            const T& op = *node.as<T>();
            return [axes = Axes(op.axes.begin(), op.axes.end()), keep = op.keep_dims](Operands in, Mode) {
              return kReduce(in[0], axes, keep);
            };
          }};
}

at::Tensor l1(const at::Tensor& x, at::IntArrayRef axes, bool keep) {
  return at::linalg_vector_norm(x, 1, axes, keep);
}
at::Tensor l2(const at::Tensor& x, at::IntArrayRef axes, bool keep) {
  return at::linalg_vector_norm(x, 2, axes, keep);
}
at::Tensor log_sum(const at::Tensor& x, at::IntArrayRef axes, bool keep) {
  return at::log(at::sum(x, axes, keep));
}
at::Tensor log_sum_exp(const at::Tensor& x, at::IntArrayRef axes, bool keep) {
  return at::logsumexp(x, axes, keep);
}
at::Tensor max(const at::Tensor& x, at::IntArrayRef axes, bool keep) {
  return at::amax(x, axes, keep);
}
at::Tensor mean(const at::Tensor& x, at::IntArrayRef axes, bool keep) {
  return at::mean(x, axes, keep);
}
at::Tensor min(const at::Tensor& x, at::IntArrayRef axes, bool keep) {
  return at::amin(x, axes, keep);
}
at::Tensor sum(const at::Tensor& x, at::IntArrayRef axes, bool keep) {
  return at::sum(x, axes, keep);
}
at::Tensor sum_square(const at::Tensor& x, at::IntArrayRef axes, bool keep) {
  return at::sum(at::square(x), axes, keep);
}
/// From the last axis on, so that the others keep their numbers where axes disappear.
at::Tensor prod(const at::Tensor& x, at::IntArrayRef axes, bool keep) {
  at::Tensor product = x;
  for (std::size_t i = axes.size(); i-- > 0;) product = at::prod(product, axes[i], keep);
  return product;
}

/// The positions as whole numbers in floats, as all integers here; no gradient goes through them.
template <class T, at::Tensor (*kSearch)(const at::Tensor& x, c10::optional<std::int64_t> axis, bool keep_dims)>
Kernel arg(const Node& node) {
  const T& op = *node.as<T>();
  return [axis = std::int64_t{op.axis}, keep = op.keep_dims, last = op.select_last](Operands in, Mode) {
    if (!last) return kSearch(in[0], axis, keep).to(at::kFloat);
    const std::int64_t end = in[0].size(axis) - 1;  // LibTorch finds the first, from the other end the last
    return kSearch(at::flip(in[0], {axis}), axis, keep).neg().add(end).to(at::kFloat);
  };
}

template <class T, at::Tensor (*kFunction)(const at::Tensor& x, std::int64_t axis)>
constexpr KernelEntry along_axis() {
  return {T::kName, [](const Node& node) -> Kernel {
            return [axis = std::int64_t{node.as<T>()->axis}](Operands in, Mode) { return kFunction(in[0], axis); };
          }};
}

at::Tensor hardmax(const at::Tensor& x, std::int64_t axis) {
  return at::scatter(at::zeros_like(x), axis, at::argmax(x, axis, true), 1);
}
at::Tensor log_softmax(const at::Tensor& x, std::int64_t axis) {
  return at::log_softmax(x, axis);
}
at::Tensor softmax(const at::Tensor& x, std::int64_t axis) {
  return at::softmax(x, axis);
}

/// Integers are whole numbers in float tensors here, so sums are exact up to 2^24. A zero point, operand i + 2, broadcasts to its factor i.
Kernel matmul_integer(const Node&) {
  const auto centred = [](Operands in, std::size_t i) {
    return i + 2 < in.size() && in[i + 2].defined() ? at::sub(in[i], in[i + 2]) : in[i];
  };
  return [=](Operands in, Mode) { return at::matmul(centred(in, 0), centred(in, 1)); };
}

constexpr KernelEntry kKernels[] = {
    {ArgMax::kName, arg<ArgMax, at::argmax>},
    {ArgMin::kName, arg<ArgMin, at::argmin>},
    {Gemm::kName, gemm},
    along_axis<Hardmax, hardmax>(),
    {InstanceNorm::kName, instance_norm},
    {LayerNorm::kName, layer_norm},
    along_axis<LogSoftmax, log_softmax>(),
    {Lrn::kName, lrn},
    {MatMul::kName, [](const Node&) -> Kernel { return [](Operands in, Mode) { return at::matmul(in[0], in[1]); }; }},
    {MatMulInteger::kName, matmul_integer},
    {MeanVarianceNorm::kName, mean_variance_norm},
    reduction<ReduceL1, l1>(),
    reduction<ReduceL2, l2>(),
    reduction<ReduceLogSum, log_sum>(),
    reduction<ReduceLogSumExp, log_sum_exp>(),
    reduction<ReduceMax, max>(),
    reduction<ReduceMean, mean>(),
    reduction<ReduceMin, min>(),
    reduction<ReduceProd, prod>(),
    reduction<ReduceSum, sum>(),
    reduction<ReduceSumSquare, sum_square>(),
    along_axis<Softmax, softmax>(),
};

}  // namespace

KernelFamily reduction_kernels() {
  return kKernels;
}

}  // namespace bitloom::train
