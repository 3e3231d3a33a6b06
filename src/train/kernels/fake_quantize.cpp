#include "ir/ops/fake_quantize.h"

#include <ATen/ops/abs.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/div.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/tensor.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "train/kernels/kernels.h"
#include "train/kernels/simulated_quantization.h"

namespace bitloom::train {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A node's quantizer and how it is trained: what does not change from pass to pass.
struct LearnedQuantizer {
  FakeQuantize op;
  bool has_offset;
  ScaleRule rule;
  double scale_factor;  ///< on the scale's gradient

  /// arXiv:1902.08153, section 2.2: 1 / sqrt(elements * largest integer) makes a scale's steps as large, in proportion, as those of weights;
  /// elements are those of one image, or a scale's weights.
  /// PACT trains the value at which it clips, which is scale * largest integer: steps of it are steps of the scale if the gradient of the scale
  /// is divided by the square of that integer. DoReFa and the plain estimator leave the scale alone.
  explicit LearnedQuantizer(const Node& node) : op(*node.as<FakeQuantize>()), has_offset(node.input(2) != nullptr) {
    const auto zero = static_cast<double>(has_offset ? 0 : op.zero_point), low = static_cast<double>(op.low()), high = static_cast<double>(op.high());
    const double largest = std::max(high - zero, zero - low);
    const double elements = static_cast<double>(node.input(0)->shape().elements()) / static_cast<double>(node.input(1)->shape().elements());
    rule = {.rounding_counts = op.estimator != Estimator::kPact, .zero_moves = has_offset};
    scale_factor = op.estimator == Estimator::kPact ? 1 / (largest * largest) : 1 / std::sqrt(elements * largest);
  }
};

std::vector<float> numbers(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), tensor.data_ptr<float>() + tensor.numel()};
}

/// Scales and zero points as this pass uses them: of x, or of each index of its axis 0.
struct Steps {
  std::vector<float> scales, zeros;
  IntegerRange range;
  bool is_bipolar;

  Steps(const LearnedQuantizer& learned, const at::Tensor& x, const at::Tensor& scale, const at::Tensor& offset)
      : range{static_cast<float>(learned.op.low()), static_cast<float>(learned.op.high())}, is_bipolar(learned.op.element.is_bipolar()) {
    const Tensor scale_operand({scale.numel()}, numbers(scale)), offset_operand({offset.numel()}, numbers(offset));
    const Quantize quantizer = learned.op.quantizer(scale_operand, learned.has_offset ? &offset_operand : nullptr, x.dim() > 0 ? x.size(0) : 1);
    scales = quantizer.quantization.scales;
    for (std::size_t c = 0; c < scales.size(); ++c) zeros.push_back(static_cast<float>(quantizer.quantization.zero_point_of(c)));
  }
  QuantizedBlocks blocks(const at::Tensor& x) const {
    return {x.numel() / static_cast<std::int64_t>(scales.size()), scales, zeros, range, is_bipolar};
  }
};

/// The tensor with the numbers of each index of axis 0 together, without holes.
at::Tensor in_blocks(const at::Tensor& x, bool per_channel) {
  const bool lies_so = x.is_non_overlapping_and_dense() && (!per_channel || x.size(0) == 1 || x.stride(0) * x.size(0) == x.numel());
  return lies_so ? x : x.contiguous();
}

/// The gradient of scales or offsets from that of each channel, `group` of which share one.
at::Tensor gradient_of(const at::Tensor& operand, const std::vector<double>& channels, std::int64_t group, double factor) {
  at::Tensor result = at::empty_like(operand);
  std::vector<double> sums(static_cast<std::size_t>(operand.numel()));
  for (std::size_t c = 0; c < channels.size(); ++c) sums[c / static_cast<std::size_t>(group)] += channels[c];
  std::ranges::transform(sums, result.data_ptr<float>(), [&](double sum) { return static_cast<float>(sum * factor); });
  return result;
}

/// y, and for each estimator the gradient of x, scale and offset in one pass (learned_quantization_gradient). Where there is no offset, any
/// tensor stands in for it.
struct FakeQuantizeFunction : torch::autograd::Function<FakeQuantizeFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& scale, const at::Tensor& offset,
                            const LearnedQuantizer* quantizer) {
    const at::Tensor x = in_blocks(input, quantizer->op.per_channel), y = at::empty_like(x);
    const Steps steps(*quantizer, x, scale, offset);
    simulate_quantization(x.data_ptr<float>(), steps.blocks(x), y.data_ptr<float>());
    context->save_for_backward({x, scale, offset});
    context->saved_data["quantizer"] = reinterpret_cast<std::int64_t>(quantizer);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto* quantizer = reinterpret_cast<const LearnedQuantizer*>(context->saved_data["quantizer"].toInt());
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &scale = saved[1], &offset = saved[2], dx = at::empty_like(x);
    const at::Tensor dy = gradients[0].strides() == x.strides() ? gradients[0] : at::empty_like(x).copy_(gradients[0]);
    const Steps steps(*quantizer, x, scale, offset);
    const StepGradient step =
        learned_quantization_gradient(x.data_ptr<float>(), dy.data_ptr<float>(), steps.blocks(x), quantizer->rule, dx.data_ptr<float>());
    const auto gradient = [&](const at::Tensor& operand, const std::vector<double>& channels) {
      return gradient_of(operand, channels, quantizer->op.group, quantizer->scale_factor);
    };
    return {dx, gradient(scale, step.scale), quantizer->has_offset ? gradient(offset, step.outside) : at::Tensor(), {}};
  }
};

