#pragma once

#include <utility>
#include <vector>

#include "ir/graph.h"
#include "ir/ops/broadcast.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/pool2d.h"
#include "passes/lower/wide_moves.h"
#include "passes/lower/wide_values.h"

/// For tests: exact sums and products, for wide_reference.h. Bias may be null.
namespace bitloom::wide_reference {

/// The sum's scales.
inline Values start_sum(const Node& node, const Values& x, const Values& w) {
  Values y{node.output()->shape(), {}, {}, {}};
  for (const float scale : w.scales) y.scales.push_back(x.scales[0] * scale);
  return y;
}

/// At output o; null: 0.
inline Wide bias_of(const Values* bias, std::int64_t o) { return bias ? bias->n[static_cast<std::size_t>(o)] : 0; }

inline Values convolve(const Node& node, const Conv2d& op, const Values& x, const Values& w, const Values* bias) {
  Values y = start_sum(node, x, w);
  for (std::int64_t o = 0; o < y.shape[1]; ++o)
    for (std::int64_t i = 0; i < y.shape[2]; ++i)
      for (std::int64_t j = 0; j < y.shape[3]; ++j) {
        Wide sum = bias_of(bias, o), size = sum < 0 ? -sum : sum;
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

inline Values multiply(const Node& node, const Values& x, const Values& w, const Values* bias) {
  Values y = start_sum(node, x, w);
  for (std::int64_t o = 0; o < w.shape[0]; ++o) {
    Wide sum = bias_of(bias, o), size = sum < 0 ? -sum : sum;
    for (std::size_t k = 0; k < x.n.size(); ++k) {
      const Wide product = x.n[k] * w.n[static_cast<std::size_t>(o) * x.n.size() + k];
      sum += product, size += product < 0 ? -product : product;
    }
    y.n.push_back(sum), y.size.push_back(size);
  }
  return y;
}

inline Values pool(const Node& node, const PoolWindow& window, const Values& x) {
  Values y{node.output()->shape(), {}, x.scales, {}};
  y.scales[0] /= static_cast<float>(window.kernel_h * window.kernel_w);
  Wide sum = 0, size = 0;
  for_windows(node, window, x, [&](Wide n, bool) { sum += n, size += n < 0 ? -n : n; }, [&] {
    y.n.push_back(std::exchange(sum, 0));
    y.size.push_back(std::exchange(size, 0));
  });
  return y;
}

inline Values pair(const Node& node, const Values& a, const Values& b) {
  Values y{node.output()->shape(), {}, {a.scales[0]}, {}};
  y.other_scale = b.scales[0];
  y.is_product = node.is<Mul>();
  ops::for_broadcast<2>(y.shape, {a.shape, b.shape}, [&](std::size_t, const auto& at) {
    y.n.push_back(a.n[at[0]]);
    y.other.push_back(b.n[at[1]]);
  });
  return y;
}

}  // namespace bitloom::wide_reference
