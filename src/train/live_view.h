#pragma once

#include <string>
#include <vector>

#include "recipe/recipe.h"
#include "train/training_state.h"

namespace bitloom::train {

/// What a terminal shows above the progress bar: the curves of the epochs that are over, with their last values, and the best one.
/// Empty before the first epoch's end.
std::vector<std::string> live_view(const Recipe& recipe, const TrainingState& state);

}  // namespace bitloom::train
