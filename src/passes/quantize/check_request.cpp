#include "passes/quantize/check_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "passes/fold/fold_batch_norm.h"
#include "passes/lower/integer_form.h"
#include "passes/quantize/wanted_bits.h"

namespace bitloom {
namespace {

void check_options(const QuantizeOptions& o) {
  const auto check = [](bool holds, const std::string& what, const char* fix) {
    if (!holds) throw InputError("quantize", what, fix);
  };
  check(o.weight_bits >= 1 && o.weight_bits <= 16, fmt::format("weight_bits = {}", o.weight_bits), "use 1 to 16");
  check(o.activation_bits >= 1 && o.activation_bits <= 16, fmt::format("activation_bits = {}", o.activation_bits), "use 1 to 16");
  for (const int bits : {o.first_last_bits, o.sum_bits})
    check(bits >= 0 && bits <= 16, fmt::format("first_last_bits or sum_bits = {}", bits), "use 1 to 16, or 0");
  check(o.symmetric_weights || (o.weight_bits > 1 && o.first_last_bits != 1),
        "asymmetric weights of one bit, which are signs and have no zero point", "use symmetric_weights, or 2 bits");
  check(o.group >= 1, fmt::format("group = {}", o.group), "use at least 1");
  check(o.group == 1 || o.per_channel, fmt::format("group = {} without per_channel, where a layer has one scale anyhow", o.group),
        "use per_channel, or leave out group");
  check(o.rounding_steps >= 1, fmt::format("rounding_steps = {}", o.rounding_steps), "use at least 1");
  for (const auto& [layer, own] : o.layers) {
    const auto is_width = [](int bits) { return bits >= 0 && bits <= 16; };
    check(own.is_float() || (is_width(own.weights) && is_width(own.activations)),
          fmt::format("bits of layer '{}' = {} for weights, {} for what it reads", layer, own.weights, own.activations),
          "use 1 to 16, 0 for those of the others, or 32 for both, which leaves it in float");
    check(o.symmetric_weights || own.weights != 1, fmt::format("asymmetric weights of one bit in layer '{}', which are signs", layer),
          "use symmetric_weights, or 2 bits");
  }
  check(o.percentile >= 50 && o.percentile <= 100, fmt::format("percentile = {}", o.percentile), "use 50 to 100");
}

void check_graph(const Graph& graph) {
  verify(graph);
  if (graph.inputs().size() != 1 || graph.outputs().size() != 1)
    throw InputError(graph.name(), fmt::format("{} inputs and {} outputs", graph.inputs().size(), graph.outputs().size()),
                     "quantize networks with one of each");
  for (const Node* node : graph.nodes()) {
    const IntegerForm form = integer_form(*node);
    if (form == IntegerForm::kQuantizer) throw InputError(node->where(), "the graph is quantized already", "start from the float graph");
    for (int i = 0; i < static_cast<int>(node->inputs().size()); ++i) {
      if (!node->input(i) || node->input(i)->is_constant() != is_data(*node, i)) continue;
      if (is_scalar_constant(*node, i) || (form == IntegerForm::kMove && i > 0)) continue;
      if (is_data(*node, i))
        throw InputError(node->where(), fmt::format("reads the constant '{}' as data", node->input(i)->name()), "fold constants first");
      throw InputError(node->where(), fmt::format("'{}' is computed, not constant", node->input(i)->name()), "give the layer constant parameters");
    }
  }
}

void check_layer_names(const Graph& graph, const QuantizeOptions& options) {
  std::vector<std::string> names;
  for (const Node* node : graph.nodes())
    if (has_weights(*node)) names.push_back(node->name());
  for (const auto& [name, bits] : options.layers)
    if (!std::ranges::count(names, name))
      throw InputError(graph.name(), fmt::format("bits are given for the layer '{}', which is no Conv2d or Gemm", name), suggest(name, names));
  const auto is_float = [&](const std::string& name) { return options.layers.contains(name) && options.layers.at(name).is_float(); };
  if (!names.empty() && std::ranges::all_of(names, is_float))
    throw InputError(graph.name(), "every layer is left in float", "leave one of them to be quantized");
}

}  // namespace

void check_request(const Graph& graph, const QuantizeOptions& options) {
  check_options(options);
  check_graph(graph);
  check_layer_names(graph, options);
}

void check_request_before_training(const Graph& graph, const QuantizeOptions& options) {
  Graph folded = graph.clone();
  fold_batch_norm(folded);
  check_request(folded, options);
}

}  // namespace bitloom
