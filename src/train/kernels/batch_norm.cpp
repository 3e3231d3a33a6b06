#include <ATen/ops/add.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/relu.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "ir/ops/batch_norm.h"
#include "ir/ops/unary.h"
#include "train/kernels/kernels.h"
#include "train/kernels/normalization.h"

namespace bitloom::train {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

std::span<float> numbers(const at::Tensor& tensor) { return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())}; }

at::Tensor channels_innermost(const at::Tensor& x) { return x.dim() == 4 ? x.contiguous(at::MemoryFormat::ChannelsLast) : x.contiguous(); }

/// Calls use(memory, rows, channels) with the element type of `x`, whose channels lie innermost.
template <class Use>
void with_rows(const at::Tensor& x, Use use) {
  const std::int64_t channels = x.size(1), rows = x.numel() / channels;
  if (x.scalar_type() == at::kBFloat16)
    use(Rows<const BFloat16>{static_cast<const BFloat16*>(x.data_ptr()), rows, channels});
  else
    use(Rows<const float>{x.data_ptr<float>(), rows, channels});
}

/// running = (1 - share) * running + share * batch, the variance with n - 1 in the divisor as LibTorch has it.
void move_statistics(const Moments& batch, std::int64_t rows, double share, const at::Tensor& mean, const at::Tensor& variance) {
  const double correction = rows > 1 ? static_cast<double>(rows) / static_cast<double>(rows - 1) : 1;
  const std::span<float> means = numbers(mean), variances = numbers(variance);
  for (std::size_t c = 0; c < means.size(); ++c) {
    means[c] = static_cast<float>((1 - share) * double{means[c]} + share * batch.mean[c]);
    variances[c] = static_cast<float>((1 - share) * double{variances[c]} + share * correction * batch.variance[c]);
  }
}

/// What a BatchNorm and the chain behind it do in a training pass.
struct Settings {
  double epsilon, share_of_new;  ///< of the batch's statistics in the running ones
  Bounds bounds;
};

