#include "train/optimizer.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

#include "base/parallel.h"

namespace bitloom::train {
namespace {

/// body(begin, end) over [0, count), in pieces that are worth a thread each.
template <class Body>
void for_pieces(std::size_t count, int threads, Body body) {
  constexpr std::size_t kPiece = std::size_t{1} << 17;
  if (threads <= 1 || count <= kPiece) return body(std::size_t{0}, count);
  const auto piece = [&](std::int64_t i) {
    const std::size_t begin = static_cast<std::size_t>(i) * kPiece;
    body(begin, std::min(count, begin + kPiece));
  };
  parallel_for(static_cast<std::int64_t>((count + kPiece - 1) / kPiece), piece, threads);
}

///   g += weight_decay * p;  m = momentum * m + g;  p -= learning_rate * m
class Sgd final : public Optimizer {
 public:
  Sgd(const Recipe::Train& options, std::size_t parameters, int threads)
      : momentum_(static_cast<float>(options.momentum)), weight_decay_(static_cast<float>(options.weight_decay)), threads_(threads) {
    state.moments.assign(1, std::vector<float>(parameters));
  }

  void step(std::span<float> parameters, std::span<const float> gradient, double learning_rate) override {
    assert(parameters.size() == state.moments[0].size() && gradient.size() == parameters.size());
    ++state.steps;
    const auto rate = static_cast<float>(learning_rate);
    float *p = parameters.data(), *m = state.moments[0].data();
    const float* g = gradient.data();
    for_pieces(parameters.size(), threads_, [=, this](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        m[i] = momentum_ * m[i] + (g[i] + weight_decay_ * p[i]);
        p[i] -= rate * m[i];
      }
    });
  }

 private:
  float momentum_, weight_decay_;
  int threads_;
};

///   g += weight_decay * p;  m = b1 * m + (1 - b1) * g;  v = b2 * v + (1 - b2) * g * g
///   p -= learning_rate / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + epsilon)
class Adam final : public Optimizer {
 public:
  Adam(const Recipe::Train& options, std::size_t parameters, int threads)
      : weight_decay_(static_cast<float>(options.weight_decay)), threads_(threads) {
    state.moments.assign(2, std::vector<float>(parameters));
  }

  void step(std::span<float> parameters, std::span<const float> gradient, double learning_rate) override {
    assert(parameters.size() == state.moments[0].size() && gradient.size() == parameters.size());
    const auto t = static_cast<double>(++state.steps);
    const auto rate = static_cast<float>(learning_rate / (1 - std::pow(kBeta1, t)));
    const auto correction = static_cast<float>(std::sqrt(1 - std::pow(kBeta2, t)));
    float *p = parameters.data(), *m = state.moments[0].data(), *v = state.moments[1].data();
    const float* g = gradient.data();
    for_pieces(parameters.size(), threads_, [=, this](std::size_t begin, std::size_t end) {
      constexpr auto kB1 = static_cast<float>(kBeta1), kB2 = static_cast<float>(kBeta2);
      constexpr auto kRest1 = static_cast<float>(1 - kBeta1), kRest2 = static_cast<float>(1 - kBeta2);
      for (std::size_t i = begin; i < end; ++i) {
        const float gradient_i = g[i] + weight_decay_ * p[i];
        m[i] = kB1 * m[i] + kRest1 * gradient_i;
        v[i] = kB2 * v[i] + kRest2 * gradient_i * gradient_i;
        p[i] -= rate * m[i] / (std::sqrt(v[i]) / correction + kEpsilon);
      }
    });
  }

 private:
  static constexpr double kBeta1 = 0.9, kBeta2 = 0.999;
  static constexpr float kEpsilon = 1e-8f;
  float weight_decay_;
  int threads_;
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const Recipe::Train& options, std::size_t parameters, int threads) {
  if (options.optimizer == "sgd") return std::make_unique<Sgd>(options, parameters, threads);
  assert(options.optimizer == "adam");  // the recipe's table admits no other
  return std::make_unique<Adam>(options, parameters, threads);
}

double learning_rate(const Recipe::Train& options, std::int64_t step, std::int64_t steps) {
  if (options.schedule == "constant") return options.learning_rate;
  assert(options.schedule == "cosine");
  return options.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps)));
}

}  // namespace bitloom::train
