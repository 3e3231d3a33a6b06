#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "recipe/recipe.h"

namespace bitloom::train {

/// Parameters in a row that decay alike and move at one rate.
struct ParameterGroup {
  std::size_t begin = 0, end = 0;
  float weight_decay = 0;
  float rate = 1;  ///< times the learning rate; 0: they stay
};

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
  std::vector<ParameterGroup> groups;  ///< one behind the other, from 0 to the number of parameters
};

/// "adam"   Kingma, Ba 2014, arXiv:1412.6980, algorithm 1 with beta = (0.9, 0.999), epsilon = 1e-8
/// "adamw"  the same, its weight decay apart from the gradient: arXiv:1711.05101, algorithm 2
/// "sgd"    with momentum, which may be Nesterov's (in the form of Sutskever et al. 2013)
/// Weight decay is added to the gradient but in adamw.
/// @param threads  large steps are split among so many; the result does not depend on it
std::unique_ptr<Optimizer> make_optimizer(const Recipe::Train& options, std::vector<ParameterGroup> groups, int threads);

/// Scales the gradient so that its length is at most `longest` (arXiv:1211.5063, algorithm 1). Returns the length that it had.
double clip_gradient(std::span<float> gradient, double longest);

}  // namespace bitloom::train
