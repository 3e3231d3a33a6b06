#include "train/frozen.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace bitloom::train {
namespace {

constexpr std::string_view kAllButTheLast = "features";

std::vector<std::string> names_with_parameters(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node* node : graph.nodes()) {
    const auto operands = node->op().operands();
    if (std::ranges::any_of(operands, [](const OperandInfo& operand) { return operand.role == OperandRole::kParameter; }))
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

}  // namespace

std::set<std::string> frozen_nodes(const Graph& graph, const std::string& freeze) {
  const std::vector<std::string> names = names_with_parameters(graph);
  std::set<std::string> frozen;
  for (const std::string& part : parts_of(freeze)) {
    const std::size_t before = frozen.size();
    if (part == kAllButTheLast && !names.empty()) frozen.insert(names.begin(), names.end() - 1);
    for (const std::string& name : names)
      if (name.starts_with(part)) frozen.insert(name);
    if (frozen.size() == before && part != kAllButTheLast)
      throw InputError("network.freeze", fmt::format("no layer with parameters begins with '{}'", part), suggest(part, names));
  }
  if (!names.empty() && frozen.size() == names.size())
    throw InputError("network.freeze", "freezes every layer, so that there is nothing to train", "leave some out");
  return frozen;
}

}  // namespace bitloom::train
