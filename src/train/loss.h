#pragma once

#include <cstdint>
#include <span>

namespace bitloom::train {

struct Loss {
  double sum = 0;             ///< nats, over the images
  std::int64_t correct = 0;   ///< images whose largest logit is their label's; of equals the lowest class answers

  Loss& operator+=(const Loss& other) {
    sum += other.sum;
    correct += other.correct;
    return *this;
  }
};

/// What an image shows besides its label where it was blended with another one (mixup).
struct Mixture {
  std::int32_t other;  ///< label of the other image
  float share;         ///< of the image's own label; 1 - share belongs to `other`
};

/// How targets are softened: not at all by default.
struct Softening {
  double smoothing = 0;                     ///< share of the label that all classes divide among them
  std::span<const Mixture> mixtures = {};   ///< one an image, or none at all
};

/// Cross entropy of softmax(logits) against the labels, with its gradient in closed form:
///   loss = log(sum over k of exp(z[k])) - sum over k of t[k] z[k],   d loss / d z[k] = softmax(z)[k] - t[k]
/// with t the label's place softened: (1 - smoothing) * (k == label) + smoothing / K (arXiv:1512.00567, section 7). A mixture's target is the
/// mean of its two labels', weighted by their shares (arXiv:1710.09412, section 2); it counts as right where the larger share's label answers.
/// @param logits    [N, K], row by row
/// @param labels    N, each in 0 .. K-1
/// @param scale     multiplies the gradient; 1 / batch makes it that of the batch's mean
/// @param gradient  [N, K], or empty when it is not wanted
Loss cross_entropy(std::span<const float> logits, std::span<const std::int32_t> labels, float scale, std::span<float> gradient,
                   const Softening& softening = {});

}  // namespace bitloom::train
