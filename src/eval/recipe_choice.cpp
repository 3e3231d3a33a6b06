#include "eval/recipe_choice.h"

#include <cassert>

#include "eval/data_choice.h"
#include "eval/open_network.h"
#include "ir/ops/batch_norm.h"
#include "passes/quantize/fake_quantize.h"
#include "passes/transfer/replace_classifier.h"
#include "zoo/zoo.h"

namespace bitloom {

Calibration parse_calibration(const std::string& name) {
  if (name == "moving-average") return Calibration::kMovingAverage;
  if (name == "percentile") return Calibration::kPercentile;
  if (name == "mse") return Calibration::kSquaredError;
  if (name == "entropy") return Calibration::kEntropy;
  assert(name == "min-max");  // the recipe's table admits no other
  return Calibration::kMinMax;
}

WeightRounding parse_rounding(const std::string& name) {
  assert(name == "nearest" || name == "adaround");
  return name == "adaround" ? WeightRounding::kAdaRound : WeightRounding::kNearest;
}

QuantizeOptions quantize_options(const Recipe::Quantize& section, std::uint64_t seed) {
  QuantizeOptions options;
  options.weight_bits = section.weight_bits;
  options.activation_bits = section.activation_bits;
  for (const auto& [layer, own] : section.layers) options.layers[layer] = {own.weights, own.activations};
  options.first_last_bits = section.first_last_bits;
  options.sum_bits = section.sum_bits;
  options.per_channel = section.per_channel;
  options.group = section.group;
  options.symmetric_weights = section.symmetric_weights;
  options.symmetric_activations = section.symmetric_activations;
  options.unsigned_activations = !section.signed_activations;
  options.power_of_two = section.power_of_two;
  options.equalize = section.equalize;
  options.absorb_bias = section.absorb_bias;
  options.correct_bias = section.correct_bias;
  options.rounding = parse_rounding(section.rounding);
  options.rounding_steps = section.rounding_steps;
  options.seed = seed;
  options.calibration = parse_calibration(section.calibration);
  options.percentile = section.percentile;
  return options;
}

data::Splits open_data(const Recipe& recipe, const std::filesystem::path& data_dir) {
  data::OpenOptions options;
  options.data_dir = data_dir;
  options.seed = recipe.seed;
  options.validation_share = recipe.data.validation;
  options.height = recipe.data.height;
  options.width = recipe.data.width;
  options.skip_corrupt = recipe.data.skip_corrupt;
  options.cache_mb = recipe.data.cache_mb;
  return data::open_dataset(recipe.data.set, options);
}

namespace {

/// A file may hold what is equal once; running statistics are each BatchNorm's own.
void give_norms_their_statistics(Graph& graph) {
  for (Node* norm : graph.nodes_of<BatchNorm>())
    for (const int statistic : {3, 4})
      if (Value* shared = norm->input(statistic); shared->is_constant() && shared->consumers().size() > 1)
        graph.set_input(norm, statistic, graph.add_constant(shared->name(), shared->constant()));
}

}  // namespace

Graph initial_graph(const Recipe& recipe, const data::Dataset& set) {
  const data::ImageShape shape = set.shape();
  const int classes = static_cast<int>(set.class_names().size());
  Graph graph = recipe.network.model.empty() ? zoo::build(recipe.network.name, {shape.channels, shape.height, shape.width, classes, recipe.seed,
                                                                               recipe.network.width_multiplier})
                                             : open_network(recipe.network.model);
  if (recipe.network.new_classifier && !recipe.network.model.empty()) replace_classifier(graph, classes, recipe.seed);
  const auto floats = [](const std::vector<double>& numbers) { return std::vector<float>(numbers.begin(), numbers.end()); };
  give_norms_their_statistics(graph);
  fake_quantize_parameters(graph);
  set_preprocessing(graph, floats(recipe.data.range), floats(recipe.data.mean), floats(recipe.data.std));
  return graph;
}

}  // namespace bitloom
