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

/// A training pass: normalizes by the batch's own mean and variance, bounds the result, and moves the running statistics.
struct NormalizeBatch : torch::autograd::Function<NormalizeBatch> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& gamma, const at::Tensor& beta,
                            const at::Tensor& running_mean, const at::Tensor& running_variance, double epsilon, double share_of_new, double low,
                            double high) {
    const at::Tensor x = channels_innermost(input), y = at::empty_like(x);
    const at::Tensor scale = at::empty_like(gamma), shift = at::empty_like(gamma), mean = at::empty_like(gamma), inverse = at::empty_like(gamma);
    with_rows(x, [&]<class T>(Rows<const T> rows) {
      const Moments batch = moments(rows);
      for (std::size_t c = 0; c < batch.mean.size(); ++c) {
        const double root = 1 / std::sqrt(batch.variance[c] + epsilon), factor = double{numbers(gamma)[c]} * root;
        numbers(mean)[c] = static_cast<float>(batch.mean[c]);
        numbers(inverse)[c] = static_cast<float>(root);
        numbers(scale)[c] = static_cast<float>(factor);
        numbers(shift)[c] = static_cast<float>(double{numbers(beta)[c]} - batch.mean[c] * factor);
      }
      move_statistics(batch, rows.rows, share_of_new, running_mean, running_variance);
      normalize(rows, numbers(scale), numbers(shift), {static_cast<float>(low), static_cast<float>(high)}, static_cast<T*>(y.data_ptr()));
    });
    context->save_for_backward({x, scale, shift, mean, inverse});
    context->saved_data["low"] = low;
    context->saved_data["high"] = high;
    return y;
  }

  /// dx = scale * (g - mean(g) - (x - mean) * inverse^2 * mean(g * (x - mean)))      arXiv:1502.03167, section 3, with the sums written out
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &inverse = saved[4];
    const at::Tensor dy = channels_innermost(gradients[0].to(x.scalar_type())), dx = at::empty_like(x);
    const at::Tensor dgamma = at::empty_like(inverse), dbeta = at::empty_like(inverse);
    const Normalized how{numbers(saved[1]), numbers(saved[2]), numbers(saved[3]),
                         {static_cast<float>(context->saved_data["low"].toDouble()), static_cast<float>(context->saved_data["high"].toDouble())}};
    with_rows(x, [&]<class T>(Rows<const T> rows) {
      const auto* upper = static_cast<const T*>(dy.data_ptr());
      const GradientSums sums = gradient_sums(rows, upper, how);
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
    return {dx, dgamma, dbeta, {}, {}, {}, {}, {}, {}};
  }
};

Bounds bounds_of(const Node* activation) {
  if (!activation) return {};
  if (const Clip* clip = activation->as<Clip>()) return {clip->low, clip->high};
  return {.low = 0};
}

at::Tensor activated(const at::Tensor& x, const Node* activation) {
  if (!activation) return x;
  if (const Clip* clip = activation->as<Clip>()) return at::clamp(x, clip->low, clip->high);
  return at::relu(x);
}

/// In training: normalizes by the batch's own mean and variance and moves the running ones towards them.
Kernel batch_norm(const Node& node) {
  const BatchNorm& op = *node.as<BatchNorm>();
  return [epsilon = op.epsilon, share_of_new = 1.0 - double{op.momentum}, activation = fused_user(node),
          bounds = bounds_of(fused_user(node))](Operands in, Mode mode) -> at::Tensor {
    const bool is_ours = in[0].is_cpu() && (in[0].dim() == 4 || in[0].dim() == 2);
    if (mode == Mode::kTrain && is_ours)
      return NormalizeBatch::apply(in[0], in[1], in[2], in[3], in[4], double{epsilon}, share_of_new, double{bounds.low}, double{bounds.high});
    return activated(at::batch_norm(in[0], in[1], in[2], in[3], in[4], mode == Mode::kTrain, share_of_new, epsilon, /*cudnn_enabled=*/false),
                     activation);
  };
}

constexpr KernelEntry kKernels[] = {{BatchNorm::kName, batch_norm}};

}  // namespace

KernelFamily batch_norm_kernels() { return kKernels; }

}  // namespace bitloom::train
