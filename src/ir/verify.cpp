#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "ir/graph.h"

namespace bitloom {
namespace {

/// What a broken graph says. Such a graph comes from a hostile file or from a faulty pass; either way nothing may run on it.
[[noreturn]] void broken(const std::string& where, const std::string& what) { throw InputError(where, "invalid graph: " + what); }

void verify_constant(const Graph& graph, const Value& value) {
  const std::string where = fmt::format("{}: constant '{}'", graph.name(), value.name());
  if (value.constant().type() != value.type())
    broken(where, fmt::format("declared {} but holds {}", to_string(value.type()), to_string(value.constant().type())));
  if (value.type().element.is_float) {
    const auto data = value.constant().floats();
    const auto bad = std::find_if(data.begin(), data.end(), [](float x) { return !std::isfinite(x); });
    if (bad != data.end()) throw InputError(where, fmt::format("element {} is {}", bad - data.begin(), *bad), "train again with a lower learning rate");
    return;
  }
  if (value.constant().is_int64()) return;
  const auto data = value.constant().integers();
  const ElementType type = value.type().element;
  const auto bad = std::find_if(data.begin(), data.end(),
                                [&](std::int32_t x) { return x < type.min() || x > type.max() || (type.is_bipolar() && x == 0); });
  if (bad != data.end()) broken(where, fmt::format("element {} is {}, outside {}", bad - data.begin(), *bad, to_string(type)));
}

void verify_quantization(const std::string& where, const TensorType& type) {
  if (!type.quantization) return;
  const Quantization& q = *type.quantization;
  const std::int64_t expected = q.per_channel() && q.axis < type.shape.rank() ? type.shape[q.axis] : 1;
  if (static_cast<std::int64_t>(q.scales.size()) != expected)
    broken(where, fmt::format("{} scales for {} expected", q.scales.size(), expected));
  for (const float scale : q.scales)
    if (!(scale > 0) || !std::isfinite(scale)) broken(where, fmt::format("scale {} is not a positive number", scale));
}

void verify_operands(const Node& node, const std::unordered_set<const Value*>& defined) {
  const auto operands = node.op().operands();
  const auto required = static_cast<std::size_t>(std::count_if(operands.begin(), operands.end(), [](const auto& o) { return !o.optional; }));
  if (node.inputs().size() < required || node.inputs().size() > operands.size())
    broken(node.where(), fmt::format("{} inputs, takes {} to {}", node.inputs().size(), required, operands.size()));
  for (std::size_t i = 0; i < node.inputs().size(); ++i) {
    const Value* input = node.inputs()[i];
    if (!input && !operands[i].optional) broken(node.where(), fmt::format("operand '{}' is missing", operands[i].name));
    if (!input) continue;
    if (!defined.contains(input)) broken(node.where(), fmt::format("reads '{}' before it is computed", input->name()));
  }
}

/// Every value's list of uses against the nodes that read it, in any order.
void verify_uses(const Graph& graph) {
  std::unordered_map<const Value*, std::vector<const Node*>> uses;
  const auto check = [&](const Value* value) {
    std::vector<const Node*> listed(value->consumers().begin(), value->consumers().end());
    std::vector<const Node*>& found = uses[value];
    std::sort(listed.begin(), listed.end());
    std::sort(found.begin(), found.end());
    if (listed != found) broken(graph.name(), fmt::format("use list of '{}' is wrong", value->name()));
  };
  for (const Node* node : graph.nodes())
    for (const Value* input : node->inputs())
      if (input) uses[input].push_back(node);
  for (const Value* input : graph.inputs()) check(input);
  for (const Value* constant : graph.constants()) check(constant);
  for (const Node* node : graph.nodes())
    for (const Value* output : node->outputs()) check(output);
}

}  // namespace

void verify(const Graph& graph) {
  std::unordered_set<const Value*> defined(graph.inputs().begin(), graph.inputs().end());
  std::unordered_set<std::string> names;
  const auto claim_name = [&](const std::string& name) {
    if (!names.insert(name).second) broken(graph.name(), fmt::format("two things are called '{}'", name));
  };
  for (const Value* input : graph.inputs()) claim_name(input->name());
  for (const Value* constant : graph.constants()) {
    claim_name(constant->name());
    verify_constant(graph, *constant);
    verify_quantization(constant->name(), constant->type());
    defined.insert(constant);
  }
  for (const Node* node : graph.nodes()) {
    claim_name(node->name());
    verify_operands(*node, defined);
    const std::vector<TensorType> types = node->op().infer(*node);
    for (std::size_t i = 0; i < types.size(); ++i) {
      const Value* output = node->outputs().at(i);
      if (types[i] != output->type())
        broken(node->where(), fmt::format("output is {}, its operator says {}", to_string(output->type()), to_string(types[i])));
      verify_quantization(node->where(), output->type());
      defined.insert(output);
    }
  }
  verify_uses(graph);
  if (graph.outputs().empty()) broken(graph.name(), "no output");
  for (const Value* output : graph.outputs())
    if (!defined.contains(output)) broken(graph.name(), fmt::format("output '{}' is not computed", output->name()));
}

}  // namespace bitloom
