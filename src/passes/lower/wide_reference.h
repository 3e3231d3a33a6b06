#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "ir/graph.h"
#include "ir/ops/broadcast.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/multi_threshold.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/reduce.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/slice.h"
#include "ir/ops/softmax.h"
#include "passes/lower/integer_form.h"
#include "passes/lower/wide_arithmetic.h"

/// For tests: the integers that a QDQ graph means, computed a second time and in another way than `lower` and the operators' references do.
/// Values are held as distances from their zero point in 128-bit integers, a ReLU or Clip compares the real numbers themselves, a sum is
/// divided by its output step as a ratio of integers, and what moves elements moves their positions. Only the float32 scales and the
/// functions of real numbers are shared.
namespace bitloom::wide_reference {

/// real = scale * n for every element; one scale, or one per output channel. With `real` set the elements are those floats instead.
struct Values {
  Shape shape;
  std::vector<Wide> n;
  std::vector<float> scales;
  std::vector<float> real;
  std::vector<Wide> other = {};  ///< of a pair: the second operand, broadcast, in steps of other_scale
  float other_scale = 0;
  bool is_product = false;
  bool is_narrow = false;  ///< what a Quantize made
  float low = -INFINITY, high = INFINITY;  ///< let through by Relu and Clip
  std::vector<Wide> size = {};             ///< of a sum: the magnitudes that were added

  float scale_of(std::size_t element) const {
    if (scales.size() == 1) return scales[0];
    const std::size_t inner = n.size() / static_cast<std::size_t>(shape[0] * shape[1]);
    return scales[element / inner % scales.size()];
  }
};

/// ONNX QuantizeLinear, as the distance from the zero point.
inline Wide quantized(float x, const Quantize& q) {
  const double quotient = x / q.quantization.scales[0];  // float32
  double rounded = std::floor(quotient);
  if (quotient - rounded > 0.5 || (quotient - rounded == 0.5 && std::fmod(rounded, 2) != 0)) rounded += 1;
  return static_cast<Wide>(std::clamp(rounded, -1e9, 1e9));
}

/// A float simulation makes at most eight roundings of float32 on the way to a quantized value, the factor that the integers are multiplied by
/// instead having two of them: operand, weight, bias, its scale, sum, number it is multiplied by, quotient. Each is off by at most 2^-24 of the
/// magnitudes that are added.
constexpr int kRoundings = 8, kRoundingShift = 24;

class Evaluation {
 public:
  /// @param wants_ties  fill near_ties
  Evaluation(const Graph& qdq, const Tensor& image, bool wants_ties = false) : wants_ties_(wants_ties) {
    const Value* input = qdq.inputs().front();
    values_[input] = {input->shape(), {}, {}, {image.floats().begin(), image.floats().end()}};
    for (const Node* node : qdq.nodes()) values_[node->output()] = compute(*node);
    const Value* output = qdq.outputs().front();
    while (output->producer()->is<Softmax>()) output = output->producer()->input(0);
    result = values_.at(output).n;
  }

  std::vector<Wide> result;                       ///< the network's output, as distances from zero
  std::vector<std::vector<std::int32_t>> stages;  ///< q of every Quantize, in order
  std::vector<std::vector<bool>> near_ties;       ///< whether the exact result is as near to a tie as those roundings reach; of the same

 private:
  Values compute(const Node& node) {
    if (node.is<Dequantize>() && node.input(0)->is_constant()) return constant(node.input(0)->constant());
    const IntegerForm form = integer_form(node);
    if (form == IntegerForm::kMove) return move(node, values_.at(node.input(0)));
    if (form == IntegerForm::kJoin) return join(node);
    if (form == IntegerForm::kPair) return pair(node, values_.at(node.input(0)), values_.at(node.input(1)));
    if (form == IntegerForm::kFunction) return apply(node);
    const Values& x = values_.at(node.input(0));
    if (const auto* op = node.as<Quantize>()) return quantize(*op, x);
    if (const auto* op = node.as<Trunc>()) return truncate(*op, x);
    if (const auto* op = node.as<MultiThreshold>()) return count_thresholds(*op, node.input(1)->constant(), x);
    if (const auto* op = node.as<Conv2d>()) return convolve(node, *op, x);
    if (node.is<Gemm>()) return multiply(node, x);
    if (const auto* op = node.as<AveragePool2d>()) return pool(node, op->window, x);
    if (form == IntegerForm::kCut) return cut(node, x);
    return x;  // Dequantize, Softmax
  }

