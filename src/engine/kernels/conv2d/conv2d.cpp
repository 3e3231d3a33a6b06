// Convolution as a matrix product (im2col): for 32 output positions at a time, what they look at is gathered into a panel [depth][32] that stays in the
// cache, and multiplied by the weights of eight output channels after the other.
#include "ir/ops/conv2d.h"

#include "engine/kernels/all_kernels.h"
#include "engine/kernels/conv2d/padded_image.h"
#include "engine/kernels/product/product.h"

namespace bitloom::engine {
namespace {

template <class Packed>
class Conv2dKernel final : public Kernel {
  using Math = Arithmetic<Packed>;
  using Element = typename Math::Element;

 public:
  Conv2dKernel(const Node& node, Isa isa)
      : image_(*node.as<Conv2d>(), node.input(0)->shape()),
        tile_(Math::tile(isa)),
        bias_(bias_of<Packed>(node)),
        groups_(node.as<Conv2d>()->groups),
        zero_(weighted_sum(node).zero) {
    const Shape &weights = node.input(1)->shape(), &y = node.output()->shape();
    rows_ = y[0];
    positions_ = y[2] * y[3];
    output_width_ = y[3];
    outputs_ = y[1] / groups_;
    set_offsets(*node.as<Conv2d>(), weights);
    pack_weights(weights_of<Element>(node));
  }

  std::string_view name() const override { return Math::kIsFloat ? "conv2d f32" : "conv2d s16"; }

  std::size_t scratch_bytes() const override {
    return (padded_elements() + panel_elements()) * sizeof(Packed);
  }

  void run(const Operands& operands) const override {
    Packed* panel = static_cast<Packed*>(operands.scratch);
    for (std::int64_t row = 0; row < rows_; ++row)
      convolve(operands.input<Element>(0) + row * image_.inner_elements(), panel, operands.output<Element>() + row * groups_ * outputs_ * positions_);
  }

 private:
  void convolve(const Element* x, Packed* panel, Element* y) const {
    const Packed* image = padded(x, panel + panel_elements());
    const std::int64_t group_elements = image_.elements() / groups_;
    for (std::int64_t group = 0; group < groups_; ++group)
      for (std::int64_t first = 0; first < positions_; first += kTileColumns) {
        const std::int64_t count = std::min<std::int64_t>(kTileColumns, positions_ - first);
        gather(image + group * group_elements, first, count, panel);
        multiply(group, panel, first, count, y + group * outputs_ * positions_);
      }
  }

  /// Where the weight k of an output looks, relative to that of its first weight.
  void set_offsets(const Conv2d& op, const Shape& weights) {
    for (std::int64_t c = 0; c < weights[1]; ++c)
      for (std::int64_t u = 0; u < weights[2]; ++u)
        for (std::int64_t v = 0; v < weights[3]; ++v)
          offsets_.push_back((c * image_.height + u * op.dilation_h) * image_.width + v * op.dilation_w);
    depth_ = static_cast<std::int64_t>(offsets_.size());
    offsets_.resize(static_cast<std::size_t>(Math::padded_depth(depth_)), 0);  // looks anywhere: its weight is 0
  }

  void pack_weights(const std::vector<Element>& weights) {
    const Element* at = weights.data();
    for (std::int64_t group = 0; group < groups_; ++group)
      for (std::int64_t o = 0; o < outputs_; o += kTileRows) {
        const std::int64_t rows = std::min<std::int64_t>(kTileRows, outputs_ - o);
        const std::vector<Packed> block = pack<Packed>(at, rows, depth_, rows);
        weights_.insert(weights_.end(), block.begin(), block.end());
        at += rows * depth_;
      }
  }

  bool needs_copy() const { return !Math::kIsFloat || image_.has_pads(); }
  std::size_t padded_elements() const { return needs_copy() ? static_cast<std::size_t>(image_.elements()) : 0; }
  std::size_t panel_elements() const { return offsets_.size() * kTileColumns; }

  const Packed* padded(const Element* x, Packed* copy) const {
    if constexpr (Math::kIsFloat)
      if (!needs_copy()) return x;
    image_.fill(x, zero_, copy);
    return copy;
  }

  /// panel[k][position] of `count` output positions from `first` on. They are gathered row by row of the output, where they are neighbours.
  void gather(const Packed* image, std::int64_t first, std::int64_t count, Packed* panel) const {
    if (count < kTileColumns) std::fill_n(panel, panel_elements(), Packed{0});
    for (std::int64_t done = 0; done < count;) {
      const std::int64_t i = (first + done) / output_width_, j = (first + done) % output_width_;
      const std::int64_t length = std::min(output_width_ - j, count - done);
      const Packed* from = image + i * image_.pixel_step_h + j * image_.pixel_step_w;
      image_.pixel_step_w == 1 ? gather_row<true>(from, length, panel + done * Math::kStep)
                               : gather_row<false>(from, length, panel + done * Math::kStep);
      done += length;
    }
  }

  template <bool kNeighbours>
  void gather_row(const Packed* from, std::int64_t length, Packed* panel) const {
    const std::int64_t step = kNeighbours ? 1 : image_.pixel_step_w;
    for (std::size_t k = 0; k < offsets_.size(); k += Math::kStep, panel += kTileColumns * Math::kStep) {
      const Packed* even = from + offsets_[k];
      if constexpr (Math::kStep == 1) {
        for (std::int64_t p = 0; p < length; ++p) panel[p] = even[p * step];
      } else {
        const Packed* odd = from + offsets_[k + 1];
        for (std::int64_t p = 0; p < length; ++p) {
          panel[2 * p] = even[p * step];
          panel[2 * p + 1] = odd[p * step];
        }
      }
    }
  }

  void multiply(std::int64_t group, const Packed* panel, std::int64_t first, std::int64_t count, Element* y) const {
    const auto depth = static_cast<std::int64_t>(offsets_.size());
    const Packed* weights = weights_.data() + group * outputs_ * depth;
    const Element* bias = bias_.data() + group * outputs_;
    alignas(64) Element sums[kTileRows * kTileColumns];
    for (std::int64_t o = 0; o < outputs_; o += kTileRows) {
      const std::int64_t rows = std::min<std::int64_t>(kTileRows, outputs_ - o);
      for (std::int64_t r = 0; r < rows; ++r) std::fill_n(sums + r * kTileColumns, kTileColumns, bias[o + r]);
      tile_(weights + o * depth, panel, depth, static_cast<int>(rows), sums);
      for (std::int64_t r = 0; r < rows; ++r) std::copy_n(sums + r * kTileColumns, count, y + (o + r) * positions_ + first);
    }
  }

  PaddedImage image_;
  typename Math::Tile* tile_;
  std::vector<Packed> weights_;        ///< [group][block of kTileRows outputs][depth / kStep][output][kStep]
  std::vector<Element> bias_;
  std::vector<std::int64_t> offsets_;  ///< of each k, padded to kStep
  std::int64_t rows_ = 1;              ///< that a Reshape made of an image
  std::int64_t depth_ = 0, groups_, outputs_ = 0, positions_ = 0, output_width_ = 0;  ///< outputs in a group
  std::int32_t zero_;
};

}  // namespace

std::unique_ptr<Kernel> make_conv2d(const Node& node, Isa isa) {
  if (!node.is<Conv2d>() || node.output()->shape().elements() == 0) return nullptr;
  if (has_float_weights(node)) return std::make_unique<Conv2dKernel<float>>(node, isa);
  if (has_narrow_weights(node)) return std::make_unique<Conv2dKernel<std::int16_t>>(node, isa);
  return nullptr;
}

}  // namespace bitloom::engine