/// DoReFa's weights before they are rounded: tanh(w) / largest |tanh(w)| * scale * largest integer. The gradient passes through the largest, too:
/// what it makes of itself is always the end of the range.
/// Source: arXiv:1606.06160, equation 9.
at::Tensor bounded_by_tanh(const at::Tensor& w, const at::Tensor& scale, const FakeQuantize& op) {
  const at::Tensor t = at::tanh(w), rows = at::abs(t).reshape({scale.numel(), -1});
  std::vector<std::int64_t> along(static_cast<std::size_t>(w.dim()), 1);
  if (op.per_channel) along[0] = -1;
  const at::Tensor largest = at::clamp(at::amax(rows, 1), 1e-30).reshape(along);
  std::vector<float> reach = numbers(scale);
  for (float& s : reach) s = op.effective_scale(s) * static_cast<float>(op.high());
  return at::mul(at::div(t, largest), at::tensor(reach).reshape(along));
}

/// Moves the running range towards that of the batch: running = (1 - share) * running + share * batch, of both ends. As scale and offset depend
/// on them linearly, the same goes for those.
/// Source: Jacob et al. 2018, arXiv:1712.05877, section 3.1, with `1 - share` as the smoothing parameter.
void observe(const LearnedQuantizer& quantizer, const at::Tensor& x, const at::Tensor& scale, const at::Tensor& offset) {
  const at::Tensor values = x.is_non_overlapping_and_dense() ? x : x.contiguous();
  const Extremes batch = extremes_with_zero(values.data_ptr<float>(), values.numel());
  const FakeQuantize::Reach reach = quantizer.op.reach_of(batch.least, batch.most, quantizer.has_offset);
  const auto move = [share = quantizer.op.observer_share](const at::Tensor& running, float towards) {
    float& number = *running.data_ptr<float>();
    number = (1 - share) * number + share * towards;
  };
  move(scale, reach.scale);
  if (quantizer.has_offset) move(offset, reach.offset);
}

/// What was observed on the processors, to where the operands lie.
void give_back(Operands in, const at::Tensor& scale, const at::Tensor& offset) {
  in[1].copy_(scale);
  if (in.size() > 2) in[2].copy_(offset);
}

/// The powers of two that all of x would be quantized to. For validation only: while training x passes as it is.
at::Tensor as_powers_of_two(const at::Tensor& x, const LearnedQuantizer& quantizer, const at::Tensor& scale) {
  const at::Tensor blocks = in_blocks(x, quantizer.op.per_channel), y = at::empty_like(blocks);
  const Steps steps(quantizer, blocks, scale, scale);
  const auto block = static_cast<std::size_t>(blocks.numel()) / steps.scales.size();
  const std::span from(blocks.data_ptr<float>(), static_cast<std::size_t>(blocks.numel()));
  for (std::size_t i = 0; i < from.size(); ++i) {
    const float s = steps.scales[i / block];
    y.data_ptr<float>()[i] = quantizer.op.power_of_two_level(from[i] / s) * s;
  }
  return y;
}

Kernel incremental(std::shared_ptr<const LearnedQuantizer> quantizer) {
  return [quantizer = std::move(quantizer)](Operands in, Mode mode) {
    if (mode == Mode::kTrain) return in[0];
    return as_powers_of_two(in[0].cpu().detach(), *quantizer, in[1].cpu()).to(in[0].device());
  };
}

Kernel fake_quantize(const Node& node) {
  if (node.as<FakeQuantize>()->estimator == Estimator::kIncremental) return incremental(std::make_shared<const LearnedQuantizer>(node));
  return [quantizer = std::make_shared<const LearnedQuantizer>(node)](Operands in, Mode mode) {
    // On a GPU, too, it is computed here: slow, and right.
    const at::Tensor x = in[0].cpu(), scale = in[1].cpu(), offset = quantizer->has_offset ? in[2].cpu() : scale.detach();
    if (mode == Mode::kTrain && quantizer->op.observer_share > 0) {
      observe(*quantizer, x.detach(), scale, offset);
      if (!in[1].is_cpu()) give_back(in, scale, offset);
    }
    const at::Tensor bounded = quantizer->op.estimator == Estimator::kDorefa ? bounded_by_tanh(x, scale, quantizer->op) : x;
    return FakeQuantizeFunction::apply(bounded, scale, offset, quantizer.get()).to(in[0].device());
  };
}

constexpr KernelEntry kKernels[] = {{FakeQuantize::kName, fake_quantize}};

}  // namespace

KernelFamily fake_quantize_kernels() { return kKernels; }

}  // namespace bitloom::train
