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

/// Cross entropy of softmax(logits) against the labels, with its gradient in closed form:
///   loss = log(sum over k of exp(z[k])) - sum over k of t[k] z[k],   d loss / d z[k] = softmax(z)[k] - t[k]
/// with t the label's place softened: (1 - smoothing) * (k == label) + smoothing / K (arXiv:1512.00567, section 7).
/// @param logits    [N, K], row by row
/// @param labels    N, each in 0 .. K-1
/// @param scale     multiplies the gradient; 1 / batch makes it that of the batch's mean
/// @param gradient  [N, K], or empty when it is not wanted
Loss cross_entropy(std::span<const float> logits, std::span<const std::int32_t> labels, float scale, std::span<float> gradient,
                   double smoothing = 0);

}  // namespace bitloom::train
