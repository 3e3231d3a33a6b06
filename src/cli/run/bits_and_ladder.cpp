// The stages of a run that decide what is quantized to how many bits.
#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/run/describe.h"
#include "cli/run/run.h"
#include "cli/sensitivity.h"
#include "eval/data_choice.h"
#include "eval/recipe_choice.h"
#include "passes/lower/lower.h"
#include "search/ladder.h"
#include "search/mixed_precision.h"

namespace bitloom::cli {
namespace {

search::LadderOptions ladder_options(const Recipe& recipe, double float_top1) {
  search::LadderOptions options;
  options.float_top1 = float_top1;
  options.max_drop = recipe.quantize.max_drop;
  options.float_layers = recipe.ladder.float_layers == "sensitive" ? search::FloatLayers::kSensitive : search::FloatLayers::kConvolutions;
  options.float_share = recipe.ladder.float_share;
  for (const auto& [layer, bits] : quantize_options(recipe.quantize, recipe.seed).layers)
    if (bits.is_float()) options.always_float[layer] = bits;
  if (recipe.ladder.float_layers == "none") options.why_no_float = "ladder.float_layers is none";
  if (!recipe.hardware.target.empty()) options.why_no_float = "hardware is made of integers alone";
  if (recipe.quantized_training.epochs == 0) options.why_no_training = "quantized_training.epochs is 0";
  return options;
}

}  // namespace

/// What is chosen becomes part of the recipe, for this process and for the trainer.
void Run::choose_bits() {
  const auto calibration = calibration_subset(data_.train, recipe_.quantize.images, recipe_.seed);
  const auto judged_by = calibration_subset(data_.validation, recipe_.mixed_precision.images, recipe_.seed);
  const ChosenBits chosen = cli::choose_bits(*float_graph_, *calibration, *judged_by, recipe_.mixed_precision, recipe_.quantize, recipe_.seed);
  for (const auto& [layer, bits] : chosen.mixed.layers)
    options_.overrides.push_back(fmt::format("quantize.layers.{}={{weights: {}, activations: {}}}", layer, bits.weights, bits.activations));
  report_.mixed_precision = describe_mixed_precision(chosen.sensitivity, chosen.mixed, recipe_.mixed_precision);
  say("bits     " + chosen.summary);
  // They are chosen: neither the trainer nor who runs the report's recipe again has to.
  options_.overrides.push_back("mixed_precision.bits=[]");
  recipe_.mixed_precision.bits.clear();
}

/// Rungs are judged by validation images on the engine; the one that is kept goes on to the test images.
void Run::climb_ladder() {
  const int wanted = recipe_.ladder.images;
  const auto images = calibration_subset(data_.validation, wanted > 0 ? wanted : static_cast<int>(data_.validation->size()), recipe_.seed);
  const double float_top1 = evaluate(*float_graph_, *images, engine_classifier(*float_graph_), "validation, float").top1;
  std::vector<Quantized> tries;
  const auto judge = [&](const std::string& what) {
    tries.push_back(std::move(*quantized_));
    const Graph& integer = tries.back().integer;
    const double top1 = evaluate(integer, *images, engine_classifier(integer), "validation, " + what).top1;
    say(fmt::format("ladder   {}: top-1 {:.2f} % of {} validation images (float {:.2f} %)", what, top1, images->size(), float_top1));
    return top1;
  };
  const search::LadderSteps steps{
      .quantize = [&](const std::map<std::string, LayerBits>& in_float) {
        QuantizeOptions options = options_of_recipe();
        for (const auto& [layer, bits] : in_float) options.layers[layer] = bits;
        quantized_ = quantize_graph(*float_graph_, recipe_.quantize.images, options);
        return judge(in_float.empty() ? "everything quantized" : fmt::format("{} layers in float", in_float.size()));
      },
      .most_sensitive_first = [&] {
        const auto calibration = calibration_subset(data_.train, recipe_.quantize.images, recipe_.seed);
        return most_sensitive_first_on(*float_graph_, *calibration, *images, options_of_recipe());
      },
      .train = [&] {
        run_quantized_training();
        return judge("trained");
      }};
  const std::vector<search::Rung> rungs = search::climb(*float_graph_, ladder_options(recipe_, float_top1), steps);
  const std::size_t kept = search::kept_rung(rungs);
  report_.ladder = describe_ladder(rungs, tries, kept, float_top1, images->size());
  quantized_ = std::move(tries[kept]);
  describe_quantized();
  evaluate_integer();
}

}  // namespace bitloom::cli
