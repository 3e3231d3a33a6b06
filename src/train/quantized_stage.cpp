#include "train/quantized_stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <functional>
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/version.h"
#include "eval/data_choice.h"
#include "eval/recipe_choice.h"
#include "eval/run_on_engine.h"
#include "ir/interpreter.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/fake_quantize.h"
#include "passes/quantize/insert_fake_quantizers.h"
#include "passes/quantize/settle.h"
#include "train/frozen.h"
#include "train/parameters.h"
#include "train/training_graph.h"

namespace bitloom::train {
namespace {

FakeQuantizeOptions options_of(const Recipe::QuantizedTraining& section) {
  FakeQuantizeOptions options;
  options.fold_batch_norm = section.fold_batch_norm;
  if (section.method == "lsq+") {
    options.activations = Estimator::kLsqPlus;
  } else if (section.method == "pact") {
    options.weights = Estimator::kDorefa;
    options.activations = Estimator::kPact;
  } else if (section.method == "dorefa") {
    options.weights = Estimator::kDorefa;
    options.activations = Estimator::kStraightThrough;
  } else if (section.method == "inq") {
    options.weights = Estimator::kIncremental;
    options.activations = Estimator::kStraightThrough;
  } else if (section.method == "straight-through") {
    options.weights = options.activations = Estimator::kStraightThrough;
  } else {
    assert(section.method == "lsq");  // the recipe's table admits no other
  }
  if (section.observers == "moving-average") options.observer_share = static_cast<float>(1 - section.observer_momentum);
  return options;
}

/// @throws InputError for portions that do not rise to 1, and bits whose powers of two no integer weights hold
void check_incremental(const Recipe& recipe) {
  const int bits = recipe.quantize.weight_bits;
  if (bits < 2) throw InputError(recipe.file.string(), "'weight_bits' in 'quantize' is 1, and 'inq' needs a 0 beside its powers of two", "set it to 4, 3 or 2");
  if (bits > kMostIncrementalBits)
    throw InputError(recipe.file.string(),
                     fmt::format("'weight_bits' in 'quantize' is {}: its powers of two in 'inq' reach from 1 to 2^{}, and integer weights to 127", bits,
                                 (std::int64_t{1} << (bits - 2)) - 1),
                     "set it to 4 (1 to 8), 3 or 2; first_last_bits of 5 to 8 gives those layers plain integers");
  const std::vector<double>& portions = recipe.quantized_training.portions;
  const bool rises = std::ranges::adjacent_find(portions, std::greater_equal<>()) == portions.end();
  if (portions.empty() || portions.front() <= 0 || portions.back() != 1 || !rises)
    throw InputError(recipe.file.string(), "'portions' in 'quantized_training' do not rise from above 0 to 1", "give shares like [0.5, 0.75, 0.875, 1]");
}

std::filesystem::path checkpoint_to_begin_from(const Recipe& recipe) {
  return RunFolder::names_only(std::filesystem::path(recipe.quantized_training.from) / kQuantizedFolder).checkpoint();
}

/// Those of a fingerprint, which are of the quantizers of `trained`, what is trained of `graph`.
void set_zero_points(Graph& graph, const Graph& trained, const std::string& zero_points) {
  std::map<std::string, int> of_name;
  std::istringstream numbers(zero_points);
  for (const Node* node : trained.nodes_of<FakeQuantize>()) numbers >> of_name[node->name()];
  for (Node* node : graph.nodes_of<FakeQuantize>()) {
    const auto found = of_name.find(node->name());
    if (found == of_name.end()) continue;  // behind what is trained
    FakeQuantize op = *node->as<FakeQuantize>();
    op.zero_point = found->second;
    graph.replace_op(node, op.clone());
  }
}

}  // namespace

void check_quantized_training(const Recipe& recipe) {
  const Recipe::QuantizedTraining& section = recipe.quantized_training;
  const FakeQuantizeOptions options = options_of(section);
  if (section.epochs > 0 && options.observer_share > 0 && options.activations != Estimator::kStraightThrough)
    throw InputError(recipe.file.string(), "'observers' in 'quantized_training' would move the scales of activations that " + section.method + " learns",
                     "set it to none, or method to straight-through, dorefa or inq");
  if (section.reestimate_batch_norm > 0 && section.freeze_batch_norm > 0 && section.freeze_batch_norm < section.epochs && !section.fold_batch_norm)
    throw InputError(recipe.file.string(), "'reestimate_batch_norm' in 'quantized_training' would take anew what 'freeze_batch_norm' leaves as it is",
                     "set one of them to 0");
  if (section.epochs > 0) check_trainable(recipe.file.string(), quantize_options(recipe.quantize, recipe.seed), options);
  if (section.epochs > 0 && section.method == "inq") check_incremental(recipe);
}

Recipe quantized_recipe(const Recipe& recipe) {
  const Recipe::QuantizedTraining& section = recipe.quantized_training;
  Recipe result = recipe;
  result.train.epochs = section.epochs;
  result.train.optimizer = section.optimizer;
  result.train.learning_rate = section.learning_rate;
  result.train.weight_decay = section.weight_decay;
  result.train.schedule = section.schedule;
  result.train.warmup_epochs = section.warmup_epochs;
  result.train.precision = "float32";
  return result;
}

Graph quantized_training_graph(const Graph& float_graph, const Images& images, const Recipe& recipe, Notes* notes) {
  const std::vector<std::uint32_t> chosen = calibration_indices(images.size(), recipe.quantize.images, recipe.seed);
  const CalibrationImages feed = [&](const std::function<void(const Tensor&)>& use) {
    Progress progress("calibrate", static_cast<std::int64_t>(chosen.size()));
    for (const std::uint32_t i : chosen) {
      use(preprocess(float_graph, images.image(i)));
      progress.advance();
    }
  };
  return insert_fake_quantizers(float_graph, feed, quantize_options(recipe.quantize, recipe.seed), options_of(recipe.quantized_training), notes, run_on_engine);
}

void check_goes_on(const Recipe& recipe, const RunFolder& folder) {
  if (recipe.quantized_training.epochs == 0 || !std::filesystem::exists(folder.checkpoint())) return;
  Fingerprint same{{"bitloom", version()}};
  add_recipe(same, quantized_recipe(recipe), /*is_quantized=*/true);
  from_checkpoint(folder.checkpoint().string(), read_file(folder.checkpoint()), same, kStartQuantizedOver);
}

std::optional<EarlierTraining> training_to_begin_from(const Recipe& recipe, const Graph& network) {
  const Recipe::QuantizedTraining& section = recipe.quantized_training;
  if (section.epochs == 0 || section.from.empty()) return {};
  const std::filesystem::path file = checkpoint_to_begin_from(recipe);
  if (!std::filesystem::exists(file))
    throw InputError(recipe.file.string(), fmt::format("'from' in 'quantized_training': there is no {}", file.string()), "name a run folder of `bitloom train`");
  Fingerprint same;
  add_key(same, "network", "freeze", recipe);
  add_network(same, network);
  same.erase("operators");  // those of the float network: begin_from compares the quantizers
  for (const char* key : {"method", "fold_batch_norm"}) add_key(same, "quantized_training", key, recipe);
  add_section(same, "quantize", recipe);
  EarlierTraining earlier = earlier_training(file.string(), read_file(file));
  require_same(file.string(), earlier, same);
  return earlier;
}

void begin_from(Graph& graph, const EarlierTraining& earlier, const Recipe& recipe) {
  const Graph trained = training_graph(graph);
  Fingerprint same;
  add_network(same, trained);
  same.erase("zero points");
  require_same(checkpoint_to_begin_from(recipe).string(), earlier, same);
  Parameters parameters(trained, frozen_nodes(trained, recipe.network.freeze));
  assert(parameters.trainable.size() == earlier.weights.trainable.size() && parameters.statistics.size() == earlier.weights.statistics.size());
  parameters.trainable = earlier.weights.trainable;
  parameters.statistics = earlier.weights.statistics;
  parameters.write_to(graph);
  set_zero_points(graph, trained, earlier.fingerprint.at("zero points"));
}

Deployment::Deployment(const Graph& graph, const Images& images, const Recipe& recipe, const Device& device, Notes* notes)
    : options_{.batch = recipe.train.batch, .threads = recipe.train.threads > 0 ? recipe.train.threads : default_threads(), .device = device} {
  const int wanted = recipe.quantized_training.reestimate_batch_norm;
  if (wanted == 0) return;
  options_.frozen = frozen_nodes(graph, recipe.network.freeze);
  if (graph.nodes_of<BatchNorm>().empty()) {
    note(notes, graph.name() + ": reestimate_batch_norm changes nothing, as no BatchNorm is left: they were folded before this training");
    return;
  }
  images_ = images;
  options_.augmentation.emplace(recipe.augment, recipe.seed, images.shape);
  chosen_ = calibration_indices(images.size(), wanted, recipe.seed);
}

Graph Deployment::operator()(const Graph& trained) const {
  if (chosen_.empty()) return settle(trained);
  Graph current = trained.clone();
  reestimate_batch_norm(current, images_, chosen_, options_);
  return settle(current);
}

}  // namespace bitloom::train
