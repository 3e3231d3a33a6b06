#include "search/sensitivity.h"

#include <algorithm>
#include <cassert>

#include "ir/ops/quantization.h"
#include "passes/quantize/placement.h"
#include "passes/quantize/quantize_weights.h"
#include "passes/set_parameter.h"

namespace bitloom::search {
namespace {

/// The layer of a clone that `layer` became.
Node* counterpart(Graph& clone, const Node& layer) {
  for (Node* node : clone.nodes())
    if (node->name() == layer.name()) return node;
  return nullptr;
}

QuantizeOptions uniform(QuantizeOptions options, int bits) {
  options.weight_bits = options.activation_bits = bits;
  options.first_last_bits = options.sum_bits = 0;
  options.layers.clear();
  return options;
}

Graph with_rounded_weights(const Graph& graph, const Node& layer, bool per_channel, const QuantizeOptions& options) {
  QuantizedParameters parameters = quantize_parameters(layer.input(1)->constant(), nullptr, 1, std::nullopt, per_channel, options);
  const Tensor* inputs[] = {&parameters.weights};
  Tensor reals[] = {Tensor(layer.input(1)->type())};
  Dequantize{}.evaluate(inputs, reals);
  Graph changed = graph.clone();
  set_parameter(changed, counterpart(changed, layer), 1, "", std::move(reals[0]));
  return changed;
}

Graph with_rounded_input(const Graph& graph, const Node& layer, const ActivationFormat& format) {
  Graph changed = graph.clone();
  Node* node = counterpart(changed, layer);
  Quantize quantize;
  quantize.element = format.element;
  quantize.quantization = format.quantization();
  Node* integers = changed.insert_node(node, "", quantize.clone(), {node->input(0)});
  changed.set_input(node, 0, changed.insert_node(node, "", Dequantize{}.clone(), {integers->output()})->output());
  return changed;
}

}  // namespace

std::vector<LayerSensitivity> measure_sensitivity(const Graph& graph, const CalibrationImages& images, std::span<const int> widths,
                                                  const QuantizeOptions& options, const std::function<Judgement(const Graph&)>& judge,
                                                  const RunGraph& run, const std::function<void()>& on_layer) {
  std::vector<LayerSensitivity> result;
  std::vector<Placement> placements;
  for (const int bits : widths) placements.push_back(place_quantizers(graph, images, uniform(options, bits), nullptr, run));
  for (const Node* layer : graph.nodes()) {
    if (!has_weights(*layer)) continue;
    LayerSensitivity own{layer->name(), layer->input(1)->shape().elements(), layer->macs(), {}, {}};
    for (std::size_t w = 0; w < widths.size(); ++w) {
      const QuantizeOptions at_width = uniform(options, widths[w]);
      const bool per_channel = options.per_channel && layer != placements[w].classifier;
      own.of_weights.push_back({widths[w], judge(with_rounded_weights(graph, *layer, per_channel, at_width))});
      const ActivationFormat& format = placements[w].formats.at(&source_of_format(*layer->input(0)));
      const bool is_fixed = placements[w].has_pixel_format && !source_of_format(*layer->input(0)).producer();
      if (is_fixed && w > 0) continue;
      own.of_activations.push_back({format.element.bits, judge(with_rounded_input(graph, *layer, format))});
    }
    result.push_back(std::move(own));
    if (on_layer) on_layer();
  }
  return result;
}

std::vector<std::string> most_sensitive_first(const Graph& graph, const CalibrationImages& images, const QuantizeOptions& options,
                                              const std::function<Judgement(const Graph&)>& judge, const RunGraph& run,
                                              const std::function<void()>& on_layer) {
  QuantizeOptions without_repairs = options;
  without_repairs.correct_bias = false;
  without_repairs.rounding = WeightRounding::kNearest;
  std::vector<const Node*> quantized;
  for (const Node* node : graph.nodes())
    if (has_weights(*node) && !stays_float(*node, options)) quantized.push_back(node);
  if (quantized.size() < 2) return {};  // without it nothing would be
  std::vector<std::pair<double, std::string>> left;
  for (const Node* layer : quantized) {
    QuantizeOptions one_in_float = without_repairs;
    one_in_float.layers[layer->name()] = {LayerBits::kFloat, LayerBits::kFloat};
    left.emplace_back(judge(quantize_model(graph, images, one_in_float, nullptr, run)).noise, layer->name());
    if (on_layer) on_layer();
  }
  std::ranges::stable_sort(left, {}, &std::pair<double, std::string>::first);
  std::vector<std::string> names;
  for (const auto& [noise, name] : left) names.push_back(name);
  return names;
}

}  // namespace bitloom::search
