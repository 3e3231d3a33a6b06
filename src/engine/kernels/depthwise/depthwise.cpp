// Convolution with one input channel a group: there is nothing to share between outputs, so a row of them is summed weight by weight.
#include "engine/kernels/all_kernels.h"
#include "base/clones.h"
#include "engine/kernels/conv2d/padded_image.h"
#include "engine/kernels/product/product.h"
#include "ir/ops/conv2d.h"

namespace bitloom::engine {
namespace {

/// sums[p] += weight * x[p * step]
template <class T>
inline void add_products(const T* x, T weight, std::int64_t step, std::int64_t count, T* sums) {
  if (step == 1)
    for (std::int64_t p = 0; p < count; ++p) sums[p] += weight * x[p];
  else
    for (std::int64_t p = 0; p < count; ++p) sums[p] += weight * x[p * step];
}

/// One output row: its bias, and every weight of the channel at its offset.
BITLOOM_CLONES void sum_row_f32(const float* x, const float* weights, const std::int64_t* offsets, std::int64_t depth, std::int64_t step,
                                std::int64_t count, float* sums) {
  for (std::int64_t k = 0; k < depth; ++k) add_products(x + offsets[k], weights[k], step, count, sums);
}
BITLOOM_CLONES void sum_row_s32(const std::int32_t* x, const std::int32_t* weights, const std::int64_t* offsets, std::int64_t depth,
                                std::int64_t step, std::int64_t count, std::int32_t* sums) {
  for (std::int64_t k = 0; k < depth; ++k) add_products(x + offsets[k], weights[k], step, count, sums);
}

template <class T>
class Depthwise final : public Kernel {
 public:
  explicit Depthwise(const Node& node)
      : image_(*node.as<Conv2d>(), node.input(0)->shape()), y_(node.output()->shape()), zero_(weighted_sum(node).zero) {
    const Conv2d& op = *node.as<Conv2d>();
    const Shape& weights = node.input(1)->shape();
    for (std::int64_t u = 0; u < weights[2]; ++u)
      for (std::int64_t v = 0; v < weights[3]; ++v) offsets_.push_back(u * op.dilation_h * image_.width + v * op.dilation_w);
    weights_ = weights_of<T>(node);
    bias_.resize(static_cast<std::size_t>(y_[1]));
    if (node.input(2)) std::ranges::copy(node.input(2)->constant().values<T>(), bias_.begin());
  }

  std::string_view name() const override { return std::is_same_v<T, float> ? "depthwise f32" : "depthwise s32"; }
  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(image_.elements()) * sizeof(T); }

  void run(const Operands& operands) const override {
    T* image = static_cast<T*>(operands.scratch);
    T* y = operands.output<T>();
    for (std::int64_t row = 0; row < y_[0]; ++row, y += y_[1] * y_[2] * y_[3]) {
      image_.fill(operands.input<T>(0) + row * image_.inner_elements(), zero_, image);
      convolve(image, y);
    }
  }

 private:
  void convolve(const T* image, T* y) const {
    const auto depth = static_cast<std::int64_t>(offsets_.size());
    const std::int64_t per_channel = y_[1] / image_.channels;
    for (std::int64_t o = 0; o < y_[1]; ++o)
      for (std::int64_t i = 0; i < y_[2]; ++i, y += y_[3]) {
        const T* x = image + o / per_channel * image_.height * image_.width + i * image_.pixel_step_h;
        std::fill_n(y, y_[3], bias_[static_cast<std::size_t>(o)]);
        if constexpr (std::is_same_v<T, float>)
          sum_row_f32(x, weights_.data() + o * depth, offsets_.data(), depth, image_.pixel_step_w, y_[3], y);
        else
          sum_row_s32(x, weights_.data() + o * depth, offsets_.data(), depth, image_.pixel_step_w, y_[3], y);
      }
  }

  PaddedImage image_;
  Shape y_;
  std::vector<std::int64_t> offsets_;  ///< of each weight of a channel
  std::vector<T> weights_, bias_;
  std::int32_t zero_;
};

}  // namespace

std::unique_ptr<Kernel> make_depthwise(const Node& node, Isa) {
  if (!node.is<Conv2d>() || node.input(1)->shape()[1] != 1 || node.as<Conv2d>()->groups == 1) return nullptr;
  if (node.output()->shape().elements() == 0) return nullptr;
  if (has_float_weights(node)) return std::make_unique<Depthwise<float>>(node);
  if (has_narrow_weights(node)) return std::make_unique<Depthwise<std::int32_t>>(node);
  return nullptr;
}

}  // namespace bitloom::engine
