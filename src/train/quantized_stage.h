#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ir/graph.h"
#include "passes/notes.h"
#include "recipe/recipe.h"
#include "train/batch_statistics.h"
#include "train/images.h"
#include "train/run_folder.h"
#include "train/training_state.h"

namespace bitloom::train {

/// Where a run folder keeps the training through simulated quantization: a run folder of its own, with metrics, checkpoint and result.
constexpr const char* kQuantizedFolder = "quantized";

/// @throws InputError where keys of quantized_training contradict each other
void check_quantized_training(const Recipe& recipe);

/// The recipe of that training: `train` with what quantized_training says in its place.
Recipe quantized_recipe(const Recipe& recipe);

/// The graph that is trained: `float_graph` with its quantizers, calibrated on the recipe's images of `images` (the training part).
Graph quantized_training_graph(const Graph& float_graph, const Images& images, const Recipe& recipe, Notes* notes);

/// @param folder  of that training
/// @throws InputError where a checkpoint in it is of another recipe
void check_goes_on(const Recipe& recipe, const RunFolder& folder);

/// The training that quantized_training.from names, which is of the same network and quantization; nothing without it.
/// @param network  the float one
/// @throws InputError for a folder without such a training
std::optional<EarlierTraining> training_to_begin_from(const Recipe& recipe, const Graph& network);

/// Gives the graph that is trained the earlier one's weights, scales and zero points. @throws InputError where its quantizers are others
void begin_from(Graph& graph, const EarlierTraining& earlier, const Recipe& recipe);

/// What becomes of the trained graph: its quantized network, with BatchNorm's statistics over the training images where the recipe says so.
class Deployment {
 public:
  /// @param notes  gets one where there are statistics to estimate and no BatchNorm is left
  Deployment(const Graph& graph, const Images& images, const Recipe& recipe, const Device& device, Notes* notes);
  Graph operator()(const Graph& trained) const;

 private:
  Images images_;
  std::vector<std::uint32_t> chosen_;  ///< of images_; none: statistics stay
  StatisticsOptions options_;
};

}  // namespace bitloom::train
