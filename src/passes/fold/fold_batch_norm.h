#pragma once

#include <vector>

#include "ir/graph.h"
#include "passes/notes.h"

namespace bitloom {

/// y = scale[c] * x + shift[c]: what an inference-mode BatchNorm with constant operands does.
struct ChannelAffine {
  std::vector<double> scale, shift;
};
ChannelAffine affine_of(const Node& batch_norm);

/// Folds inference-mode BatchNorm into the convolution or Gemm feeding it. Returns the number folded.
///
///   before   x -> Conv2d(w, b) -> BatchNorm(gamma, beta, mean, variance) -> y
///   after    x -> Conv2d(w', b') -> y
///   with     s = gamma / sqrt(variance + epsilon),  w'[o] = w[o] * s[o],  b'[o] = (b[o] - mean[o]) * s[o] + beta[o]
///
/// Leaves alone, with a note: a BatchNorm that follows anything else; a convolution whose output has another consumer; parameters that
/// are computed instead of constant (quantized weights behind Dequantize). y changes by float rounding only.
/// Source: Jacob et al. 2018, arXiv:1712.05877, section 3.2, eq. (14).
int fold_batch_norm(Graph& graph, Notes* notes = nullptr);

}  // namespace bitloom
