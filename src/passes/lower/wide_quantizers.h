#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "ir/ops/multi_threshold.h"
#include "ir/ops/quantization.h"
#include "passes/lower/wide_values.h"

/// For tests: what makes narrow integers, and how near to a tie it was, for wide_reference.h.
namespace bitloom::wide_reference {

/// ONNX QuantizeLinear, as the distance from the zero point.
inline Wide quantized(float x, const Quantize& q) {
  const double quotient = x / q.quantization.scales[0];  // float32
  double rounded = std::floor(quotient);
  if (quotient - rounded > 0.5 || (quotient - rounded == 0.5 && std::fmod(rounded, 2) != 0)) rounded += 1;
  return static_cast<Wide>(std::clamp(rounded, -1e9, 1e9));
}

inline Wide quantized_element(const Quantize& op, const Values& x, std::size_t i) {
  if (!x.real.empty()) return quantized(x.real[i], op);
  if (x.is_narrow) return quantized(x.scale_of(i) * static_cast<float>(static_cast<std::int64_t>(x.n[i])), op);  // a table's: simulated
  long double real = static_cast<long double>(x.n[i]) * x.scale_of(i);
  if (!x.other.empty()) {
    const long double other = static_cast<long double>(x.other[i]) * x.other_scale;
    real = x.is_product ? real * other : real + other;
  }
  if (real < x.low) return quantized(x.low, op);
  if (real > x.high) return quantized(x.high, op);
  const float step = op.quantization.scales[0];
  if (x.other.empty()) return scaled(x.n[i], x.scale_of(i) / step);
  if (x.is_product) return scaled(x.n[i] * x.other[i], x.scales[0] * x.other_scale / step);
  return rounded_half_to_even(x.n[i] * over_2_to_60(x.scales[0] / step) + x.other[i] * over_2_to_60(x.other_scale / step), Wide{1} << 60);
}

/// Less than 0 where the exact element i is, once it is cut.
inline Wide exact_sign(const Values& x, std::size_t i) {
  if (x.low >= 0 || x.high < 0) return x.low >= 0 ? 1 : -1;
  if (x.other.empty()) return x.n[i];
  if (x.is_product) return x.n[i] * x.other[i];
  return x.n[i] * over_2_to_60(x.scales[0]) + x.other[i] * over_2_to_60(x.other_scale);
}

/// Trunc's integers.
inline std::vector<std::int32_t> truncated(const Trunc& op, const Values& x) {
  const float step = op.input.scales[0];
  const auto steps_of_real = [&](float real) { return static_cast<Wide>(std::nearbyint(double{real / step} + op.input.zero_point)); };
  std::vector<std::int32_t> y;
  const bool is_simulated = x.is_narrow || !x.real.empty();
  const std::vector<float> real = is_simulated ? reals_of(x) : std::vector<float>{};
  for (std::size_t i = 0; i < std::max(x.n.size(), x.real.size()); ++i) {
    Wide q = 0;
    if (is_simulated) {
      q = steps_of_real(real[i]);
    } else {
      const auto [n, scale] = exact_element(x, i);
      const long double exact = static_cast<long double>(n) * scale;
      q = exact < x.low ? steps_of_real(x.low) : exact > x.high ? steps_of_real(x.high) : in_steps(n, scale, step) + op.input.zero_point;
    }
    y.push_back(static_cast<std::int32_t>(
        std::clamp<Wide>(shifted(q, op.shift, op.rounding), lowest(op.element, op.narrow), highest(op.element, op.narrow))));
  }
  return y;
}

/// MultiThreshold's integers: one threshold by one, where `lower` searches for the steps.
inline std::vector<std::int32_t> thresholds_reached(const MultiThreshold& op, const Tensor& thresholds, const Values& x) {
  const auto rows = static_cast<std::size_t>(thresholds.shape()[0]), steps = static_cast<std::size_t>(thresholds.shape()[1]);
  const std::size_t size = std::max(x.n.size(), x.real.size()), inner = size / static_cast<std::size_t>(x.shape[0] * x.shape[1]);
  std::vector<std::int32_t> y;
  for (std::size_t i = 0; i < size; ++i) {
    float real = x.real.empty() ? 0 : x.real[i];
    if (x.real.empty()) {
      const auto [n, scale] = exact_element(x, i);
      real = std::min(std::max(scale * static_cast<float>(static_cast<std::int64_t>(n)), x.low), x.high);
    }
    std::int32_t reached = 0;
    for (std::size_t t = 0; t < steps; ++t) reached += real >= thresholds.floats()[(rows == 1 ? 0 : i / inner % rows) * steps + t];
    y.push_back(op.element.is_bipolar() ? 2 * reached - 1 : op.bias + reached);
  }
  return y;
}

/// A float simulation makes at most eight roundings of float32 on the way to a quantized value, the factor that the integers are multiplied by
/// instead having two of them: operand, weight, bias, its scale, sum, number it is multiplied by, quotient. Each is off by at most 2^-24 of the
/// magnitudes that are added.
constexpr int kRoundings = 8, kRoundingShift = 24;

/// numerator / 2^shift is the exact result in steps, size / 2^shift the magnitudes it was added from. Signs have their tie at 0.
inline bool is_near(Wide numerator, Wide size, int shift, bool is_sign) {
  const Wide unit = Wide{1} << shift, half = is_sign ? 0 : unit / 2;
  Wide rest = is_sign ? numerator : numerator % unit;
  if (!is_sign && rest < 0) rest += unit;
  const Wide distance = rest > half ? rest - half : half - rest;
  return (distance >> (126 - kRoundingShift)) == 0 && distance << kRoundingShift <= kRoundings * size;
}

inline bool is_near_a_tie(const Quantize& op, const Values& x, std::size_t i) {
  if (x.is_narrow || !x.real.empty()) return false;  // a table holds what was simulated
  constexpr int kShift = 60;
  const float step = op.quantization.scales[0];
  const auto magnitude = [](Wide n) { return n < 0 ? -n : n; };
  Wide numerator = 0, size = 0;
  if (!x.other.empty() && !x.is_product) {
    const Wide a = over_2_to_60(x.scales[0] / step), b = over_2_to_60(x.other_scale / step);
    numerator = x.n[i] * a + x.other[i] * b;
    size = magnitude(x.n[i]) * a + magnitude(x.other[i]) * b;
  } else {
    const bool is_product = !x.other.empty();
    const Wide factor = over_2_to_60((is_product ? x.scales[0] * x.other_scale : x.scale_of(i)) / step);
    numerator = (is_product ? x.n[i] * x.other[i] : x.n[i]) * factor;
    size = is_product ? magnitude(numerator) : x.size[i] * factor;
  }
  const auto cut_off = [&](float end) { return std::clamp(std::ldexp(double{end} / step, kShift), -0x1p120, 0x1p120); };
  if (std::isfinite(x.low)) numerator = std::max(numerator, static_cast<Wide>(cut_off(x.low)));
  if (std::isfinite(x.high)) numerator = std::min(numerator, static_cast<Wide>(cut_off(x.high)));
  return is_near(numerator, size, kShift, op.element.is_bipolar());
}

}  // namespace bitloom::wide_reference
