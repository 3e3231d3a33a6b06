#include "passes/quantize/repair/layer_block.h"

#include "base/clones.h"

namespace bitloom {

BITLOOM_CLONES void multiply(const Rows& rows, const Lanes* w, const Lanes& bias, Lanes* y) {
  const auto [x, stride, count, depth] = rows;
  constexpr std::size_t kTile = 6;  // rows whose sums stay in registers
  std::size_t r = 0;
  for (; r + kTile <= count; r += kTile) {
    Floats16 sums[kTile];
    for (std::size_t i = 0; i < kTile; ++i) sums[i] = bias.v;
    for (std::size_t k = 0; k < depth; ++k)
      for (std::size_t i = 0; i < kTile; ++i) sums[i] += x[(r + i) * stride + k] * w[k].v;
    for (std::size_t i = 0; i < kTile; ++i) y[r + i].v = sums[i];
  }
  for (; r < count; ++r) {
    Floats16 sum = bias.v;
    for (std::size_t k = 0; k < depth; ++k) sum += x[r * stride + k] * w[k].v;
    y[r].v = sum;
  }
}

BITLOOM_CLONES void multiply_back(const Rows& rows, const Lanes* d, Lanes* g) {
  const auto [x, stride, count, depth] = rows;
  constexpr std::size_t kTile = 6;
  std::size_t k = 0;
  for (; k + kTile <= depth; k += kTile) {
    Floats16 sums[kTile] = {};
    for (std::size_t r = 0; r < count; ++r)
      for (std::size_t i = 0; i < kTile; ++i) sums[i] += x[r * stride + k + i] * d[r].v;
    for (std::size_t i = 0; i < kTile; ++i) g[k + i].v = sums[i];
  }
  for (; k < depth; ++k) {
    Floats16 sum = {};
    for (std::size_t r = 0; r < count; ++r) sum += x[r * stride + k] * d[r].v;
    g[k].v = sum;
  }
}

BITLOOM_CLONES void differentiate(Lanes* y, const Lanes* wanted, std::size_t rows, Ends f, const Lanes& factor) {
  for (std::size_t r = 0; r < rows; ++r) {
    const Floats16 raw = y[r].v;
    Floats16 cut = raw;
    clamp_lanes(cut, f.low, f.high);
    y[r].v = cut == raw ? (cut - wanted[r].v) * factor.v : Floats16{};
  }
}

BITLOOM_CLONES void add_squares(const Lanes* y, const Lanes* wanted, std::size_t rows, Ends f, double* sums) {
  for (std::size_t r = 0; r < rows; ++r) {
    Floats16 cut = y[r].v;
    clamp_lanes(cut, f.low, f.high);
    cut -= wanted[r].v;
    for (std::size_t j = 0; j < kLanes; ++j) sums[j] += double{cut[j]} * double{cut[j]};
  }
}

BITLOOM_CLONES void sum_squares(const Rows& rows, const Lanes* y, Ends f, Lanes* g) {
  const auto [x, stride, count, depth] = rows;
  for (std::size_t k = 0; k < depth; ++k) g[k].v = Floats16{};
  for (std::size_t r = 0; r < count; ++r) {
    Floats16 cut = y[r].v;
    clamp_lanes(cut, f.low, f.high);
    const Floats16 share = cut == y[r].v ? Floats16{} + 1.0f : Floats16{};
    for (std::size_t k = 0; k < depth; ++k) g[k].v += x[r * stride + k] * x[r * stride + k] * share;
  }
}

}  // namespace bitloom
