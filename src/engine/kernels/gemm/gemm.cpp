// A fully connected layer on one image is a matrix times a vector: weights of 32 outputs are a tile's columns, the image is its one row.
#include "ir/ops/gemm.h"

#include "engine/kernels/all_kernels.h"
#include "engine/kernels/product/product.h"

namespace bitloom::engine {
namespace {

template <class Packed>
class GemmKernel final : public Kernel {
  using Math = Arithmetic<Packed>;
  using Element = typename Math::Element;

 public:
  GemmKernel(const Node& node, Isa isa)
      : tile_(Math::tile(isa)), bias_(bias_of<Packed>(node)), rows_(node.input(0)->shape()[0]), sum_(weighted_sum(node)) {
    const std::vector<Element> weights = weights_of<Element>(node);
    for (std::int64_t o = 0; o < sum_.outputs; o += kTileColumns) {
      const std::vector<Packed> block = pack<Packed>(weights.data() + o * sum_.depth, columns(o), sum_.depth, kTileColumns);
      weights_.insert(weights_.end(), block.begin(), block.end());
    }
  }

  std::string_view name() const override { return Math::kIsFloat ? "gemm f32" : "gemm s16"; }
  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(Math::padded_depth(sum_.depth)) * sizeof(Packed); }

  void run(const Operands& operands) const override {
    Packed* x = static_cast<Packed*>(operands.scratch);
    for (std::int64_t row = 0; row < rows_; ++row) {
      const Element* from = operands.input<Element>(0) + row * sum_.depth;
      for (std::int64_t k = 0; k < sum_.depth; ++k) x[k] = static_cast<Packed>(from[k] - static_cast<Element>(sum_.zero));
      std::fill(x + sum_.depth, x + Math::padded_depth(sum_.depth), Packed{0});
      multiply(x, operands.output<Element>() + row * sum_.outputs);
    }
  }

 private:
  std::int64_t columns(std::int64_t first) const { return std::min<std::int64_t>(kTileColumns, sum_.outputs - first); }

  void multiply(const Packed* x, Element* y) const {
    const std::int64_t depth = Math::padded_depth(sum_.depth);
    alignas(64) Element sums[kTileColumns];
    for (std::int64_t o = 0; o < sum_.outputs; o += kTileColumns) {
      std::fill(std::copy_n(bias_.data() + o, columns(o), sums), sums + kTileColumns, Element{0});
      tile_(x, weights_.data() + o * depth, depth, 1, sums);
      std::copy_n(sums, columns(o), y + o);
    }
  }

  typename Math::Tile* tile_;
  std::vector<Packed> weights_;  ///< [block of kTileColumns outputs][depth / kStep][output][kStep]
  std::vector<Element> bias_;
  std::int64_t rows_;
  WeightedSum sum_;
};

}  // namespace

std::unique_ptr<Kernel> make_gemm(const Node& node, Isa isa) {
  if (!node.is<Gemm>() || node.output()->shape().elements() == 0) return nullptr;
  if (has_float_weights(node)) return std::make_unique<GemmKernel<float>>(node, isa);
  if (has_narrow_weights(node)) return std::make_unique<GemmKernel<std::int16_t>>(node, isa);
  return nullptr;
}

}  // namespace bitloom::engine
