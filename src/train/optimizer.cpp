#include "train/optimizer.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/parallel.h"

namespace bitloom::train {
namespace {

/// body(begin, end, group) over all groups that move, in pieces that are worth a thread each.
template <class Body>
void for_pieces(const std::vector<ParameterGroup>& groups, int threads, Body body) {
  constexpr std::size_t kPiece = std::size_t{1} << 17;
  for (const ParameterGroup& group : groups) {
    if (group.rate == 0) continue;
    const std::size_t count = group.end - group.begin;
    if (threads <= 1 || count <= kPiece) {
      body(group.begin, group.end, group);
      continue;
    }
    const auto piece = [&](std::int64_t i) {
      const std::size_t begin = group.begin + static_cast<std::size_t>(i) * kPiece;
      body(begin, std::min(group.end, begin + kPiece), group);
    };
    parallel_for(static_cast<std::int64_t>((count + kPiece - 1) / kPiece), piece, threads);
  }
}

///   g += weight_decay * p;  m = momentum * m + g;  p -= learning_rate * m, or (g + momentum * m) with Nesterov's
class Sgd final : public Optimizer {
 public:
  Sgd(const Recipe::Train& options, std::vector<ParameterGroup> all_groups, int threads)
      : momentum_(static_cast<float>(options.momentum)), nesterov_(options.nesterov), threads_(threads) {
    groups = std::move(all_groups);
    state.moments.assign(1, std::vector<float>(groups.back().end));
  }

  void step(std::span<float> parameters, std::span<const float> gradient, double learning_rate) override {
    assert(parameters.size() == state.moments[0].size() && gradient.size() == parameters.size());
    ++state.steps;
    float *p = parameters.data(), *m = state.moments[0].data();
    const float* g = gradient.data();
    for_pieces(groups, threads_, [=, this](std::size_t begin, std::size_t end, const ParameterGroup& group) {
      const float rate = static_cast<float>(learning_rate) * group.rate, weight_decay = group.weight_decay;
      if (nesterov_) {
        for (std::size_t i = begin; i < end; ++i) {
          const float gradient_i = g[i] + weight_decay * p[i];
          m[i] = momentum_ * m[i] + gradient_i;
          p[i] -= rate * (gradient_i + momentum_ * m[i]);
        }
      } else {
        for (std::size_t i = begin; i < end; ++i) {
          m[i] = momentum_ * m[i] + (g[i] + weight_decay * p[i]);
          p[i] -= rate * m[i];
        }
      }
    });
  }

 private:
  float momentum_;
  bool nesterov_;
  int threads_;
};

///   g += weight_decay * p (adam), or p -= learning_rate * weight_decay * p (adamw)
///   m = b1 * m + (1 - b1) * g;  v = b2 * v + (1 - b2) * g * g
///   p -= learning_rate / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + epsilon)
class Adam final : public Optimizer {
 public:
  Adam(bool decays_apart, std::vector<ParameterGroup> all_groups, int threads) : decays_apart_(decays_apart), threads_(threads) {
    groups = std::move(all_groups);
    state.moments.assign(2, std::vector<float>(groups.back().end));
  }

  void step(std::span<float> parameters, std::span<const float> gradient, double learning_rate) override {
    assert(parameters.size() == state.moments[0].size() && gradient.size() == parameters.size());
    const auto t = static_cast<double>(++state.steps);
    const auto full_rate = static_cast<float>(learning_rate / (1 - std::pow(kBeta1, t)));
    const auto correction = static_cast<float>(std::sqrt(1 - std::pow(kBeta2, t)));
    float *p = parameters.data(), *m = state.moments[0].data(), *v = state.moments[1].data();
    const float* g = gradient.data();
    for_pieces(groups, threads_, [=, this](std::size_t begin, std::size_t end, const ParameterGroup& group) {
      const float rate = full_rate * group.rate, weight_decay = group.weight_decay;
      constexpr auto kB1 = static_cast<float>(kBeta1), kB2 = static_cast<float>(kBeta2);
      constexpr auto kRest1 = static_cast<float>(1 - kBeta1), kRest2 = static_cast<float>(1 - kBeta2);
      const float in_gradient = decays_apart_ ? 0 : weight_decay;
      const float kept = decays_apart_ ? static_cast<float>(1 - learning_rate * double{group.rate} * double{weight_decay}) : 1;
      for (std::size_t i = begin; i < end; ++i) {
        const float gradient_i = g[i] + in_gradient * p[i];
        m[i] = kB1 * m[i] + kRest1 * gradient_i;
        v[i] = kB2 * v[i] + kRest2 * gradient_i * gradient_i;
        p[i] = p[i] * kept - rate * m[i] / (std::sqrt(v[i]) / correction + kEpsilon);
      }
    });
  }

 private:
  static constexpr double kBeta1 = 0.9, kBeta2 = 0.999;
  static constexpr float kEpsilon = 1e-8f;
  bool decays_apart_;
  int threads_;
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const Recipe::Train& options, std::vector<ParameterGroup> groups, int threads) {
  if (options.optimizer == "sgd") return std::make_unique<Sgd>(options, std::move(groups), threads);
  assert(options.optimizer == "adam" || options.optimizer == "adamw");  // the recipe's table admits no other
  return std::make_unique<Adam>(options.optimizer == "adamw", std::move(groups), threads);
}

double clip_gradient(std::span<float> gradient, double longest) {
  double squares = 0;
  for (const float g : gradient) squares += double{g} * g;
  const double length = std::sqrt(squares);
  if (length > longest) {
    const auto factor = static_cast<float>(longest / length);
    for (float& g : gradient) g *= factor;
  }
  return length;
}

}  // namespace bitloom::train
