#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "ir/graph.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/slice.h"
#include "ir/ops/softmax.h"
#include "passes/lower/integer_form.h"
#include "passes/lower/wide_moves.h"
#include "passes/lower/wide_quantizers.h"
#include "passes/lower/wide_sums.h"

/// For tests: the integers that a QDQ graph means, computed a second time and in another way than `lower` and the operators' references do.
/// Values are held as distances from their zero point in 128-bit integers, a ReLU or Clip compares the real numbers themselves, a sum is
/// divided by its output step as a ratio of integers, and what moves elements moves their positions. Only the float32 scales and the
/// functions of real numbers are shared.
namespace bitloom::wide_reference {

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
  std::vector<std::vector<bool>> near_ties;       ///< whether the exact result is as near to a tie as kRoundings reach (wide_quantizers.h)

 private:
  Values compute(const Node& node) {
    if (node.is<Dequantize>() && node.input(0)->is_constant()) return constant(node.input(0)->constant());
    const IntegerForm form = integer_form(node);
    if (form == IntegerForm::kMove) return moved(node, values_.at(node.input(0)));
    if (form == IntegerForm::kJoin) return join(node);
    if (form == IntegerForm::kPair) return pair(node, values_.at(node.input(0)), values_.at(node.input(1)));
    if (form == IntegerForm::kFunction) return apply(node);
    const Values& x = values_.at(node.input(0));
    if (const auto* op = node.as<Quantize>()) return quantize(*op, x);
    if (const auto* op = node.as<Trunc>()) return stage(x.shape, op->quantization, truncated(*op, x));
    if (const auto* op = node.as<MultiThreshold>()) return stage(x.shape, op->quantization, thresholds_reached(*op, node.input(1)->constant(), x));
    if (const auto* op = node.as<Conv2d>()) return convolve(node, *op, x, values_.at(node.input(1)), bias(node));
    if (node.is<Gemm>()) return multiply(node, x, values_.at(node.input(1)), bias(node));
    if (const auto* op = node.as<AveragePool2d>()) return pool(node, op->window, x);
    if (form == IntegerForm::kCut) return cut(node, x);
    return x;  // Dequantize, Softmax
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

  const Values* bias(const Node& node) const { return node.input(2) ? &values_.at(node.input(2)) : nullptr; }

  bool wants_ties_;
  std::map<const Value*, Values> values_;
};

}  // namespace bitloom::wide_reference