  /// Real numbers, which only the next Quantize makes integers of.
  static std::vector<float> reals_of(const Values& x) {
    if (!x.real.empty()) return x.real;
    std::vector<float> real;
    for (std::size_t i = 0; i < x.n.size(); ++i) real.push_back(x.scale_of(i) * static_cast<float>(static_cast<std::int64_t>(x.n[i])));
    return real;
  }

  Values apply(const Node& node) const {
    const Values& x = values_.at(node.input(node.input(0)->is_constant() ? 1 : 0));
    if (!x.is_narrow && x.real.empty() && scales_by_number(node)) return times_number(node, x);
    Values y{node.output()->shape(), {}, {}, reals_of(x)};
    if (node.is<Relu>() || node.is<Clip>()) {
      const float low = node.is<Clip>() ? node.as<Clip>()->low : 0, high = node.is<Clip>() ? node.as<Clip>()->high : INFINITY;
      for (float& real : y.real) real = std::min(std::max(real, low), high);
      return y;
    }
    if (node.is<Tanh>() || node.is<Sigmoid>()) {
      for (float& real : y.real) real = static_cast<float>(node.is<Tanh>() ? std::tanh(double{real}) : 1 / (1 + std::exp(-double{real})));
      return y;
    }
    const Tensor argument(y.shape, y.real);
    std::vector<const Tensor*> inputs;
    for (const Value* input : node.inputs()) inputs.push_back(input->is_constant() ? &input->constant() : &argument);
    Tensor outputs[] = {Tensor(node.output()->type())};
    node.evaluate(inputs, outputs);
    y.real.assign(outputs[0].floats().begin(), outputs[0].floats().end());
    return y;
  }

  /// As the node itself moves the numbers 1, 2, 3, ..., where 0 is what a Pad adds.
  static Values move(const Node& node, const Values& x) {
    Values y = x;
    y.shape = node.output()->shape();
    if (const auto* op = node.as<MaxPool2d>()) return largest(node, op->window, x);
    if (node.is<ReduceMax>()) return largest_along(node, x);
    std::vector<float> positions(std::max(x.n.size(), x.real.size()));
    for (std::size_t i = 0; i < positions.size(); ++i) positions[i] = static_cast<float>(i + 1);
    const Tensor from(x.shape, std::move(positions));
    std::vector<const Tensor*> inputs{&from};
    if (node.input(1)) inputs.push_back(&node.input(1)->constant());
    Tensor outputs[] = {Tensor(TensorType{y.shape, ElementType::float32(), {}})};
    node.evaluate(inputs, outputs);
    y.n.clear(), y.real.clear();
    for (const float position : outputs[0].floats()) {
      const auto i = static_cast<std::size_t>(position);
      if (x.real.empty())
        y.n.push_back(i ? x.n[i - 1] : 0);
      else
        y.real.push_back(i ? x.real[i - 1] : 0);
    }
    return y;
  }

  /// Of narrow integers, along one axis that is kept.
  static Values largest_along(const Node& node, const Values& x) {
    const int axis = node.as<ReduceMax>()->axes.front();
    Values y = x;
    y.shape = node.output()->shape();
    y.n.clear();
    std::int64_t inner = 1, length = x.shape[axis];
    for (int i = axis + 1; i < x.shape.rank(); ++i) inner *= x.shape[i];
    for (std::int64_t i = 0; i < y.shape.elements(); ++i) {
      const std::int64_t first = i / inner * length * inner + i % inner;
      Wide best = x.n[static_cast<std::size_t>(first)];
      for (std::int64_t k = 1; k < length; ++k) best = std::max(best, x.n[static_cast<std::size_t>(first + k * inner)]);
      y.n.push_back(best);
    }
    return y;
  }

  Values join(const Node& node) const {
    Values y{node.output()->shape(), {}, {}, {}};
    std::int64_t outer = 1;
    const int axis = node.as<Concat>()->axis;
    for (int i = 0; i < axis; ++i) outer *= y.shape[i];
    for (std::int64_t row = 0; row < outer; ++row)
      for (const Value* input : node.inputs()) {
        const std::vector<float> part = reals_of(values_.at(input));
        const auto length = static_cast<std::int64_t>(part.size()) / outer;
        y.real.insert(y.real.end(), part.begin() + row * length, part.begin() + (row + 1) * length);
      }
    return y;
  }

