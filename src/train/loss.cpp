#include "train/loss.h"

#include <algorithm>
#include <cmath>

namespace bitloom::train {

Loss cross_entropy(std::span<const float> logits, std::span<const std::int32_t> labels, float scale, std::span<float> gradient,
                   double smoothing) {
  const std::size_t classes = logits.size() / std::max<std::size_t>(1, labels.size());
  Loss loss;
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const std::span<const float> z = logits.subspan(n * classes, classes);
    const auto label = static_cast<std::size_t>(labels[n]);
    const auto largest = std::max_element(z.begin(), z.end());
    loss.correct += static_cast<std::size_t>(largest - z.begin()) == label;
    double sum = 0;
    for (const float value : z) sum += std::exp(double{value} - double{*largest});
    double target = (1 - smoothing) * double{z[label]};
    if (smoothing > 0)
      for (const float value : z) target += smoothing / static_cast<double>(classes) * double{value};
    loss.sum += std::log(sum) + double{*largest} - target;
    if (gradient.empty()) continue;
    for (std::size_t k = 0; k < classes; ++k) {
      const double probability = std::exp(double{z[k]} - double{*largest}) / sum;
      gradient[n * classes + k] = scale * static_cast<float>(probability - (k == label ? 1 - smoothing : 0.0) - smoothing / static_cast<double>(classes));
    }
  }
  return loss;
}

}  // namespace bitloom::train
