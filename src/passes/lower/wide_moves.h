#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "ir/graph.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/reduce.h"
#include "passes/lower/wide_values.h"

/// For tests: operators that only move values, or take the largest, for wide_reference.h.
namespace bitloom::wide_reference {

/// Calls use(n, is_inside) for each position of each window, then done().
template <class Use, class Done>
void for_windows(const Node& node, const PoolWindow& window, const Values& x, Use use, Done done) {
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

inline Values largest(const Node& node, const PoolWindow& window, const Values& x) {
  Values y = x;
  y.shape = node.output()->shape();
  y.n.clear();
  constexpr Wide kLeast = -(Wide{1} << 100);
  Wide best = kLeast;
  for_windows(node, window, x, [&](Wide n, bool is_inside) { best = is_inside ? std::max(best, n) : best; },
              [&] { y.n.push_back(std::exchange(best, kLeast)); });
  return y;
}

/// Of narrow integers, along one axis that is kept.
inline Values largest_along(const Node& node, const Values& x) {
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

/// As the node itself moves the numbers 1, 2, 3, ..., where 0 is what a Pad adds.
inline Values moved(const Node& node, const Values& x) {
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

}  // namespace bitloom::wide_reference