  Values cut(const Node& node, const Values& x) const {
    Values y = x;
    if (x.is_narrow && node.is<Relu>()) {
      for (Wide& n : y.n) n = std::max<Wide>(n, 0);
      return y;
    }
    if (x.is_narrow || !x.real.empty()) return apply(node);
    const auto* clip = node.as<Clip>();
    const float low = clip ? clip->low : 0, high = clip ? clip->high : y.high;
    y.low = std::min(std::max(y.low, low), high), y.high = std::min(std::max(y.high, low), high);
    return y;
  }

  static Values constant(const Tensor& tensor) {
    const Quantization& quantization = *tensor.type().quantization;
    Values y{tensor.shape(), {}, quantization.scales, {}};
    const std::size_t rows = quantization.per_channel() ? quantization.scales.size() : 1, row = tensor.integers().size() / rows;
    for (std::size_t i = 0; i < tensor.integers().size(); ++i) y.n.push_back(Wide{tensor.integers()[i]} - quantization.zero_point_of(i / row));
    return y;
  }

  Values quantize(const Quantize& op, const Values& x) {
    const Wide zero = op.quantization.zero_point, low = op.element.min() - zero, high = op.element.max() - zero;
    const float step = op.quantization.scales[0];
    Values y{x.shape, {}, {step}, {}};
    y.is_narrow = true;
    stages.emplace_back();
    near_ties.emplace_back();
    for (std::size_t i = 0; wants_ties_ && i < std::max(x.n.size(), x.real.size()); ++i) near_ties.back().push_back(is_near_a_tie(op, x, i));
    if (op.element.is_bipolar()) return signs_of(x, std::move(y));
    for (std::size_t i = 0; i < std::max(x.n.size(), x.real.size()); ++i) {
      y.n.push_back(std::clamp(quantized_element(op, x, i), low, high));
      stages.back().push_back(static_cast<std::int32_t>(y.n.back() + zero));
    }
    return y;
  }

  /// -1 for what is less than 0, else +1.
  Values signs_of(const Values& x, Values y) {
    for (std::size_t i = 0; i < std::max(x.n.size(), x.real.size()); ++i) {
      const Wide negative = x.real.empty() ? exact_sign(x, i) : (x.real[i] < 0 ? -1 : 1);
      y.n.push_back(negative < 0 ? -1 : 1);
      stages.back().push_back(static_cast<std::int32_t>(y.n.back()));
    }
    return y;
  }

  /// Less than 0 where the exact element i is, once it is cut.
  static Wide exact_sign(const Values& x, std::size_t i) {
    if (x.low >= 0 || x.high < 0) return x.low >= 0 ? 1 : -1;
    if (x.other.empty()) return x.n[i];
    if (x.is_product) return x.n[i] * x.other[i];
    return x.n[i] * over_2_to_60(x.scales[0]) + x.other[i] * over_2_to_60(x.other_scale);
  }

  /// A sum's integers on another scale.
  static Values times_number(const Node& node, Values x) {
    const float number = node.input(node.input(0)->is_constant() ? 0 : 1)->constant().floats().front();
    const auto of = [&](float real) { return node.is<Mul>() ? real * number : real / number; };
    for (float& scale : x.scales) scale = of(scale);
    x.low = of(x.low), x.high = of(x.high);
    return x;
  }

  /// What a quantizer that is not a Quantize made: integers, kept as distances from their zero point.
  Values stage(const Shape& shape, const Quantization& quantization, std::vector<std::int32_t> integers) {
    Values y{shape, {}, quantization.scales, {}};
    y.is_narrow = true;
    for (const std::int32_t q : integers) y.n.push_back(Wide{q} - quantization.zero_point);
    stages.push_back(std::move(integers));
    return y;
  }

  Values truncate(const Trunc& op, const Values& x) {
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
    return stage(x.shape, op.quantization, std::move(y));
  }

  /// Of a sum, or of a pair of one scale: an integer and its scale.
  static std::pair<Wide, float> exact_element(const Values& x, std::size_t i) {
    if (x.other.empty()) return {x.n[i], x.scale_of(i)};
    if (x.is_product) return {x.n[i] * x.other[i], x.scales[0] * x.other_scale};
    return {x.n[i] + x.other[i], x.scales[0]};
  }

  /// One by one, where `lower` searches for the steps.
  Values count_thresholds(const MultiThreshold& op, const Tensor& thresholds, const Values& x) {
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
    return stage(x.shape, op.quantization, std::move(y));
  }

