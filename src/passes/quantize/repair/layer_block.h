#pragma once

#include "passes/quantize/repair/lanes.h"

/// What AdaRound computes of up to sixteen outputs of a layer at once: rows of inputs [rows][depth], `stride` floats apart, times weights [depth]
/// of sixteen lanes. f(y) = clamp(y, low, high). Sums are in float32 in the order of the formula, the same on every processor.
namespace bitloom {

struct Ends {
  float low, high;
};

struct Rows {
  const float* x;
  std::size_t stride, count, depth;
};

/// y[r] = bias + sum over k of x[r][k] * w[k]
void multiply(const Rows& rows, const Lanes* w, const Lanes& bias, Lanes* y);

/// g[k] = sum over r of x[r][k] * d[r]
void multiply_back(const Rows& rows, const Lanes* d, Lanes* g);

/// y[r] becomes the gradient of factor / 2 * (f(y[r]) - wanted[r])^2.
void differentiate(Lanes* y, const Lanes* wanted, std::size_t rows, Ends f, const Lanes& factor);

/// sums += (f(y[r]) - wanted[r])^2, over r, lane by lane
void add_squares(const Lanes* y, const Lanes* wanted, std::size_t rows, Ends f, double* sums);

/// g[k] = sum of x[r][k]^2 over the rows where f does not cut y[r]
void sum_squares(const Rows& rows, const Lanes* y, Ends f, Lanes* g);

}  // namespace bitloom
