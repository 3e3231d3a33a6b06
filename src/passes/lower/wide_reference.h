#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "ir/graph.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/softmax.h"

/// For tests: the integers that a QDQ graph means, computed a second time and in another way than `lower` and the operators' references do.
/// Values are held as distances from their zero point in 128-bit integers, a ReLU is a maximum on the sum itself, and a sum is divided by
/// its output step as a ratio of integers. Only the float32 scales are shared.
namespace bitloom::wide_reference {

__extension__ using Wide = __int128;

/// real = scale * n for every element; one scale, or one per output channel. With `real` set the elements are those floats instead.
struct Values {
  Shape shape;
  std::vector<Wide> n;
  std::vector<float> scales;
  std::vector<float> real;
  std::vector<Wide> addend = {};  ///< of an addition: the second operand, in steps of addend_scale
  float addend_scale = 0;
  bool above_zero = false;  ///< of an addition: negative sums count as 0

  float scale_of(std::size_t element) const {
    if (scales.size() == 1) return scales[0];
    const std::size_t inner = n.size() / static_cast<std::size_t>(shape[0] * shape[1]);
    return scales[element / inner % scales.size()];
  }
};

/// factor as an integer over 2^60; the scales of these tests leave room for that on both sides.
inline Wide over_2_to_60(float factor) {
  int exponent = 0;
  const auto mantissa = static_cast<Wide>(std::ldexp(std::frexp(factor, &exponent), 24));
  const int shift = 60 - 24 + exponent;
  return shift >= 0 ? mantissa << shift : mantissa >> -shift;
}

inline Wide rounded_half_to_even(Wide numerator, Wide denominator);

/// n * factor rounded half to even, exactly.
inline Wide scaled(Wide n, float factor) {
  int exponent = 0;
  const auto mantissa = static_cast<Wide>(std::ldexp(std::frexp(factor, &exponent), 24));
  const int shift = 24 - exponent;
  if (shift <= 0) return n * mantissa * (Wide{1} << -shift);
  if (shift > 100) return 0;
  return rounded_half_to_even(n * mantissa, Wide{1} << shift);
}

inline Wide rounded_half_to_even(Wide numerator, Wide denominator) {
  Wide floor = numerator / denominator;
  if (floor * denominator > numerator) --floor;
  const Wide twice_rest = 2 * (numerator - floor * denominator);
  if (twice_rest > denominator || (twice_rest == denominator && floor % 2 != 0)) ++floor;
  return floor;
}

/// ONNX QuantizeLinear, as the distance from the zero point.
inline Wide quantized(float x, const Quantize& q) {
  const double quotient = x / q.quantization.scales[0];  // float32
  double rounded = std::floor(quotient);
  if (quotient - rounded > 0.5 || (quotient - rounded == 0.5 && std::fmod(rounded, 2) != 0)) rounded += 1;
  return static_cast<Wide>(std::clamp(rounded, -1e9, 1e9));
}

class Evaluation {
 public:
  Evaluation(const Graph& qdq, const Tensor& image) {
    const Value* input = qdq.inputs().front();
    values_[input] = {input->shape(), {}, {}, {image.floats().begin(), image.floats().end()}};
    for (const Node* node : qdq.nodes()) values_[node->output()] = compute(*node);
    const Value* output = qdq.outputs().front();
    while (output->producer()->is<Softmax>()) output = output->producer()->input(0);
    result = values_.at(output).n;
  }

  std::vector<Wide> result;                       ///< the network's output, as distances from zero
  std::vector<std::vector<std::int32_t>> stages;  ///< q of every Quantize, in order

 private:
  Values compute(const Node& node) {
    if (node.is<Dequantize>() && node.input(0)->is_constant()) return constant(node.input(0)->constant());
    const Values& x = values_.at(node.input(0));
    if (const auto* op = node.as<Quantize>()) return quantize(*op, x);
    if (const auto* op = node.as<Conv2d>()) return convolve(node, *op, x);
    if (node.is<Gemm>()) return multiply(node, x);
    if (node.is<Add>()) return sum(x, values_.at(node.input(1)));
    if (const auto* op = node.as<MaxPool2d>()) return pool(node, op->window, x, false);
    if (const auto* op = node.as<AveragePool2d>()) return pool(node, op->window, x, true);
    Values y = x;  // Dequantize, Softmax
    if (node.is<Flatten>()) y.shape = node.output()->shape();
    if (node.is<Relu>() && !x.addend.empty())
      y.above_zero = true;
    else if (node.is<Relu>())
      for (Wide& n : y.n) n = std::max<Wide>(n, 0);
    if (node.is<Tanh>() || node.is<Sigmoid>())
      for (std::size_t i = 0; i < x.n.size(); ++i) {
        const double real = x.scale_of(i) * static_cast<float>(static_cast<std::int64_t>(x.n[i]));
        y.real.push_back(static_cast<float>(node.is<Tanh>() ? std::tanh(real) : 1 / (1 + std::exp(-real))));
      }
    return y;
  }

