#pragma once

#include "ir/graph.h"
#include "passes/notes.h"
#include "recipe/recipe.h"
#include "train/images.h"

namespace bitloom::train {

/// Where a run folder keeps the training through simulated quantization: a run folder of its own, with metrics, checkpoint and result.
constexpr const char* kQuantizedFolder = "quantized";

/// @throws InputError where keys of quantized_training contradict each other
void check_quantized_training(const Recipe& recipe);

/// The recipe of that training: `train` with what quantized_training says in its place.
Recipe quantized_recipe(const Recipe& recipe);

/// The graph that is trained: `float_graph` with its quantizers, calibrated on the recipe's images of `images` (the training part).
Graph quantized_training_graph(const Graph& float_graph, const Images& images, const Recipe& recipe, Notes* notes);

}  // namespace bitloom::train
