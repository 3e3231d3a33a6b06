#include "cli/sensitivity.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/progress.h"
#include "cli/text_table.h"
#include "eval/evaluate.h"
#include "eval/recipe_choice.h"
#include "eval/run_on_engine.h"
#include "passes/fold/fold_batch_norm.h"
#include "passes/quantize/check_request.h"
#include "passes/quantize/placement.h"

namespace bitloom::cli {
namespace {

std::string cell(const std::vector<search::BitsEffect>& effects, double (*of)(const search::Judgement&)) {
  std::vector<std::string> cells;
  for (const search::BitsEffect& effect : effects) cells.push_back(fmt::format("{:.1f}", of(effect.judgement)));
  return fmt::format("{}", fmt::join(cells, " "));
}

std::int64_t layers_of(const Graph& graph) {
  const std::vector<Node*> nodes = graph.nodes();
  return std::max<std::int64_t>(1, std::ranges::count_if(nodes, [](const Node* node) { return has_weights(*node); }));
}

/// Layers of integers whose widths are stated: a budget of bits is for those.
std::map<std::string, LayerBits> stated_widths(const Recipe::Quantize& how) {
  std::map<std::string, LayerBits> stated;
  for (const auto& [layer, bits] : how.layers)
    if (bits.weights != LayerBits::kFloat)
      stated[layer] = {bits.weights > 0 ? bits.weights : how.weight_bits, bits.activations > 0 ? bits.activations : how.activation_bits};
  return stated;
}

double decibels_of(const search::Judgement& judgement) { return search::decibels(judgement.noise); }
double top1_of(const search::Judgement& judgement) { return judgement.top1; }

}  // namespace

Sensitivity measure_sensitivity_on(const Graph& float_graph, const data::Dataset& calibration, const data::Dataset& judged_by,
                                   const std::vector<int>& widths, const QuantizeOptions& options) {
  check_data_fits(float_graph, calibration, "calibration");
  Sensitivity result;
  result.folded = float_graph.clone();
  result.widths = widths;
  std::ranges::sort(result.widths);
  result.widths.erase(std::unique(result.widths.begin(), result.widths.end()), result.widths.end());
  fold_batch_norm(result.folded);
  const search::Judge judge(result.folded, judged_by);
  Progress progress("sensitivity", layers_of(result.folded));
  result.layers = search::measure_sensitivity(result.folded, images_of(result.folded, calibration, ""), result.widths, options, judge, run_on_engine,
                                              [&] { progress.advance(); });
  result.of_float = judge.of_float();
  result.images = judge.images();
  return result;
}

void check_mixed_precision(const Graph& float_graph, const Recipe::MixedPrecision& mixed, const Recipe::Quantize& how, std::uint64_t seed) {
  Graph folded = float_graph.clone();
  fold_batch_norm(folded);
  const int narrowest = static_cast<int>(std::ranges::min(mixed.bits));
  QuantizeOptions options = quantize_options(how, seed);
  options.weight_bits = options.activation_bits = narrowest;
  check_request(folded, options);
  std::vector<std::string> layers;
  for (const Node* node : folded.nodes())
    if (has_weights(*node) && !how.layers.contains(node->name())) layers.push_back(node->name());
  search::check_budget(folded, layers, narrowest, search::layer_cost_of(mixed.cost), mixed.budget, stated_widths(how));
}

ChosenBits choose_bits(const Graph& float_graph, const data::Dataset& calibration, const data::Dataset& judged_by, const Recipe::MixedPrecision& mixed,
                       Recipe::Quantize& how, std::uint64_t seed) {
  check_mixed_precision(float_graph, mixed, how, seed);
  const std::vector<int> widths(mixed.bits.begin(), mixed.bits.end());
  ChosenBits chosen{measure_sensitivity_on(float_graph, calibration, judged_by, widths, quantize_options(how, seed)), {}, {}};
  std::erase_if(chosen.sensitivity.layers, [&](const search::LayerSensitivity& layer) { return how.layers.contains(layer.layer); });
  chosen.mixed = search::assign_bits(chosen.sensitivity.folded, chosen.sensitivity.layers, search::layer_cost_of(mixed.cost), mixed.budget,
                                     stated_widths(how));
  for (const auto& [layer, bits] : chosen.mixed.layers) how.layers[layer] = {bits.weights, bits.activations, "mixed precision"};
  chosen.summary = fmt::format("{:.1f} % of what 8 bits cost in {}, {:.1f} dB predicted", 100 * chosen.mixed.cost / chosen.mixed.cost_of_8_bits,
                               search::unit_of_cost(mixed.cost), search::decibels(chosen.mixed.noise));
  return chosen;
}

std::vector<std::string> most_sensitive_first_on(const Graph& float_graph, const data::Dataset& calibration, const data::Dataset& judged_by,
                                                 const QuantizeOptions& options) {
  Graph folded = float_graph.clone();
  fold_batch_norm(folded);
  const search::Judge judge(folded, judged_by);
  Progress progress("sensitivity", layers_of(folded));
  return search::most_sensitive_first(folded, images_of(folded, calibration, ""), options, judge, run_on_engine, [&] { progress.advance(); });
}

std::vector<std::string> sensitivity_table(const Sensitivity& sensitivity) {
  const std::string widths = fmt::format(" at {} bits", fmt::join(sensitivity.widths, ", "));
  TextTable table({{"layer", TextTable::Align::kLeft}, {"weights"}, {"MACs"}, {"weights, dB" + widths}, {"input, dB"}, {"weights, top-1"},
                   {"input, top-1"}});
  for (const search::LayerSensitivity& layer : sensitivity.layers)
    table.add_row({layer.layer, count_cell(layer.weights), count_cell(layer.macs), cell(layer.of_weights, decibels_of),
                   cell(layer.of_activations, decibels_of), cell(layer.of_weights, top1_of), cell(layer.of_activations, top1_of)});
  return table.lines();
}

}  // namespace bitloom::cli
