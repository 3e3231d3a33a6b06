#include "passes/quantize/repair/soft_rounding.h"

#include <cmath>

#include "base/clones.h"

namespace bitloom {
namespace {

constexpr float kGamma = -0.1f, kZeta = 1.1f;  // h reaches 0 and 1 at finite V
constexpr float kLearningRate = 0.01f;

BITLOOM_LANES void sigmoid_lanes(Floats16& x) {
  x = -x;
  clamp_lanes(x, -80, 80);
  exp_lanes(x);
  x = 1.0f / (1.0f + x);
}

/// ln(x) by a series, which is the same on every processor, as the libraries' need not be. x = m * 2^e, ln(m) = 2 atanh((m - 1) / (m + 1)).
double natural_logarithm(double x) {
  int exponent = 0;
  const double m = std::frexp(x, &exponent), z = (m - 1) / (m + 1);
  double sum = 0, power = z;
  for (int n = 1; n <= 21; n += 2, power *= z * z) sum += power / n;
  return 2 * sum + exponent * 0.693147180559945309;
}

}  // namespace

void begin_at(SoftWeight& weight, std::size_t lane, float place) {
  const float below = std::floor(place);
  const double share = (place - below - kGamma) / (kZeta - kGamma);
  weight.floor.v[lane] = below;
  weight.v.v[lane] = static_cast<float>(natural_logarithm(share / (1 - share)));
}

BITLOOM_CLONES void soften(const SoftWeight* weights, Lanes* soft, std::size_t depth, const WeightGrid& grid) {
  for (std::size_t k = 0; k < depth; ++k) {
    Floats16 h = weights[k].v.v;
    sigmoid_lanes(h);
    h = h * (kZeta - kGamma) + kGamma;
    clamp_lanes(h, 0, 1);
    Floats16 n = weights[k].floor.v + h;
    clamp_lanes(n, grid.low.v, grid.high.v);
    soft[k].v = n * grid.scale.v;
  }
}

BITLOOM_CLONES void descend(SoftWeight* weights, const Lanes* g, std::size_t depth, const WeightGrid& grid, const DescentStep& step) {
  for (std::size_t k = 0; k < depth; ++k) {
    SoftWeight& weight = weights[k];
    Floats16 s = weight.v.v;
    sigmoid_lanes(s);
    const Floats16 open = s * (kZeta - kGamma) + kGamma;  // h before it is cut
    Floats16 h = open;
    clamp_lanes(h, 0, 1);
    const Floats16 slope = h == open ? s * (1.0f - s) * (kZeta - kGamma) : Floats16{};
    const Floats16 n = weight.floor.v + h;
    Floats16 cut = n;
    clamp_lanes(cut, grid.low.v, grid.high.v);
    const Floats16 of_squares = cut == n ? g[k].v * grid.scale.v : Floats16{};
    const Floats16 side = 2.0f * h - 1.0f, distance = side < 0.0f ? -side : side;
    Floats16 power = side;  // side * distance^(beta - 2)
    for (int i = 2; i < step.beta; ++i) power *= distance;
    const Floats16 gradient = (of_squares - 2.0f * step.lambda * static_cast<float>(step.beta) * power) * slope;
    weight.mean.v = 0.9f * weight.mean.v + 0.1f * gradient;
    weight.square.v = 0.999f * weight.square.v + 0.001f * gradient * gradient;
    Floats16 size = weight.square.v * (1 / step.square_share) + 1e-16f;
    reciprocal_root_lanes(size);
    weight.v.v -= (kLearningRate / step.mean_share) * weight.mean.v * size;
  }
}

}  // namespace bitloom
