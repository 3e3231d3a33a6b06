#include <fmt/format.h>

#include "ir/graph.h"

namespace bitloom {
namespace {

std::string to_text(const AttributeValue& value) {
  struct {
    std::string operator()(std::int64_t x) const { return fmt::format("{}", x); }
    std::string operator()(double x) const { return fmt::format("{}", x); }
    std::string operator()(const std::string& x) const { return x; }
    std::string operator()(const std::vector<std::int64_t>& x) const { return fmt::format("[{}]", fmt::join(x, ", ")); }
  } const format;
  return std::visit(format, value);
}

std::string operand_list(const std::vector<Value*>& values) {
  std::vector<std::string> names;
  for (const Value* value : values) names.push_back(value ? "%" + value->name() : "-");
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string attribute_list(const Attributes& attributes) {
  if (attributes.empty()) return {};
  std::vector<std::string> items;
  for (const auto& [name, value] : attributes) items.push_back(fmt::format("{} {}", name, to_text(value)));
  return fmt::format(" {{{}}}", fmt::join(items, ", "));
}

/// FNV-1a over the elements' bits: two dumps agree only when the constants do.
std::uint64_t digest(const Tensor& tensor) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  const auto add = [&](const void* data, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) hash = (hash ^ static_cast<const unsigned char*>(data)[i]) * 0x100000001B3u;
  };
  const auto add_scales = [&](const Quantization& q) { 
    add(q.scales.data(), q.scales.size() * sizeof(float));
    add(q.zero_points.data(), q.zero_points.size() * sizeof(std::int32_t));
  };
  if (tensor.type().quantization) add_scales(*tensor.type().quantization);
  tensor.visit([&](auto values) { add(values.data(), values.size_bytes()); });
  return hash;
}

}  // namespace

std::string to_text(const Graph& graph) {
  std::string text = fmt::format("graph {}\n", graph.name());
  const Preprocessing& p = graph.preprocessing;
  text += fmt::format("preprocessing range [{}, {}] mean [{}] std [{}]\n", p.low, p.high, fmt::join(p.mean, ", "), fmt::join(p.std, ", "));
  for (const Value* input : graph.inputs()) text += fmt::format("%{} = input : {}\n", input->name(), to_string(input->type()));
  // Constants are named where they are first read, so that their order of creation does not matter.
  std::unordered_set<const Value*> shown;
  for (const Node* node : graph.nodes()) {
    for (const Value* input : node->inputs())
      if (input && input->is_constant() && shown.insert(input).second)
        text += fmt::format("%{} = constant : {} digest {:016x}\n", input->name(), to_string(input->type()), digest(input->constant()));
    std::vector<std::string> types;
    for (const Value* output : node->outputs()) types.push_back(to_string(output->type()));
    text += fmt::format("{} = {}({}){} : {}\n", operand_list(node->outputs()), node->op().name(), operand_list(node->inputs()),
                        attribute_list(node->op().attributes()), fmt::join(types, ", "));
  }
  text += fmt::format("output {}\n", operand_list(graph.outputs()));
  if (!graph.class_names.empty()) text += fmt::format("classes {}\n", fmt::join(graph.class_names, ", "));
  return text;
}

}  // namespace bitloom