  static Values constant(const Tensor& tensor) {
    return {tensor.shape(), {tensor.integers().begin(), tensor.integers().end()}, tensor.type().quantization->scales, {}};
  }

  Values quantize(const Quantize& op, const Values& x) {
    const Wide zero = op.quantization.zero_point, low = op.element.min() - zero, high = op.element.max() - zero;
    const float step = op.quantization.scales[0];
    Values y{x.shape, {}, {step}, {}};
    stages.emplace_back();
    for (std::size_t i = 0; i < std::max(x.n.size(), x.real.size()); ++i) {
      const Wide n = !x.addend.empty()  ? added(x, i, step)
                     : x.real.empty() ? scaled(x.n[i], x.scale_of(i) / step)
                                      : quantized(x.real[i], op);
      y.n.push_back(std::clamp(n, low, high));
      stages.back().push_back(static_cast<std::int32_t>(y.n.back() + zero));
    }
    return y;
  }

  static Values sum(const Values& a, const Values& b) {
    Values y = a;
    y.addend = b.n;
    y.addend_scale = b.scales[0];
    return y;
  }
  static Wide added(const Values& x, std::size_t i, float step) {
    const Wide sum = x.n[i] * over_2_to_60(x.scales[0] / step) + x.addend[i] * over_2_to_60(x.addend_scale / step);
    return rounded_half_to_even(x.above_zero ? std::max<Wide>(sum, 0) : sum, Wide{1} << 60);
  }

  /// The sum's scales, and its bias at output o.
  Values start_sum(const Node& node, const Values& x) const {
    Values y{node.output()->shape(), {}, {}, {}};
    for (const float w : values_.at(node.input(1)).scales) y.scales.push_back(x.scales[0] * w);
    return y;
  }
  Wide bias(const Node& node, std::int64_t o) const { return node.input(2) ? values_.at(node.input(2)).n[static_cast<std::size_t>(o)] : 0; }

  Values convolve(const Node& node, const Conv2d& op, const Values& x) const {
    const Values& w = values_.at(node.input(1));
    Values y = start_sum(node, x);
    for (std::int64_t o = 0; o < y.shape[1]; ++o)
      for (std::int64_t i = 0; i < y.shape[2]; ++i)
        for (std::int64_t j = 0; j < y.shape[3]; ++j) {
          Wide sum = bias(node, o);
          for (std::int64_t k = 0; k < w.shape[1] * w.shape[2] * w.shape[3]; ++k) {
            const std::int64_t c = k / (w.shape[2] * w.shape[3]), u = k / w.shape[3] % w.shape[2], v = k % w.shape[3];
            const std::int64_t channel = o / (y.shape[1] / op.groups) * w.shape[1] + c;
            sum += w.n[static_cast<std::size_t>(o * w.shape[1] * w.shape[2] * w.shape[3] + k)] *
                   at(x, channel, i * op.stride_h + u * op.dilation_h - op.pad_top, j * op.stride_w + v * op.dilation_w - op.pad_left);
          }
          y.n.push_back(sum);
        }
    return y;
  }

  /// The element at a position of the map; 0, which is its zero point, outside.
  static Wide at(const Values& x, std::int64_t c, std::int64_t row, std::int64_t column) {
    if (row < 0 || row >= x.shape[2] || column < 0 || column >= x.shape[3]) return 0;
    return x.n[static_cast<std::size_t>((c * x.shape[2] + row) * x.shape[3] + column)];
  }

  Values multiply(const Node& node, const Values& x) const {
    const Values& w = values_.at(node.input(1));
    Values y = start_sum(node, x);
    for (std::int64_t o = 0; o < w.shape[0]; ++o) {
      y.n.push_back(bias(node, o));
      for (std::size_t k = 0; k < x.n.size(); ++k) y.n.back() += x.n[k] * w.n[static_cast<std::size_t>(o) * x.n.size() + k];
    }
    return y;
  }

  static Values pool(const Node& node, const PoolWindow& window, const Values& x, bool sums) {
    Values y{node.output()->shape(), {}, x.scales, {}};
    if (sums) y.scales[0] /= static_cast<float>(window.kernel_h * window.kernel_w);
    for (std::int64_t c = 0; c < y.shape[1]; ++c)
      for (std::int64_t i = 0; i < y.shape[2]; ++i)
        for (std::int64_t j = 0; j < y.shape[3]; ++j) {
          Wide sum = 0, best = -(Wide{1} << 100);
          for (int k = 0; k < window.kernel_h * window.kernel_w; ++k) {
            const std::int64_t row = i * window.stride_h + k / window.kernel_w * window.dilation_h - window.pad_top;
            const std::int64_t column = j * window.stride_w + k % window.kernel_w * window.dilation_w - window.pad_left;
            sum += at(x, c, row, column);
            if (row >= 0 && row < x.shape[2] && column >= 0 && column < x.shape[3]) best = std::max(best, at(x, c, row, column));
          }
          y.n.push_back(sums ? sum : best);
        }
    return y;
  }

  std::map<const Value*, Values> values_;
};

}  // namespace bitloom::wide_reference
