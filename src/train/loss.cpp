#include "train/loss.h"

#include <algorithm>
#include <cmath>

namespace bitloom::train {
namespace {

/// Two labels and their shares: an image as it is shows one only.
struct Target {
  std::size_t label, other;
  double share;
  double of(std::size_t k) const { return (k == label ? share : 0.0) + (k == other ? 1 - share : 0.0); }
};

Target target_of(std::span<const std::int32_t> labels, const Softening& softening, std::size_t n) {
  const auto label = static_cast<std::size_t>(labels[n]);
  if (softening.mixtures.empty()) return {label, label, 1};
  const Mixture& mixture = softening.mixtures[n];
  return {label, static_cast<std::size_t>(mixture.other), double{mixture.share}};
}

}  // namespace

Loss cross_entropy(std::span<const float> logits, std::span<const std::int32_t> labels, float scale, std::span<float> gradient,
                   const Softening& softening) {
  const std::size_t classes = logits.size() / std::max<std::size_t>(1, labels.size());
  const double sharp = 1 - softening.smoothing, spread = softening.smoothing / static_cast<double>(classes);
  Loss loss;
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const std::span<const float> z = logits.subspan(n * classes, classes);
    const Target target = target_of(labels, softening, n);
    const auto largest = std::max_element(z.begin(), z.end());
    loss.correct += static_cast<std::size_t>(largest - z.begin()) == (target.share >= 0.5 ? target.label : target.other);
    double sum = 0;
    for (const float value : z) sum += std::exp(double{value} - double{*largest});
    double wanted = sharp * (target.share * double{z[target.label]} + (1 - target.share) * double{z[target.other]});
    if (spread > 0)
      for (const float value : z) wanted += spread * double{value};
    loss.sum += std::log(sum) + double{*largest} - wanted;
    if (gradient.empty()) continue;
    for (std::size_t k = 0; k < classes; ++k) {
      const double probability = std::exp(double{z[k]} - double{*largest}) / sum;
      gradient[n * classes + k] = scale * static_cast<float>(probability - sharp * target.of(k) - spread);
    }
  }
  return loss;
}

}  // namespace bitloom::train