/// A training pass: normalizes by the batch's own mean and variance, adds the residual (undefined: nothing), bounds the result, and moves the
/// running statistics.
struct NormalizeBatch : torch::autograd::Function<NormalizeBatch> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& gamma, const at::Tensor& beta,
                            const at::Tensor& running_mean, const at::Tensor& running_variance, const c10::optional<at::Tensor>& added,
                            const Settings& settings) {
    const at::Tensor x = channels_innermost(input), y = at::empty_like(x);
    const at::Tensor residual = added ? channels_innermost(*added) : at::Tensor();
    const at::Tensor scale = at::empty_like(gamma), shift = at::empty_like(gamma), mean = at::empty_like(gamma), inverse = at::empty_like(gamma);
    with_rows(x, [&]<class T>(Rows<const T> rows) {
      const Moments batch = moments(rows);
      for (std::size_t c = 0; c < batch.mean.size(); ++c) {
        const double root = 1 / std::sqrt(batch.variance[c] + settings.epsilon), factor = double{numbers(gamma)[c]} * root;
        numbers(mean)[c] = static_cast<float>(batch.mean[c]);
        numbers(inverse)[c] = static_cast<float>(root);
        numbers(scale)[c] = static_cast<float>(factor);
        numbers(shift)[c] = static_cast<float>(double{numbers(beta)[c]} - batch.mean[c] * factor);
      }
      move_statistics(batch, rows.rows, settings.share_of_new, running_mean, running_variance);
      const T* r = residual.defined() ? static_cast<const T*>(residual.data_ptr()) : nullptr;
      normalize(rows, numbers(scale), numbers(shift), r, settings.bounds, static_cast<T*>(y.data_ptr()));
    });
    // Behind a residual connection y says what the bounds let through; the next layer keeps it anyway.
    const bool keeps_y = residual.defined() && settings.bounds.are_there();
    context->save_for_backward({x, scale, shift, mean, inverse, keeps_y ? y : at::Tensor()});
    context->saved_data["adds"] = residual.defined();
    context->saved_data["low"] = double{settings.bounds.low};
    context->saved_data["high"] = double{settings.bounds.high};
    return y;
  }

  /// dx = scale * (g - mean(g) - (x - mean) * inverse^2 * mean(g * (x - mean)))      arXiv:1502.03167, section 3, with the sums written out
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &inverse = saved[4];
    const at::Tensor dy = channels_innermost(gradients[0].to(x.scalar_type())), dx = at::empty_like(x), &y = saved[5];
    const at::Tensor g = y.defined() ? at::empty_like(x) : dy;  // dy as far as it is let through, where the residual wants it
    const at::Tensor dgamma = at::empty_like(inverse), dbeta = at::empty_like(inverse);
    Normalized how{numbers(saved[1]), numbers(saved[2]), numbers(saved[3]),
                   {static_cast<float>(context->saved_data["low"].toDouble()), static_cast<float>(context->saved_data["high"].toDouble())}};
    with_rows(x, [&]<class T>(Rows<const T> rows) {
      const auto* upper = static_cast<const T*>(g.data_ptr());
      const GradientSums sums = y.defined() ? residual_gradient(rows, static_cast<const T*>(y.data_ptr()), static_cast<const T*>(dy.data_ptr()), how,
                                                                static_cast<T*>(g.data_ptr()))
                                            : gradient_sums(rows, upper, how);
      if (y.defined()) how.bounds = {};
      std::vector<float> slope, offset;
      const auto n = static_cast<double>(rows.rows);
      for (std::size_t c = 0; c < sums.g.size(); ++c) {
        const double root = numbers(inverse)[c], scale = how.scale[c];
        slope.push_back(static_cast<float>(-scale * root * root * sums.g_centred[c] / n));
        offset.push_back(static_cast<float>(-scale * sums.g[c] / n));
        numbers(dgamma)[c] = static_cast<float>(root * sums.g_centred[c]);
        numbers(dbeta)[c] = static_cast<float>(sums.g[c]);
      }
      input_gradient(rows, upper, how, slope, offset, static_cast<T*>(dx.data_ptr()));
    });
    return {dx, dgamma, dbeta, {}, {}, context->saved_data["adds"].toBool() ? g : at::Tensor(), {}};
  }
};

Bounds bounds_of(const Node& node) {
  if (const Clip* clip = node.as<Clip>()) return {clip->low, clip->high};
  return node.is<Relu>() ? Bounds{.low = 0} : Bounds{};
}

at::Tensor bounded(const at::Tensor& x, Bounds bounds) {
  if (!bounds.are_there()) return x;
  return bounds == Bounds{.low = 0} ? at::relu(x) : at::clamp(x, bounds.low, bounds.high);
}

/// In training: normalizes by the batch's own mean and variance and moves the running ones towards them. With what is behind it.
Kernel batch_norm(const Node& node) {
  const BatchNorm& op = *node.as<BatchNorm>();
  const std::vector<const Node*> chain = fused_chain(node);
  const Settings settings{double{op.epsilon}, 1.0 - double{op.momentum}, bounds_of(*chain.back())};
  return [settings](Operands in, Mode mode) -> at::Tensor {
    const auto residual = in.size() > 5 ? c10::optional<at::Tensor>(in[5]) : c10::optional<at::Tensor>();
    const bool is_ours = in[0].is_cpu() && (in[0].dim() == 4 || in[0].dim() == 2) && (!residual || residual->scalar_type() == in[0].scalar_type());
    if (mode == Mode::kTrain && is_ours) return NormalizeBatch::apply(in[0], in[1], in[2], in[3], in[4], residual, settings);
    const at::Tensor z = at::batch_norm(in[0], in[1], in[2], in[3], in[4], mode == Mode::kTrain, settings.share_of_new, settings.epsilon,
                                        /*cudnn_enabled=*/false);
    return bounded(residual ? at::add(z, *residual) : z, settings.bounds);
  };
}

constexpr KernelEntry kKernels[] = {{BatchNorm::kName, batch_norm}};

}  // namespace

KernelFamily batch_norm_kernels() { return kKernels; }

}  // namespace bitloom::train
