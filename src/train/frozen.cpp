#include "train/frozen.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "ir/ops/fake_quantize.h"

namespace bitloom::train {
namespace {

constexpr std::string_view kAllButTheLast = "features";

/// Those with parameters, in order. A simulated quantizer is none, though its scale is a parameter, too.
std::vector<std::string> layers_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node* node : graph.nodes()) {
    const auto operands = node->op().operands();
    if (!node->is<FakeQuantize>() && std::ranges::any_of(operands, [](const OperandInfo& operand) { return operand.role == OperandRole::kParameter; }))
      names.push_back(node->name());
  }
  return names;
}

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream stream(list);
  for (std::string part; std::getline(stream, part, ',');) {
    const auto begin = part.find_first_not_of(' '), end = part.find_last_not_of(' ');
    if (begin != std::string::npos) parts.push_back(part.substr(begin, end - begin + 1));
  }
  return parts;
}

/// Adds the quantizers of what is frozen: those of weights with their layer; those of values by name, or, where all layers but the last are
/// frozen, the ones before that.
void add_quantizers(const Graph& graph, const std::vector<std::string>& parts, const std::string& last_layer, std::set<std::string>& frozen) {
  const bool all_but_the_last = std::ranges::find(parts, kAllButTheLast) != parts.end();
  bool is_before_last = true;
  for (const Node* node : graph.nodes()) {
    is_before_last &= node->name() != last_layer;
    if (!node->is<FakeQuantize>()) continue;
    const bool is_frozen = node->input(0)->is_constant()
                               ? std::ranges::all_of(node->output()->consumers(), [&](const Node* layer) { return frozen.contains(layer->name()); })
                               : (all_but_the_last && is_before_last) ||
                                     std::ranges::any_of(parts, [&](const std::string& part) { return node->name().starts_with(part); });
    if (is_frozen) frozen.insert(node->name());
  }
}

}  // namespace

std::set<std::string> frozen_nodes(const Graph& graph, const std::string& freeze) {
  const std::vector<std::string> layers = layers_of(graph), parts = parts_of(freeze);
  const bool is_float = graph.nodes_of<FakeQuantize>().empty();
  std::set<std::string> frozen;
  for (const std::string& part : parts) {
    const std::size_t before = frozen.size();
    if (part == kAllButTheLast && !layers.empty()) frozen.insert(layers.begin(), layers.end() - 1);
    for (const std::string& name : layers)
      if (name.starts_with(part)) frozen.insert(name);
    if (is_float && frozen.size() == before && part != kAllButTheLast)
      throw InputError("network.freeze", fmt::format("no layer with parameters begins with '{}'", part), suggest(part, layers));
  }
  if (!layers.empty() && frozen.size() == layers.size())
    throw InputError("network.freeze", "freezes every layer, so that there is nothing to train", "leave some out");
  if (!is_float && !frozen.empty()) add_quantizers(graph, parts, layers.back(), frozen);
  return frozen;
}

}  // namespace bitloom::train