  /// numerator / 2^shift is the exact result in steps, size / 2^shift the magnitudes it was added from. Signs have their tie at 0.
  static bool is_near(Wide numerator, Wide size, int shift, bool is_sign) {
    const Wide unit = Wide{1} << shift, half = is_sign ? 0 : unit / 2;
    Wide rest = is_sign ? numerator : numerator % unit;
    if (!is_sign && rest < 0) rest += unit;
    const Wide distance = rest > half ? rest - half : half - rest;
    return (distance >> (126 - kRoundingShift)) == 0 && distance << kRoundingShift <= kRoundings * size;
  }

  static bool is_near_a_tie(const Quantize& op, const Values& x, std::size_t i) {
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

  static Wide quantized_element(const Quantize& op, const Values& x, std::size_t i) {
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

  static Values pair(const Node& node, const Values& a, const Values& b) {
    Values y{node.output()->shape(), {}, {a.scales[0]}, {}};
    y.other_scale = b.scales[0];
    y.is_product = node.is<Mul>();
    ops::for_broadcast<2>(y.shape, {a.shape, b.shape}, [&](std::size_t, const auto& at) {
      y.n.push_back(a.n[at[0]]);
      y.other.push_back(b.n[at[1]]);
    });
    return y;
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
          Wide sum = bias(node, o), size = sum < 0 ? -sum : sum;
          for (std::int64_t k = 0; k < w.shape[1] * w.shape[2] * w.shape[3]; ++k) {
            const std::int64_t c = k / (w.shape[2] * w.shape[3]), u = k / w.shape[3] % w.shape[2], v = k % w.shape[3];
            const std::int64_t channel = o / (y.shape[1] / op.groups) * w.shape[1] + c;
            const Wide product = w.n[static_cast<std::size_t>(o * w.shape[1] * w.shape[2] * w.shape[3] + k)] *
                                 at(x, channel, i * op.stride_h + u * op.dilation_h - op.pad_top,
                                    j * op.stride_w + v * op.dilation_w - op.pad_left);
            sum += product, size += product < 0 ? -product : product;
          }
          y.n.push_back(sum), y.size.push_back(size);
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
      Wide sum = bias(node, o), size = sum < 0 ? -sum : sum;
      for (std::size_t k = 0; k < x.n.size(); ++k) {
        const Wide product = x.n[k] * w.n[static_cast<std::size_t>(o) * x.n.size() + k];
        sum += product, size += product < 0 ? -product : product;
      }
      y.n.push_back(sum), y.size.push_back(size);
    }
    return y;
  }

  /// Calls use(n, is_inside) for each position of each window, then done().
  template <class Use, class Done>
  static void for_windows(const Node& node, const PoolWindow& window, const Values& x, Use use, Done done) {
    const Shape& y = node.output()->shape();
    for (std::int64_t c = 0; c < y[1]; ++c)
      for (std::int64_t i = 0; i < y[2]; ++i)
        for (std::int64_t j = 0; j < y[3]; ++j) {
          for (int k = 0; k < window.kernel_h * window.kernel_w; ++k) {
            const std::int64_t row = i * window.stride_h + k / window.kernel_w * window.dilation_h - window.pad_top;
            const std::int64_t column = j * window.stride_w + k % window.kernel_w * window.dilation_w - window.pad_left;
            use(at(x, c, row, column), row >= 0 && row < x.shape[2] && column >= 0 && column < x.shape[3]);
          }
          done();
        }
  }

  static Values pool(const Node& node, const PoolWindow& window, const Values& x) {
    Values y{node.output()->shape(), {}, x.scales, {}};
    y.scales[0] /= static_cast<float>(window.kernel_h * window.kernel_w);
    Wide sum = 0, size = 0;
    for_windows(node, window, x, [&](Wide n, bool) { sum += n, size += n < 0 ? -n : n; }, [&] {
      y.n.push_back(std::exchange(sum, 0));
      y.size.push_back(std::exchange(size, 0));
    });
    return y;
  }

  static Values largest(const Node& node, const PoolWindow& window, const Values& x) {
    Values y = x;
    y.shape = node.output()->shape();
    y.n.clear();
    constexpr Wide kLeast = -(Wide{1} << 100);
    Wide best = kLeast;
    for_windows(node, window, x, [&](Wide n, bool is_inside) { best = is_inside ? std::max(best, n) : best; },
                [&] { y.n.push_back(std::exchange(best, kLeast)); });
    return y;
  }

  bool wants_ties_;
  std::map<const Value*, Values> values_;
};

}  // namespace bitloom::wide_reference
