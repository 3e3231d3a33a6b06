#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "recipe/recipe.h"

namespace bitloom::train {

/// All that an optimizer remembers between steps.
struct OptimizerState {
  std::int64_t steps = 0;
  std::vector<std::vector<float>> moments;  ///< each as long as the parameters
};

/// Moves all parameters, as one flat array, by their gradient. The arithmetic is that of LibTorch's optimizers of the same name.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  virtual void step(std::span<float> parameters, std::span<const float> gradient, double learning_rate) = 0;

  OptimizerState state;
};

/// "adam": Kingma, Ba 2014, arXiv:1412.6980, algorithm 1 with beta = (0.9, 0.999), epsilon = 1e-8;  "sgd": with momentum (no Nesterov).
/// Weight decay is added to the gradient in both.
/// @param parameters  number of them
/// @param threads     large steps are split among so many; the result does not depend on it
std::unique_ptr<Optimizer> make_optimizer(const Recipe::Train& options, std::size_t parameters, int threads);

/// Learning rate of step `step` (from 0) of `steps` in all: the recipe's, or half a cosine from it down to 0.
double learning_rate(const Recipe::Train& options, std::int64_t step, std::int64_t steps);

}  // namespace bitloom::train
